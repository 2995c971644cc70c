"""Who is told what; one bad character costs a replacement, one bad document itself alone, until the next build."""

from __future__ import annotations

import json
from collections import namedtuple
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastexcel
import pytest
import typst

from dagster_project.publish.documents import typesetting, workbook
from dagster_project.publish.documents.glyphs import REPLACEMENT, displayable
from dagster_project.publish.documents.outcomes import write_outcome_documents
from dagster_project.publish.documents.plans import write_documents, write_workbooks
from dagster_project.publish.mart_rows import MartRows
from dagster_project.publish.public_day import PublicDay
from dagster_project.releases.document_paths import outcome_document, plan_document

AS_OF = date(2026, 3, 1)
COUNTRY, FIRST, SECOND = (f"arsplanering-2026{code}.pdf" for code in ("", "-0760", "-0765"))
OUTCOMES = {f"uppfoljning-2026-{code}.pdf" for code in ("07", "0760", "0765")}
ODD = ("\uf0b7", "😀", "＝", "漢", "\x00", "\x1b", "\ufffe", "\ud800", "1\ufe0f\u20e3", "👨\u200d👩\u200d👧")


def named(**values: Any) -> Any:
    """A row that knows its columns, as workbooks ask."""
    return namedtuple("Row", values)(**values)  # type: ignore[misc]


def rows(
    *,
    change_id: str = "Beslut 1",
    cause: str = "kommuntal",
    name: str = "Uppvidinge",
    net: int = 7,
    as_of: date = AS_OF,
) -> MartRows:
    """Two municipalities with a plan: 0760 with a name, a cause and a decision of one's choice; `net` were assigned."""
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
    summaries = [
        SimpleNamespace(
            quota_year=2026, area_code=code, area_level="county" if code == "07" else "municipality",
            lanstal_persons=22, kommuntal_persons=12, planned_persons=12, to_date_month=date(2026, 2, 1),
            planned_to_date_persons=2, net_assigned_to_date_persons=net, deviation_to_date_persons=net - 2,
            plan_status="ahead", assigned_persons=net, cancelled_persons=0, received_persons=3, open_persons=net - 3,
            awaiting_persons=0, to_assign_persons=12 - net, behind_plan_persons=2 - net, fulfilment_percent=25.0,
            is_covered_by_log=True,
        )
        for code in ("07", "0760", "0765")
    ]  # fmt: skip
    outcome = [
        named(
            quota_year=2026, area_code=code, municipality_code=code, plan_month=date(2026, month, 1),
            planned_persons=1, assigned_persons=net, cancelled_persons=0, net_assigned_persons=net,
            deviation_persons=net - 1, cumulative_deviation_persons=net - 2, received_in_month_persons=3,
        )
        for code in ("07", "0760", "0765") for month in range(1, 13)
    ]  # fmt: skip
    spell = SimpleNamespace(
        county_code="07", quota_year=2026, valid_from_date=date(2026, 1, 1), valid_to_date=date(2026, 12, 31),
        lanstal_persons=22, kommuntal_total_persons=24, margin_persons=2, status="ok",
    )  # fmt: skip
    marts: dict[str, Any] = {
        "area_year_summaries": summaries,
        "area_plan_deviations": outcome,
        "county_quotas": [spell],
        "open_deadlines": [],
        "counties": [SimpleNamespace(county_code="07", county_name="Kronobergs län")],
        "municipalities": [
            SimpleNamespace(municipality_code=code, county_code="07", municipality_name=name)
            for code, name, _, _ in municipalities
        ],
        "monthly_plan": months,
        "monthly_plan_versions": months,
        "kommuntal_changes": decisions,
        "municipality_quotas": [],
        "figure_origins": [SimpleNamespace(quota_year=2026, figure="assignment_log", simulated_rows=1)],
        "plan_deviations": outcome[12:],
        "quota_year_counts": [],
    }
    return MartRows(as_of, "B1", "1", marts)


DAY = PublicDay(date(2026, 9, 30), 5)


def let_documents_say_what_they_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    def said_by(*, sys_inputs: dict[str, str], **_: object) -> bytes:
        return sys_inputs["data"].encode()

    monkeypatch.setattr(typst, "Compiler", lambda *_, **__: SimpleNamespace(compile=said_by))


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
    let_documents_say_what_they_were_given(monkeypatch)
    write_documents(tmp_path, rows(), DAY, None)
    for name in (COUNTRY, FIRST, SECOND):
        said = (tmp_path / "documents" / "2026" / "latest" / name).read_text()
        assert "till och med 2026-09-30" in said
        assert "Nästa: till och med 2026-10-31, från den 2026-11-05" in said


def test_outcomes_are_told_to_those_who_log_in_and_in_no_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_documents_say_what_they_were_given(monkeypatch)
    write_documents(tmp_path / "public", rows(net=777), DAY, None)
    assert [file for file in (tmp_path / "public").rglob("*.pdf") if "777" in file.read_text()] == []
    written_outcomes(tmp_path / "internal", rows(net=777))
    assert latest(tmp_path / "internal") == OUTCOMES
    of_municipality, of_county = (
        json.loads((tmp_path / "internal" / outcome_document(2026, code)).read_text()) for code in ("0765", "07")
    )
    assert of_municipality["outcome"]["standing"].startswith("Älmhult ligger före planen: 777 av 2 anvisade (netto)")
    assert [[said.split(".")[0] for said in document["notices"]] for document in (of_municipality, of_county)] == [
        ["Simulerade uppgifter för 2026: anvisningar och mottagande"]
    ] * 2
    assert of_municipality["outcome"]["months"][2] == ["mars", "1", "777", "0", "777", "+776", "+775", "3"]
    assert of_municipality["outcome"]["months"][3] == ["april", "1", *"––––––"]
    assert of_municipality["decisions"][0][1] == "Beslut om kommuntal: Beslut 2"
    assert of_county["quotas"] == [["2026-01-01", "2026-12-31", "22", "24", "+2", "Minst länstalet"]]
    assert [line[0] for line in of_county["municipalities"]] == ["Uppvidinge", "Älmhult"]
    assert of_county["totals"][1:3] == [
        ["Länet: netto", "", *["777"] * 3, *"–––––––––", "2\N{NO-BREAK SPACE}331"],
        ["Länet: avvikelse", "", *["+776"] * 3, *"–––––––––", ""],
    ]


def test_a_document_of_outcomes_is_made_again_when_its_figures_change(tmp_path: Path) -> None:
    releases = [tmp_path / name for name in ("first", "second", "third")]
    for release, previous, figures in (
        (releases[0], None, rows()),
        (releases[1], releases[0], rows(as_of=date(2026, 3, 2))),
        (releases[2], releases[1], rows(as_of=date(2026, 3, 3), change_id="Beslut 3")),
    ):
        written_outcomes(release, figures, previous)
    first, second, third = (
        [release / outcome_document(2026, code) for code in ("0760", "0765")] for release in releases
    )
    assert all(old.samefile(new) for old, new in zip(first, second, strict=True))
    assert [old.samefile(new) for old, new in zip(second, third, strict=True)] == [False, True]
    assert all(b"/Type/Pages/Count 1/" in file.read_bytes() for file in third)


def written_outcomes(internal: Path, figures: MartRows, previous: Path | None = None) -> None:
    (internal / plan_document(2026)).parent.mkdir(parents=True)
    assert write_outcome_documents(internal, figures, previous) == []


def test_an_area_without_outcome_or_whose_year_is_long_past_has_no_document_of_it(tmp_path: Path) -> None:
    figures = rows()
    figures.marts["area_year_summaries"][1].is_covered_by_log = False
    written_outcomes(tmp_path / "now", figures)
    assert latest(tmp_path / "now") == OUTCOMES - {"uppfoljning-2026-0760.pdf"}
    written_outcomes(tmp_path / "closing", rows(as_of=date(2027, 3, 31)))
    assert latest(tmp_path / "closing") == OUTCOMES
    written_outcomes(tmp_path / "closed", rows(as_of=date(2027, 4, 1)))
    assert latest(tmp_path / "closed") == set()


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


def test_a_county_has_its_own_part_of_the_workbook_for_those_who_log_in_alone(tmp_path: Path) -> None:
    figures = rows()
    figures.marts["counties"].append(SimpleNamespace(county_code="08", county_name="Kalmar län"))
    figures.marts["municipalities"][1].county_code = "08"
    assert write_workbooks(tmp_path / "public", figures, DAY) == write_workbooks(tmp_path / "internal", figures) == []
    assert latest(tmp_path / "public") == {"arsplan-2026.xlsx"}
    assert latest(tmp_path / "internal") == {"arsplan-2026.xlsx", "arsplan-2026-07.xlsx", "arsplan-2026-08.xlsx"}
    for code, lines in (("", ["07 0760", "08 0765"]), ("-08", ["08 0765"])):
        book = fastexcel.read_excel(
            tmp_path / "internal" / "documents" / "2026" / "latest" / f"arsplan-2026{code}.xlsx"
        )
        plan = book.load_sheet("Plan").to_polars()
        names = {"07 0760": ("Kronobergs län", "Uppvidinge"), "08 0765": ("Kalmar län", "Älmhult")}
        assert plan.select("Länskod", "Län", "Kommunkod", "Kommun").rows() == [
            (line[:2], names[line][0], line[3:], names[line][1]) for line in lines
        ]
        assert set(book.load_sheet("Utfall").to_polars()["Kommunkod"]) == {line[3:] for line in lines}


@pytest.mark.parametrize("odd", [*ODD, "=1+1", "_x0041_"], ids=ascii)
def test_a_workbook_holds_odd_characters(odd: str, tmp_path: Path) -> None:
    assert write_workbooks(tmp_path, rows(name=f"a{odd}å")) == []
    book = fastexcel.read_excel(tmp_path / "documents" / "2026" / "latest" / "arsplan-2026.xlsx")
    names = book.load_sheet("Plan").to_polars()["Kommun"].to_list()
    expected = {"\ud800": "?", "\ufffe": "_xFFFE_"}.get(odd, odd)  # of the latter the reader knows no better
    assert names == [f"a{expected}å", "Älmhult"]


def test_a_workbook_that_fails_is_left_out_whole_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_explain", None)
    failed = write_workbooks(tmp_path / "internal", rows())
    assert [one.address for one in failed] == [
        f"internal/documents/2026/latest/arsplan-2026{of_county}.xlsx" for of_county in ("", "-07")
    ]
    assert list(tmp_path.rglob("*.xlsx")) == []
