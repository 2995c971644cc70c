"""Delivered files as they are parsed, and kept by their content; what lies in the landing folder."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dagster_project.ingest import parse_cache
from dagster_project.ingest.area_register import Register
from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.ingest.feeds import ASSIGNMENT_LOG, FEEDS, QUOTA_DECISIONS, Feed
from dagster_project.ingest.landing import LandingError, check_landing, deliveries_in, files_of, not_read
from dagster_project.ingest.parse import REJECTED_SCHEMA, fitting_schema, parse
from dagster_project.ingest.parse_cache import parsed_file

HEADER = "event_id,event_type,event_date,assignment_id,recorded_at,municipality_code,persons,category\n"
REGISTER = Register(frozenset({"07"}), frozenset({"0760"}))


def assigned(event_id: str, persons: int, recorded_at: str = "") -> str:
    return f"{event_id},assigned,2026-02-01,A-{event_id},{recorded_at},0760,{persons},quota_refugee\n"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """Two files of the log, with rows that do not fit, repeated and superseded ones."""
    folder = tmp_path / "landing" / ASSIGNMENT_LOG.name
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(HEADER + assigned("E1", 1) + assigned("E2", 100) + assigned("E3", 3))
    (folder / "b.csv").write_text(HEADER + assigned("E1", 2) + assigned("E3", 3))
    return folder.parent


def sources(landing: Path, kept: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of what dbt reads, by file."""
    into = kept.parent / f"sources-{len(list(kept.parent.iterdir()))}"
    write_sources(landing, into, kept, lambda *_: None)
    files = sorted(into.rglob("*.parquet"))
    return {f"{file.relative_to(into)}": pl.read_parquet(file, hive_partitioning=False).rows() for file in files}


def test_a_file_becomes_rows_that_fit_and_rows_that_do_not(landing: Path) -> None:
    found = parse(landing / ASSIGNMENT_LOG.name / "a.csv", ASSIGNMENT_LOG, REGISTER)
    assert (found.about.rows_read, found.about.rows_unfit) == (3, 1)
    assert found.fitting.schema == fitting_schema(ASSIGNMENT_LOG)
    assert found.fitting.select("row_number", "event_id", "persons").rows() == [(1, "E1", 1), (3, "E3", 3)]
    assert found.rejected.schema == REJECTED_SCHEMA
    [(row_number, reason, raw_row)] = found.rejected.rows()
    assert (row_number, reason, json.loads(raw_row)["persons"]) == (2, "out_of_range:persons", "100")


def test_a_word_that_does_not_apply_may_be_any_and_is_as_good_as_none(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    header = HEADER.replace("category", "category,reason")
    file.write_text(header + "E1,received,2026-02-01,A1,,,,,because\nE2,cancelled,2026-02-01,A1,,,,,declined\n")
    found = parse(file, ASSIGNMENT_LOG, REGISTER)
    assert found.fitting.select("event_id", "reason").rows() == [("E1", None), ("E2", "declined")]


def test_the_same_content_gives_the_same_rows_under_any_name(landing: Path, tmp_path: Path) -> None:
    copy = tmp_path / "another name.csv"
    copy.write_bytes((landing / ASSIGNMENT_LOG.name / "a.csv").read_bytes())
    first, second = (parse(file, ASSIGNMENT_LOG, REGISTER) for file in (landing / "assignment_log" / "a.csv", copy))
    assert first.fitting.equals(second.fitting)
    assert first.rejected.equals(second.rejected)


def test_every_delivered_file_has_its_place_and_its_row(landing: Path, tmp_path: Path) -> None:
    log = landing / ASSIGNMENT_LOG.name
    (log / "c.csv").write_bytes((log / "a.csv").read_bytes())  # the same content once more
    (log / "d.csv").write_text("event_id\n")
    found = sources(landing, tmp_path / "kept")
    rows = {name: len(rows) for name, rows in found.items() if "rows.parquet" in name}
    assert rows == {
        "assignment_log/file_order=0/rows.parquet": 2,
        "assignment_log/file_order=1/rows.parquet": 2,
        "assignment_log/file_order=2/rows.parquet": 2,
        "change_requests/file_order=-1/rows.parquet": 0,
        "quota_decisions/file_order=-1/rows.parquet": 0,
        "quota_proposals/file_order=-1/rows.parquet": 0,
        "redistributions/file_order=-1/rows.parquet": 0,
        "rejected_rows/feed=assignment_log/file_order=0/rows.parquet": 1,
        "rejected_rows/feed=assignment_log/file_order=2/rows.parquet": 1,
    }
    listed = [(row[1], row[2], row[4], *row[6:8]) for row in found["deliveries.parquet"]]
    assert listed == [
        ("a.csv", 0, "loaded", 3, 1),
        ("b.csv", 1, "loaded", 2, 0),
        ("c.csv", 2, "loaded", 3, 1),
        ("d.csv", 3, "missing_column:event_type", 0, 0),
    ]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_a_feed_without_files_is_an_empty_table_of_its_columns(feed: Feed, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    write_sources(tmp_path / "landing", tmp_path / "sources", tmp_path / "kept", lambda *_: None)
    [file] = (tmp_path / "sources" / feed.name).rglob("*.parquet")
    assert pl.read_parquet_schema(file) == fitting_schema(feed)


def test_a_file_is_parsed_once_from_build_to_build(landing: Path, tmp_path: Path) -> None:
    first = sources(landing, tmp_path / "kept")
    with pytest.MonkeyPatch.context() as later:
        later.setattr(parse_cache, "parse", None)  # whoever parses again breaks
        assert sources(landing, tmp_path / "kept") == first


def test_a_new_file_beside_known_ones_is_as_if_all_were_new(landing: Path, tmp_path: Path) -> None:
    sources(landing, tmp_path / "kept")
    (landing / ASSIGNMENT_LOG.name / "aa.csv").write_text(HEADER + assigned("E1", 3) + assigned("E4", 0))
    assert sources(landing, tmp_path / "kept") == sources(landing, tmp_path / "fresh")


@pytest.mark.parametrize("name", ["fitting.parquet", "rejected.parquet", "about.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_what_is_kept_and_not_whole_is_parsed_again(name: str, damage: str, landing: Path, tmp_path: Path) -> None:
    first = sources(landing, tmp_path / "kept")
    for file in (tmp_path / "kept").glob(f"*/{name}"):
        content = file.read_bytes()
        file.unlink()
        if damage == "cut":
            file.write_bytes(content[: len(content) // 2])
    assert sources(landing, tmp_path / "kept") == first


def test_another_program_parses_again(landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources(landing, tmp_path / "kept")
    before = set((tmp_path / "kept").iterdir())
    monkeypatch.setattr(parse_cache, "parsing_code", lambda: "another")
    sources(landing, tmp_path / "kept")
    after = set((tmp_path / "kept").iterdir())
    assert len(before) == len(after) == 2
    assert not before & after  # what nobody needs any more is gone


def test_attempts_of_one_file_at_once_do_not_hurt_each_other(landing: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    delivery = deliveries_in(landing)[0]
    attempts = 8
    with ThreadPoolExecutor(attempts) as pool:
        found = list(pool.map(lambda _: parsed_file(delivery, ASSIGNMENT_LOG, REGISTER, kept), range(attempts)))
    assert len(set(found)) == 1
    assert list(kept.iterdir()) == [found[0].folder]  # nothing half made is left beside it
    assert found[0].fitting is not None
    assert pl.read_parquet(found[0].fitting)["event_id"].to_list() == ["E1", "E3"]


def test_files_are_read_in_the_byte_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / ASSIGNMENT_LOG.name
    folder.mkdir()
    for name in ("b.csv", "B.csv", "å.csv", "a-2.csv", "a.csv", ".hidden.csv", "~$a.xlsx"):
        (folder / name).write_text(HEADER)
    assert [path.name for path in files_of(tmp_path, ASSIGNMENT_LOG)] == ["B.csv", "a-2.csv", "a.csv", "b.csv", "å.csv"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    folder = tmp_path / QUOTA_DECISIONS.name
    (folder / "z").mkdir(parents=True)
    (folder / "z" / "x.csv").write_text("")
    (folder / "b").symlink_to("z")
    (folder / "z" / "up").symlink_to(folder)
    (folder / "gone.csv").symlink_to("nowhere")
    assert [f"{path.relative_to(folder)}" for path in files_of(tmp_path, QUOTA_DECISIONS)] == ["b/x.csv", "z/x.csv"]
    assert [found[:2] for found in not_read(tmp_path)] == [(QUOTA_DECISIONS.name, "gone.csv")]


def test_a_file_in_the_place_of_a_feed_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / ASSIGNMENT_LOG.name).write_text("")
    assert [found[:2] for found in not_read(tmp_path)] == [("", ASSIGNMENT_LOG.name)]


def test_names_are_told_apart_in_reports(tmp_path: Path) -> None:
    folder = tmp_path / QUOTA_DECISIONS.name
    folder.mkdir()
    for name in ("a\u030a.csv", "\u00e5.csv", "\u200b\u00e5.csv"):
        (folder / name).write_text("")
    assert [one.file_name for one in deliveries_in(tmp_path)] == ["\u00e5.csv", "\u00e5.csv (2)", "\u00e5.csv (3)"]


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_only_decisions_must_be_there(feed: Feed, tmp_path: Path) -> None:
    for other in FEEDS:
        if other is not feed:
            (tmp_path / other.name).mkdir()
            (tmp_path / other.name / "file.csv").write_text("")
    if feed.may_be_absent:
        check_landing(tmp_path)
    else:
        with pytest.raises(LandingError, match="deliver at least one file"):
            check_landing(tmp_path)
