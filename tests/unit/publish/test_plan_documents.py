"""One bad character costs a replacement, one bad document itself alone, and the next build tries again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastexcel
import pytest
import typst

from dagster_project.publish.documents import typesetting, workbook
from dagster_project.publish.documents.glyphs import REPLACEMENT, displayable
from dagster_project.publish.documents.plans import write_documents, write_workbooks
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay

AS_OF = date(2026, 3, 1)
COUNTRY, FIRST, SECOND = (f"arsplanering-2026{code}.pdf" for code in ("", "-0760", "-0765"))
ODD = ("\uf0b7", "😀", "＝", "漢", "\x00", "\x1b", "\ufffe", "\ud800", "1\ufe0f\u20e3", "👨\u200d👩\u200d👧")


def rows(*, change_id: str = "Beslut 1", cause: str = "kommuntal", name: str = "Uppvidinge") -> MartRows:
    """Two municipalities with a plan: 0760 with a name, a cause and a decision of one's choice."""
    municipalities = [("0760", name, cause, change_id), ("0765", "Älmhult", "kommuntal", "Beslut 2")]
    months = [
        SimpleNamespace(
            quota_year=2026, municipality_code=code, plan_month=date(2026, month, 1), planned_persons=1,
            version_number=1, effect_date=AS_OF, cause=cause, kommuntal_persons=12,
        )
        for code, _, cause, _ in municipalities for month in range(1, 13)
    ]  # fmt: skip
    decisions = [
        SimpleNamespace(
            municipality_code=code, quota_year=2026, change_kind="decision", change_id=change_id, decided_persons=12,
            moved_persons=None, effect_date=AS_OF, kommuntal_persons=12,
        )
        for code, _, _, change_id in municipalities
    ]  # fmt: skip
    marts: dict[str, Any] = {
        "counties": [SimpleNamespace(county_code="07", county_name="Kronobergs län")],
        "municipalities": [
            SimpleNamespace(municipality_code=code, county_code="07", municipality_name=name)
            for code, name, _, _ in municipalities
        ],
        "monthly_plan": months,
        "monthly_plan_versions": months,
        "kommuntal_changes": decisions,
        "municipality_quotas": [],
        "figure_origins": [],
        "plan_deviations": [],
        "quota_year_counts": [],
    }
    return MartRows(AS_OF, "B1", "1", marts)


DAY = PublicDay(date(2026, 9, 30), 5)


def latest(public: Path) -> set[str]:
    return {file.name for file in (public / "documents" / "2026" / "latest").iterdir()}


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_a_character_that_no_font_has_is_replaced(odd: str, tmp_path: Path) -> None:
    """typst itself says whether a document is possible, so the real one is asked."""
    _, failures = write_documents(tmp_path, rows(change_id=f"a{odd}å"), DAY, None)
    assert failures == []
    assert latest(tmp_path) == {COUNTRY, FIRST, SECOND}
    shown = displayable({"decisions": [[f"a{odd}å", 1]]})["decisions"][0]
    assert REPLACEMENT in shown[0] and (shown[0][0], shown[0][-1], shown[1]) == ("a", "å", 1)


def test_characters_that_fonts_have_stay() -> None:
    assert displayable("Övertorneå – 1 000, é ش 𝒜 \uf0b7") == f"Övertorneå – 1 000, é ش 𝒜 {REPLACEMENT}"


def test_a_document_of_which_nothing_is_odd_is_not_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking a plan through takes as long as typesetting it ten times."""
    monkeypatch.setattr(typesetting, "displayable", None)
    assert write_documents(tmp_path, rows(), DAY, None)[1] == []


def test_a_plan_says_which_outcomes_were_public_when_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said_by(*, sys_inputs: dict[str, str], **_: object) -> bytes:
        return sys_inputs["data"].encode()

    monkeypatch.setattr(typst, "Compiler", lambda *_, **__: SimpleNamespace(compile=said_by))
    write_documents(tmp_path, rows(), DAY, None)
    for name in (COUNTRY, FIRST, SECOND):
        said = (tmp_path / "documents" / "2026" / "latest" / name).read_text()
        assert "till och med 2026-09-30" in said
        assert "Nästa: till och med 2026-10-31, från den 2026-11-05" in said


class Panic(BaseException):
    """What a panic of typst is to Python: no Exception."""


class Stumbling:
    """Typesets all but the first municipality's plan."""

    def __init__(self, *args: Any, compiler: Any = typst.Compiler, **options: Any) -> None:
        self.compiler = compiler(*args, **options)

    def compile(self, *, sys_inputs: dict[str, str], **options: Any) -> Any:
        if "Uppvidinge" in sys_inputs["data"] and "Länet" not in sys_inputs["data"]:
            raise Panic("hemlig")
        return self.compiler.compile(sys_inputs=sys_inputs, **options)


def test_a_document_that_fails_is_left_out_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = [tmp_path / name for name in ("first", "second", "third", "fourth")]
    with monkeypatch.context() as stumbling:
        stumbling.setattr(typst, "Compiler", Stumbling)
        for public, previous in ((releases[0], None), (releases[1], releases[0])):
            editions, [failed] = write_documents(public, rows(), DAY, previous)
            [(edition, _)] = editions.of(2026)
            assert failed.address == f"public/documents/2026/latest/{FIRST}"
            assert failed.cause.startswith("Panic in ")
            assert latest(public) == {COUNTRY, SECOND}
    for public, previous in ((releases[2], releases[1]), (releases[3], releases[2])):
        assert write_documents(public, rows(), DAY, previous) == (editions, [])
        assert latest(public) == {COUNTRY, FIRST, SECOND}
    first, second, third, fourth = (public / "documents" / "2026" / edition for public in releases)
    assert (second / SECOND).samefile(first / SECOND) and (fourth / FIRST).samefile(third / FIRST)
    assert not (first / FIRST).exists()


def test_a_document_whose_content_fails_is_left_out_and_told(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    _, [failed] = write_documents(first, rows(cause="ingen sådan"), DAY, None)
    assert failed.address == f"public/documents/2026/latest/{FIRST}"
    assert failed.cause.startswith("KeyError in plans.py")
    assert latest(first) == {COUNTRY, SECOND}
    assert write_documents(second, rows(), DAY, first)[1] == []
    assert latest(second) == {COUNTRY, FIRST, SECOND}


def test_a_full_disk_is_no_document_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_documents(tmp_path, rows(), DAY, None)
    with pytest.raises(OSError, match="No space"):
        write_workbooks(tmp_path, rows())


@pytest.mark.parametrize("odd", [*ODD, "=1+1", "_x0041_"], ids=ascii)
def test_a_workbook_holds_odd_characters(odd: str, tmp_path: Path) -> None:
    assert write_workbooks(tmp_path, rows(name=f"a{odd}å")) == []
    book = fastexcel.read_excel(tmp_path / "documents" / "2026" / "latest" / "arsplan-2026.xlsx")
    names = book.load_sheet("Plan").to_polars()["Kommun"].to_list()
    expected = {"\ud800": "?", "\ufffe": "_xFFFE_"}.get(odd, odd)  # of the latter the reader knows no better
    assert names == [f"a{expected}å", "Älmhult"]


def test_a_workbook_that_fails_is_left_out_whole_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_explain", None)
    [failed] = write_workbooks(tmp_path / "internal", rows())
    assert failed.address == "internal/documents/2026/latest/arsplan-2026.xlsx"
    assert list(tmp_path.rglob("*.xlsx")) == []
