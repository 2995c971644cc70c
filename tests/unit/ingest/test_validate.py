"""Validating rows: every reason, in the contract's order; healing; dates in force; what does not apply."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from dagster_project.ingest.area_register import Register
from dagster_project.ingest.feeds import (
    ASSIGNMENT_LOG,
    CHANGE_REQUESTS,
    FEEDS,
    QUOTA_DECISIONS,
    QUOTA_PROPOSALS,
    REDISTRIBUTIONS,
    Feed,
)
from dagster_project.ingest.raw_rows import RawRows
from dagster_project.ingest.validate import REJECTION, ROW_HASH, Validated, validate

REGISTER = Register(frozenset({"01", "07"}), frozenset({"0114", "0760", "0765"}))

GOOD: dict[Feed, dict[str, str | None]] = {
    QUOTA_DECISIONS: {
        "decision_id": "D1",
        "level": "kommuntal",
        "quota_year": "2026",
        "area_code": "0114",
        "persons": "5",
    },
    QUOTA_PROPOSALS: {
        "proposal_id": "P1",
        "quota_year": "2026",
        "area_code": "01",
        "persons": "5",
        "proposed_date": "2025-08-15",
    },
    REDISTRIBUTIONS: {
        "agreement_id": "R1",
        "quota_year": "2026",
        "from_municipality_code": "0760",
        "to_municipality_code": "0765",
        "persons": "1",
        "requested_date": "2026-02-01",
    },
    CHANGE_REQUESTS: {
        "request_id": "W1",
        "municipality_code": "0760",
        "quota_year": "2026",
        "plan_month": "2026-03-01",
        "wished_persons": "0",
        "requested_date": "2026-02-01",
    },
    ASSIGNMENT_LOG: {
        "event_id": "E1",
        "event_type": "assigned",
        "event_date": "2026-02-01",
        "assignment_id": "A1",
        "municipality_code": "0760",
        "persons": "3",
        "category": "quota_refugee",
    },
}


BAD_DEADLINE = "bad_date:reception_deadline_date"
NO_MUNICIPALITY = "missing_value:municipality_code"


def validated(feed: Feed, *rows: dict[str, str | None]) -> Validated:
    return validate(table(feed, *rows), feed, REGISTER)


def table(feed: Feed, *rows: dict[str, str | None]) -> RawRows:
    texts = pl.DataFrame(
        [{name: row.get(name) for name in feed.column_names} for row in rows],
        schema=dict.fromkeys(feed.column_names, pl.String),
    )
    numbered = texts.rename({name: str(at) for at, name in enumerate(texts.columns)}).with_row_index("row_number", 1)
    return RawRows(numbered.cast({"row_number": pl.Int64}), feed.column_names)


def rejection(feed: Feed, **changes: str | None) -> str | None:
    rejected = validated(feed, GOOD[feed] | changes).rejected
    return rejected[REJECTION][0] if len(rejected) else None


def accepted(feed: Feed, **changes: str | None) -> dict[str, Any]:
    fitting = validated(feed, GOOD[feed] | changes).fitting
    assert len(fitting) == 1
    return fitting.row(0, named=True)


@pytest.mark.parametrize("feed", list(GOOD), ids=lambda feed: feed.name)
def test_a_good_row_fits(feed: Feed) -> None:
    assert rejection(feed) is None


@pytest.mark.parametrize("feed", list(GOOD), ids=lambda feed: feed.name)
def test_every_required_column_is_required(feed: Feed) -> None:
    for name in feed.required_names:
        assert rejection(feed, **{name: None}) == f"missing_value:{name}"
        assert rejection(feed, **{name: "  "}) == f"missing_value:{name}"


@pytest.mark.parametrize(
    ("feed", "changes", "reason"),
    [
        (QUOTA_DECISIONS, {"level": "Kommuntal"}, "unknown_value:level"),
        (QUOTA_DECISIONS, {"quota_year": "26.0"}, "out_of_range:quota_year"),
        (QUOTA_DECISIONS, {"quota_year": "2015"}, "out_of_range:quota_year"),
        (QUOTA_DECISIONS, {"quota_year": "2101"}, "out_of_range:quota_year"),
        (QUOTA_DECISIONS, {"quota_year": "20260114"}, "out_of_range:quota_year"),
        (QUOTA_DECISIONS, {"area_code": "07"}, "unknown_area:area_code"),
        (QUOTA_DECISIONS, {"level": "lanstal", "area_code": "0760"}, "unknown_area:area_code"),
        (QUOTA_DECISIONS, {"persons": "-1"}, "out_of_range:persons"),
        (QUOTA_DECISIONS, {"persons": "1 000"}, "bad_number:persons"),
        (QUOTA_DECISIONS, {"persons": "1,015"}, "bad_number:persons"),
        (QUOTA_DECISIONS, {"persons": "15,5"}, "bad_number:persons"),
        (QUOTA_DECISIONS, {"persons": "+15"}, "bad_number:persons"),
        (QUOTA_DECISIONS, {"persons": "1.5e1"}, "bad_number:persons"),
        (QUOTA_DECISIONS, {"persons": "15,00"}, None),
        (QUOTA_DECISIONS, {"decided_date": "2009-12-31"}, "out_of_range:decided_date"),
        (QUOTA_DECISIONS, {"decided_date": "2101-01-01"}, "out_of_range:decided_date"),
        (QUOTA_DECISIONS, {"decided_date": "2025-11-10T00:00:00Z"}, "bad_date:decided_date"),
        (QUOTA_DECISIONS, {"decided_date": "2025-11-10 08:00:00"}, "bad_date:decided_date"),
        (QUOTA_DECISIONS, {"persons": "9" * 40}, "out_of_range:persons"),
        (QUOTA_DECISIONS, {"decided_date": "2026-2-1"}, "bad_date:decided_date"),
        (QUOTA_DECISIONS, {"decided_date": "2026-02-30"}, "bad_date:decided_date"),
        (QUOTA_DECISIONS, {"in_force_date": "2027-01-01"}, "out_of_range:in_force_date"),
        (QUOTA_DECISIONS, {"decided_date": "2027-01-01"}, "out_of_range:in_force_date"),
        (REDISTRIBUTIONS, {"persons": "0"}, "out_of_range:persons"),
        (REDISTRIBUTIONS, {"to_municipality_code": "1"}, "unknown_area:to_municipality_code"),
        (REDISTRIBUTIONS, {"decision": "accepted"}, "unknown_value:decision"),
        (REDISTRIBUTIONS, {"decision": "rejected"}, "missing_value:decided_date"),
        (REDISTRIBUTIONS, {"decision": "approved", "decided_date": "2027-01-01"}, "out_of_range:in_force_date"),
        (CHANGE_REQUESTS, {"plan_month": "2026-03-02"}, "out_of_range:plan_month"),
        (CHANGE_REQUESTS, {"plan_month": "2027-01-01"}, "out_of_range:plan_month"),
        (CHANGE_REQUESTS, {"plan_month": "mars"}, "bad_date:plan_month"),
        (CHANGE_REQUESTS, {"wished_persons": "-1"}, "out_of_range:wished_persons"),
        (CHANGE_REQUESTS, {"decision": "accepted"}, "missing_value:decided_date"),
        (ASSIGNMENT_LOG, {"event_type": "arrived"}, "unknown_value:event_type"),
        (ASSIGNMENT_LOG, {"recorded_at": "yesterday"}, "bad_date:recorded_at"),
        (ASSIGNMENT_LOG, {"recorded_at": "2009-12-31T10:00"}, "out_of_range:recorded_at"),
        (ASSIGNMENT_LOG, {"recorded_at": "2026-02-30T10:00:00"}, "bad_date:recorded_at"),
        *((feed, {"recorded_at": "2026-13-01"}, "bad_date:recorded_at") for feed in FEEDS),
        (QUOTA_PROPOSALS, {"area_code": "0760"}, "unknown_area:area_code"),
        (QUOTA_PROPOSALS, {"area_code": "1", "recorded_at": "2026-01-01"}, None),
        (QUOTA_PROPOSALS, {"proposed_date": None, "recorded_at": "x"}, "missing_value:proposed_date"),
        (ASSIGNMENT_LOG, {"event_type": "over_plan_requested", "category": None}, None),
        (ASSIGNMENT_LOG, {"event_type": "over_plan_requested", "persons": None}, "missing_value:persons"),
        (ASSIGNMENT_LOG, {"event_type": "over_plan_requested", "municipality_code": None}, NO_MUNICIPALITY),
        (ASSIGNMENT_LOG, {"event_type": "over_plan_requested", "reason": "lapsed"}, "unknown_value:reason"),
        (ASSIGNMENT_LOG, {"event_type": "over_plan_declined", "persons": None, "reason": "lapsed"}, None),
        (ASSIGNMENT_LOG, {"category": "temporary_protection"}, None),
        (ASSIGNMENT_LOG, {"municipality_code": None}, NO_MUNICIPALITY),
        (ASSIGNMENT_LOG, {"persons": None}, "missing_value:persons"),
        (ASSIGNMENT_LOG, {"persons": "100"}, "out_of_range:persons"),
        (ASSIGNMENT_LOG, {"category": "tourist"}, "unknown_value:category"),
        (ASSIGNMENT_LOG, {"reception_deadline_date": "soon"}, "bad_date:reception_deadline_date"),
        (ASSIGNMENT_LOG, {"event_type": "cancelled", "reason": "relatives"}, "unknown_value:reason"),
        (ASSIGNMENT_LOG, {"event_type": "over_plan_approved", "reason": "lapsed"}, "unknown_value:reason"),
        # What does not apply is ignored, but must be of its form; only a reason may be any.
        (ASSIGNMENT_LOG, {"event_type": "cancelled", "municipality_code": "9999"}, "unknown_area:municipality_code"),
        (ASSIGNMENT_LOG, {"event_type": "cancelled", "persons": "two"}, "bad_number:persons"),
        (ASSIGNMENT_LOG, {"event_type": "cancelled", "category": "tourist"}, "unknown_value:category"),
        (ASSIGNMENT_LOG, {"event_type": "received", "reception_deadline_date": "soon"}, BAD_DEADLINE),
        (ASSIGNMENT_LOG, {"event_type": "received", "reason": "because"}, None),
        (
            ASSIGNMENT_LOG,
            {"event_type": "received", "municipality_code": None, "persons": None, "category": None},
            None,
        ),
    ],
)
def test_reasons(feed: Feed, changes: dict[str, str | None], reason: str | None) -> None:
    assert rejection(feed, **changes) == reason


def test_the_first_column_in_order_gives_the_reason() -> None:
    assert rejection(QUOTA_DECISIONS, persons="x", decided_date="x", area_code="9999") == "unknown_area:area_code"
    assert rejection(ASSIGNMENT_LOG, event_date="x", assignment_id=None) == "bad_date:event_date"


def test_faults_between_columns_come_after_those_of_one() -> None:
    assert rejection(REDISTRIBUTIONS, decision="approved", in_force_date="x") == "bad_date:in_force_date"
    assert rejection(CHANGE_REQUESTS, plan_month="2027-01-01", wished_persons="x") == "bad_number:wished_persons"
    assert rejection(CHANGE_REQUESTS, plan_month="2027-01-01", decision="accepted") == "out_of_range:plan_month"
    assert rejection(QUOTA_DECISIONS, in_force_date="2027-01-01", persons="x") == "bad_number:persons"


def test_an_error_cell_is_not_blank() -> None:
    rows = table(QUOTA_DECISIONS, GOOD[QUOTA_DECISIONS] | {"persons": None, "decided_date": None})
    found = validate(replace(rows, error_cells={"persons": [1], "decided_date": [1]}), QUOTA_DECISIONS, REGISTER)
    assert found.rejected[REJECTION].to_list() == ["error_cell:persons"]


def test_a_row_with_a_field_too_many_may_hold_no_foreign_word() -> None:
    rows = table(ASSIGNMENT_LOG, *(GOOD[ASSIGNMENT_LOG] | {"reason": word} for word in ("A2", "declined", None, "A2")))
    found = validate(replace(rows, ragged=[1, 2, 3]), ASSIGNMENT_LOG, REGISTER)
    assert found.rejected.rows() == [(1, "bad_row")]


def test_eaten_zeros_and_blanks_are_healed() -> None:
    assert accepted(QUOTA_DECISIONS, area_code=" 114 ")["area_code"] == "0114"
    assert accepted(QUOTA_DECISIONS, level="lanstal", area_code="1")["area_code"] == "01"
    assert accepted(QUOTA_DECISIONS, area_code="760.0", persons="15,0", quota_year="2026.0")["area_code"] == "0760"
    assert accepted(QUOTA_DECISIONS, decided_date="2025-11-10T00:00:00.000")["decided_date"] == date(2025, 11, 10)


def test_texts_are_brought_to_one_form() -> None:
    for text in ("A\u030aA", "\u00c5A", " \ufeff\u00c5\u200bA\u00a0", "\u00c5A\u00ad"):
        found = accepted(QUOTA_DECISIONS, decision_id=text)["decision_id"]
        assert (found == "\u00c5A") is ("\u00ad" not in text)  # a soft hyphen is no zero-width character
    assert accepted(QUOTA_DECISIONS, decision_id="K\u00a01")["decision_id"] == "K 1"
    assert rejection(QUOTA_DECISIONS, decision_id="\u200b") == "missing_value:decision_id"


@pytest.mark.parametrize(
    ("changes", "decided", "in_force"),
    [
        ({}, date(2026, 1, 1), date(2026, 1, 1)),
        ({"decided_date": "2025-11-15"}, date(2025, 11, 15), date(2026, 1, 1)),
        ({"decided_date": "2026-04-02"}, date(2026, 4, 2), date(2026, 4, 2)),
        ({"in_force_date": "2026-05-01"}, date(2026, 5, 1), date(2026, 5, 1)),
        ({"in_force_date": "2025-12-01"}, date(2025, 12, 1), date(2026, 1, 1)),
        ({"decided_date": "2026-04-02", "in_force_date": "2026-03-01"}, date(2026, 4, 2), date(2026, 3, 1)),
    ],
)
def test_missing_and_early_dates_in_force(changes: dict[str, str], decided: date, in_force: date) -> None:
    row = accepted(QUOTA_DECISIONS, **changes)
    assert (row["decided_date"], row["in_force_date"]) == (decided, in_force)


def test_only_an_approved_redistribution_has_a_date_in_force() -> None:
    assert accepted(REDISTRIBUTIONS, decision="approved", decided_date="2026-03-01")["in_force_date"] == date(
        2026, 3, 1
    )
    assert accepted(REDISTRIBUTIONS, decision="rejected", decided_date="2026-03-01")["in_force_date"] is None
    assert accepted(REDISTRIBUTIONS, in_force_date="2030-01-01")["in_force_date"] == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01", datetime(2026, 1, 31, 23)),
        ("2026-02-01T09:30", datetime(2026, 2, 1, 8, 30)),
        ("2026-07-01 09:30:15.5", datetime(2026, 7, 1, 7, 30, 15, 500_000)),
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30)),  # comes twice: the first
        ("2026-03-29T02:30:00", datetime(2026, 3, 29, 1, 30)),  # left out: in winter time
        ("2010-01-01T00:00:00", datetime(2009, 12, 31, 23)),  # within the years as it is written
        ("2026-02-01T09:30:00Z", datetime(2026, 2, 1, 9, 30)),
        ("2026-02-01T09:30:00+01:00", datetime(2026, 2, 1, 8, 30)),
        ("2026-02-01T23:30:00-0100", datetime(2026, 2, 2, 0, 30)),
    ],
)
def test_timestamps_without_a_zone_are_stockholms(text: str, moment: datetime) -> None:
    assert accepted(ASSIGNMENT_LOG, recorded_at=text)["recorded_at"] == moment


def test_ids_of_replaced_assignments_are_trimmed_and_told_once() -> None:
    assert accepted(ASSIGNMENT_LOG, replaces=" A2 ;A3;; A2")["replaces"] == "A2;A3"
    assert accepted(ASSIGNMENT_LOG, replaces=" ; ")["replaces"] is None


def test_a_list_that_would_fill_the_disk_is_out_of_range() -> None:
    ids = ";".join(f"A{number}" for number in range(10_000))
    assert rejection(ASSIGNMENT_LOG, replaces=ids) is None
    assert rejection(ASSIGNMENT_LOG, replaces=ids, assignment_id="A" * 10_000) == "out_of_range:replaces"
    assert rejection(ASSIGNMENT_LOG, replaces=ids, event_id="E" * 10_000) == "out_of_range:replaces"
    assert rejection(ASSIGNMENT_LOG, replaces="A2", assignment_id="A" * 1_000_000) is None
    assert rejection(ASSIGNMENT_LOG, replaces=ids, event_id="E" * 10_000, event_type="received") is None


def test_reason_of_the_log_is_kept() -> None:
    assert accepted(ASSIGNMENT_LOG, event_type="cancelled", reason="declined")["reason"] == "declined"


def test_one_moment_written_in_two_ways_is_equal() -> None:
    good = GOOD[ASSIGNMENT_LOG]
    ways = ["2026-02-01T09:30:00", "2026-02-01 09:30", "2026-02-01T09:30:00.000000+01:00", "2026-02-01T08:30Z"]
    rows = validated(ASSIGNMENT_LOG, *(good | {"recorded_at": way} for way in ways)).fitting
    assert rows[ROW_HASH].n_unique() == 1


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_when_a_row_was_recorded_is_compared_in_the_log_only(feed: Feed) -> None:
    rows = validated(feed, GOOD[feed], GOOD[feed] | {"recorded_at": "2026-02-01"}).fitting
    assert rows[ROW_HASH].n_unique() == (2 if feed is ASSIGNMENT_LOG else 1)


def test_rows_equal_in_all_columns_have_equal_hashes() -> None:
    good = GOOD[QUOTA_DECISIONS]
    rows = validated(QUOTA_DECISIONS, good, good | {"area_code": "114"}, good | {"decided_date": "2026-01-01"}).fitting
    assert rows[ROW_HASH].n_unique() == 1  # healed, with defaults filled in
    log = GOOD[ASSIGNMENT_LOG] | {"event_type": "cancelled"}
    rows = validated(ASSIGNMENT_LOG, log, log | {"reason": "other"}, log | {"reason": "declined"}).fitting
    assert rows[ROW_HASH][0] == rows[ROW_HASH][1] != rows[ROW_HASH][2]
    log = GOOD[ASSIGNMENT_LOG]  # where no reason applies it counts as blank
    assert validated(ASSIGNMENT_LOG, log, log | {"reason": "because"}).fitting[ROW_HASH].n_unique() == 1
