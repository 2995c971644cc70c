"""What nobody may see: row values of the log outside the warehouse, small numbers in public/, files of others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import Build, Built

from dagster_project.pipeline import assets
from dagster_project.pipeline.build import new_build
from dagster_project.settings import settings_for

SECRET = "hemlig-7391"
NOBODY = 65534
DECISIONS = "decision_id,level,quota_year,area_code,persons\nD,kommuntal,2026,0760,30\nD,lanstal,2026,07,30\n"
HEADER = "event_id,event_type,event_date,assignment_id,municipality_code,persons,category,replaces,reason\n"
REASONS = ("declined", "not_used", "moved_on_own")


def world(folder: Path, rejected: bool = True) -> Path:
    """A log in which every id is a secret: orphans, cancellations of several reasons, rows that do not fit."""
    rows = [f"{SECRET}-o,received,2026-02-01,{SECRET}-9,,,,,"]
    for number, reason in enumerate(REASONS):
        size = 9 if number else 2
        rows += [
            f"{SECRET}-a{number},assigned,2026-01-1{number},{SECRET}-{number},0760,{size},quota_refugee,{SECRET}-x,",
            f"{SECRET}-c{number},cancelled,2026-02-1{number},{SECRET}-{number},,,,,{reason}",
        ]
    rows += [f"{SECRET}-p{n},received,2026-02-2{n % 8},{SECRET}-9,,,,," for n in range(40)]
    rows += [f"{SECRET}-b,assigned,{SECRET},{SECRET}-b,0760,1,quota_refugee,,"] if rejected else []
    for feed, text in (("quota_decisions", DECISIONS), ("assignment_log", HEADER + "\n".join(rows))):
        (folder / feed).mkdir(parents=True)
        (folder / feed / "file.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def secret(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("secret")
    built = build(world(folder / "landing"), "2026-03-01", folder / "output", with_site=True, whole=True)
    assert built.exit_code == 0, built.text
    return built


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def dagster_home() -> Path:
    return Path(os.environ["DAGSTER_HOME"])


def test_messages_hold_no_value_of_the_log(secret: Built) -> None:
    assert SECRET not in secret.text
    assert "no_log_issues" in secret.text


def test_dagster_keeps_no_value_of_the_log(secret: Built) -> None:
    assert secret.exit_code == 0
    assert any(path.suffix == ".db" for path in files_below(dagster_home()))
    holding = [path for path in files_below(dagster_home()) if SECRET.encode() in path.read_bytes()]
    assert holding == []


def test_nothing_but_the_warehouse_holds_values_of_the_log(secret: Built) -> None:
    current = (secret.output / "current").resolve()
    assert SECRET not in (current / "build.json").read_text()
    for path in [*files_below(current / "public"), *files_below(current / "internal")]:
        assert SECRET.encode() not in path.read_bytes(), path.name
        if path.suffix == ".parquet":  # compressed: look at the values
            columns = pl.read_parquet(path)
            assert not {"assignment_id", "event_id", "raw_row"} & set(columns.columns), path.name
            assert SECRET not in str(columns.select(pl.col(pl.String)).rows()), path.name


def test_an_error_nobody_foresaw_is_told_without_values(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"could not convert {SECRET}")

    monkeypatch.setattr(assets, "write_sources", broken)
    built = build(world(tmp_path / "landing"), "2026-03-01", tmp_path / "output", whole=True)
    assert built.exit_code == 1
    assert "ValueError in" in built.text
    assert "Traceback" not in built.text
    assert SECRET not in built.text
    assert [path for path in files_below(dagster_home()) if SECRET.encode() in path.read_bytes()] == []


def test_its_owner_cannot_change_a_release_by_mistake(secret: Built) -> None:
    """Root may do everything: where it runs the tests, the release becomes another user's, who then tries."""
    release = (secret.output / "current").resolve()
    owner = NOBODY if os.geteuid() == 0 else os.geteuid()
    files = [path.relative_to(release) for path in files_below(release)]
    for file in files:
        os.chown(release / file, owner, -1)
    inside = os.open(release, os.O_DIRECTORY)  # another user could not pass through the folders above
    tried = os.fork()
    if tried == 0:
        os.setuid(owner)
        os._exit(any(may_open(file, os.O_RDWR, inside) or not may_open(file, os.O_RDONLY, inside) for file in files))
    os.close(inside)
    assert os.waitstatus_to_exitcode(os.waitpid(tried, 0)[1]) == 0


def may_open(file: Path, how: int, inside: int) -> bool:
    try:
        os.close(os.open(file, how, dir_fd=inside))
    except PermissionError:
        return False
    return True


def test_what_is_being_built_is_nobody_elses(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "landing", tmp_path / "output", date(2026, 3, 1))
    with new_build(settings) as build:
        assert stat.S_IMODE(build.folder.parent.stat().st_mode) == 0o700


# Of what lies directly in the output folder, as docs/operators.md says.
RIGHTS = {
    ".lock": 0o640,
    ".state.lock": 0o640,
    ".service.lock": 0o640,
    "operations.sqlite": 0o640,
    "releases": 0o751,
    "editions": 0o755,
    "blocked": 0o750,
    "parsed": 0o700,
    "dagster": 0o750,
    "outbox": 0o750,
}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def documented(place: str, *within: str) -> tuple[int, int]:
    """The rights of a folder and of a file at a place below the output folder."""
    if not within:
        return RIGHTS[place], RIGHTS[place]
    if place == "editions" or "public" in within[:2]:
        return 0o755, 0o444
    if place in ("releases", "blocked"):
        is_plan = "documents" in within and within[-1].startswith("arsplanering-")  # the same file as in public/
        return 0o751 if len(within) == 1 else 0o750, 0o444 if is_plan else 0o440
    return 0o751 if place == "dagster" else 0o750, 0o640


def wrong_rights(output: Path) -> dict[str, str]:
    """What below the output folder has other rights than are documented; within `parsed/` nobody else comes anyway."""
    wrong = {}
    for path in output.rglob("*"):
        parts = path.relative_to(output).parts
        if not path.is_symlink() and (parts[0] != "parsed" or len(parts) == 1):
            of_folder, of_file = documented(*parts)
            if mode_of(path) != (of_folder if path.is_dir() else of_file):
                wrong["/".join(parts)] = oct(mode_of(path))
    return wrong


@pytest.mark.parametrize("umask", [0, 0o077], ids=oct)
def test_rights_are_as_documented_whatever_the_umask(
    umask: int, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what Dagster makes, and of folders that lead to the output folder and were made with it."""
    monkeypatch.delenv("DAGSTER_HOME")
    output = tmp_path / "made" / "output"
    before = os.umask(umask)
    try:
        build(world(tmp_path / "landing"), "2026-03-01", output, whole=True)
    finally:
        left = os.umask(before)
    assert left == umask
    made = {path.name for path in output.iterdir()}
    assert made == {"current", "releases", "parsed", "dagster", "operations.sqlite", ".lock", ".state.lock"}
    assert wrong_rights(output) == {}
    assert mode_of(output) == mode_of(output.parent) == 0o751


def test_rights_of_pages_editions_and_answers_are_as_documented(shipped: Built) -> None:
    assert {"editions", "outbox"} <= {path.name for path in shipped.output.iterdir()}
    assert wrong_rights(shipped.output) == {}


def test_rights_that_an_earlier_version_gave_are_set_anew(tmp_path: Path) -> None:
    for name in RIGHTS:
        (tmp_path / name).touch() if "." in name else (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    with new_build(settings_for(tmp_path / "landing", tmp_path, date(2026, 3, 1))):
        assert {name: mode_of(tmp_path / name) for name in RIGHTS} == RIGHTS
