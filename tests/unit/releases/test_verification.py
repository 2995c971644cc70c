"""`arsplan verify`: what is kept, against its digests."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.small_release import PLAN, build_id, cut_short, publish

from dagster_project.cli import main
from dagster_project.releases.digests import write_digests
from dagster_project.releases.verification import verify


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A release, a blocked build and an outcome edition."""
    publish(tmp_path, 1)
    publish(tmp_path, 2, published=False)
    edition = tmp_path / "editions" / "2026-02-28"
    edition.mkdir(parents=True)
    (edition / "index.html").write_text("a page")
    write_digests(edition)
    return tmp_path


def test_all_that_is_kept_is_whole(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--output", str(output)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"releases/{build_id(1)}: whole",
        f"blocked/{build_id(2)}: whole",
        "editions/2026-02-28: whole",
    ]


@pytest.mark.parametrize("place", [f"releases/{build_id(1)}", f"blocked/{build_id(2)}", "editions/2026-02-28"])
def test_what_is_damaged_is_named(place: str, output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (output / place / "an extra\n.csv").touch()
    assert main(["verify", "--output", str(output)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"{place}: an extra\\n.csv is not listed" in lines
    assert len([line for line in lines if line.endswith(": whole")]) == 2


def test_it_is_said_how_files_differ(output: Path) -> None:
    release = output / "releases" / build_id(1)
    cut_short(release / "warehouse.duckdb")
    (release / PLAN).unlink()
    line, is_whole = next(verify(output))
    assert line == f"releases/{build_id(1)}: {PLAN} is missing, warehouse.duckdb differs"
    assert not is_whole


def test_without_digests_nothing_is_whole(output: Path) -> None:
    (output / "releases" / build_id(1) / "SHA256SUMS").unlink()
    assert next(verify(output)) == (f"releases/{build_id(1)}: SHA256SUMS is missing", False)


@pytest.mark.parametrize(("count", "more"), [(5, ""), (7, ", 2 more")])
def test_five_files_are_named_and_the_others_counted(count: int, more: str, output: Path) -> None:
    for number in range(count):
        (output / "editions" / "2026-02-28" / f"{number}").touch()
    *_, (line, _) = verify(output)
    assert line == "editions/2026-02-28: " + ", ".join(f"{number} is not listed" for number in range(5)) + more


def test_nothing_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--output", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"arsplan: there is nothing to verify in {tmp_path}.\n")
