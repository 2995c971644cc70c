"""What the examples do not show of the contract's rules, worked out by hand: the twin must know it too."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
import twin
from twin_landing import known_at_moment

REGISTER = [
    {"municipality_code": code, "municipality_name": code, "county_code": code[:2], "county_name": code[:2]}
    for code in ("0760", "0761", "0180")
]
DECISIONS = "decision_id,level,quota_year,area_code,persons,decided_date,in_force_date,recorded_at"
PROPOSALS = "proposal_id,quota_year,area_code,persons,proposed_date,recorded_at"
REQUESTS = (
    "request_id,municipality_code,quota_year,plan_month,wished_persons,requested_date,decision,decided_date,recorded_at"
)
LOG = "event_id,event_type,event_date,assignment_id,recorded_at,municipality_code,persons,category,replaces"


class Landing:
    """A landing folder that is written file by file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, header: str, *rows: str) -> "Landing":
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        return self

    def log(self, *rows: str, name: str = "l.csv") -> "Landing":
        return self.add(f"assignment_log/{name}", LOG, *rows)

    def marts(self, as_of: str, known_at: str | None = None) -> twin.Marts:
        moment = known_at_moment(known_at) if known_at else None
        return twin.marts_of(self.folder, REGISTER, date.fromisoformat(as_of), moment)


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[Landing]:
    yield Landing(tmp_path)


def column(marts: twin.Marts, mart: str, name: str) -> list[object]:
    return [row[name] for row in marts[mart]]


def counts(marts: twin.Marts) -> list[tuple[int, ...]]:
    """Accepted, rejected, duplicate and not yet known rows of each file."""
    kinds = ("accepted", "rejected", "duplicate", "not_yet_known")
    return [tuple(row[f"rows_{kind}"] for kind in kinds) for row in marts["landed_files"]]


# --- Section 2 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "persons"),
    [
        ("2025-03-01T10:00", "2025-03-01 09:30:00Z", 2),  # 10:30 in Stockholm
        ("2025-03-01T10:00", "2025-03-01T10:30+02:00", 1),  # 9:30
        ("2025-07-01T10:00", "2025-07-01T08:00:00.5Z", 2),
        ("2025-03-01T10:00", "2025-03-01", 1),
        ("2025-03-01", "", 1),
    ],
)
def test_the_latest_moment_wins_whatever_its_zone(landing: Landing, one: str, other: str, persons: int) -> None:
    rows = [
        f"E1,assigned,2025-02-01,A1,{moment},0760,{number},quota_refugee,"
        for number, moment in enumerate((one, other), 1)
    ]
    assert column(landing.log(*rows).marts("2025-12-31"), "assignments", "persons") == [persons]


@pytest.mark.parametrize(
    ("known_at", "persons"),
    [
        ("2025-02-28", 15),
        ("2025-03-01T09:59:59", 15),
        ("2025-03-01T10:00:00", 16),
        ("2025-03-01", 16),
        ("2025-03-01T23:30", 16),
        (None, 17),
    ],
)
def test_rows_recorded_after_the_moment_do_not_exist(landing: Landing, known_at: str | None, persons: int) -> None:
    """The last was recorded at 23:30 UTC, the day after in Stockholm."""
    row = "K,kommuntal,2025,0760,{},2024-11-01,,{}"
    stamps = ["", "2025-03-01T10:00:00", "2025-03-01T23:30:00Z"]
    rows = [row.format(number, stamp) for number, stamp in enumerate(stamps, 15)]
    marts = landing.add("quota_decisions/k.csv", DECISIONS, *rows, row.format("x", "")).marts("2025-12-31", known_at)
    assert column(marts, "municipality_quotas", "kommuntal_persons") == [persons]
    assert counts(marts) == [(1, persons - 15 + 1, 0, 17 - persons)]
    assert column(marts, "file_remarks", "occurrences") == ([1] if known_at else [])


def test_outside_the_log_the_last_row_wins_and_stamps_are_not_compared(landing: Landing) -> None:
    row = "K,kommuntal,2025,0760,{},2024-11-01,,{}"
    rows = [row.format(15, ""), row.format(16, "2025-02-01"), row.format(15, "2025-01-01")]
    marts = landing.add("quota_decisions/k.csv", DECISIONS, *rows).marts("2025-12-31")
    assert column(marts, "municipality_quotas", "kommuntal_persons") == [15]
    assert counts(marts) == [(1, 1, 1, 0)]


@pytest.mark.parametrize(
    ("known_at", "status", "count"), [(None, "applied", (1, 1, 1, 0)), ("2025-03-01", "pending", (1, 1, 0, 1))]
)
def test_a_request_is_what_its_last_known_row_says(
    landing: Landing, known_at: str | None, status: str, count: tuple[int, ...]
) -> None:
    """The row that comes again says last that the request is pending, or accepted, for the other month too."""
    landing.add("quota_decisions/k.csv", DECISIONS, "K,kommuntal,2025,0760,12,2024-11-01,,")
    pending, accepted = "W,0760,2025,2025-{:02d}-01,1,2025-01-02,,,{}", "W,0760,2025,2025-{:02d}-01,1,2025-01-02,{}"
    rows = [accepted.format(9, "accepted,2025-02-01,"), pending.format(8, "")]
    rows.append(accepted.format(9, "accepted,2025-02-01,2025-04-01"))
    marts = landing.add("change_requests/w.csv", REQUESTS, *rows).marts("2025-12-31", known_at)
    assert column(marts, "change_request_outcomes", "status") == [status]
    assert counts(marts)[-1] == count


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("P,2025,07,0,2024-09-01,", None),
        ("P,2025,07,0,2024-09-01 00:00,", None),
        ("\u00a0P\ufeff,2025,7,0,2024-09-01,", None),
        ("P,2025,07,-1,2024-09-01,", "out_of_range:persons"),
        ("P,2025,0760,5,2024-09-01,", "unknown_area:area_code"),
        ("P,2025,07,5,,", "missing_value:proposed_date"),
        ("P,2025,07,5,2024-09-01,2024-09-01T10:00:00 CET", "bad_date:recorded_at"),
        ("P,2025,07,5,2024-09-01,2009-12-31T23:30:00Z", "out_of_range:recorded_at"),
        ("P,2025,07,x,2024-09-01,soon", "bad_number:persons"),
        ("P,2025,07,5,2024-09-01,,", None),
        ("P,2025,07,5,2024-09-01,,more", "bad_row"),
    ],
)
def test_what_a_proposal_must_hold(landing: Landing, row: str, reason: str | None) -> None:
    marts = landing.add("quota_proposals/p.csv", PROPOSALS, row).marts("2025-12-31")
    assert column(marts, "rejected_rows", "reason") == ([reason] if reason else [])
    assert [str(proposal["proposal_id"]) for proposal in marts["lanstal_proposals"]] == ([] if reason else ["P"])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("E,over_plan_requested,2025-02-01,A,,0760,3,,", None),
        ("E,over_plan_requested,2025-02-01,A,,,3,,", "missing_value:municipality_code"),
        ("E,over_plan_requested,2025-02-01,A,,0760,,,", "missing_value:persons"),
        ("E,over_plan_requested,2025-02-01,A,soon,,,,", "bad_date:recorded_at"),
        ("E,over_plan_declined,2025-02-01,A,,,,refugee,", "unknown_value:category"),
    ],
)
def test_what_a_dialogue_must_hold(landing: Landing, row: str, reason: str | None) -> None:
    assert column(landing.log(row).marts("2025-12-31"), "rejected_rows", "reason") == ([reason] if reason else [])


def test_a_bad_stamp_is_told_before_faults_between_columns(landing: Landing) -> None:
    landing.add("quota_decisions/k.csv", DECISIONS, "K,kommuntal,2025,0760,15,,2026-01-01,soon")
    landing.add("change_requests/w.csv", REQUESTS, "W,0760,2025,2026-09-01,1,2025-01-02,accepted,,soon")
    assert column(landing.marts("2025-12-31"), "rejected_rows", "reason") == ["bad_date:recorded_at"] * 2


# --- R3 and proposals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kommuntal", "status"),
    [
        ("K2,kommuntal,2025,0760,11,2025-03-31,,", "kommuntal_awaited"),
        ("K2,kommuntal,2025,0760,11,2025-04-01,,", "below_lanstal"),
        ("K2,kommuntal,2025,0761,1,2025-04-01,,", "below_lanstal"),
        ("K2,kommuntal,2025,0180,1,2025-04-01,,", "kommuntal_awaited"),
        ("K2,kommuntal,2025,0760,11,2025-04-01,2025-05-02,", "kommuntal_awaited"),
    ],
)
def test_kommuntal_is_awaited_until_a_board_has_answered(landing: Landing, kommuntal: str, status: str) -> None:
    """Länstal is raised on 1 April, with effect from 1 May."""
    decisions = [
        "S1,lanstal,2025,07,10,2024-10-01,,",
        "S2,lanstal,2025,07,20,2025-04-01,2025-05-01,",
        "K1,kommuntal,2025,0760,10,2024-11-01,,",
    ]
    marts = landing.add("quota_decisions/d.csv", DECISIONS, *decisions, kommuntal).marts("2025-05-01")
    assert {row["status"] for row in marts["county_quotas"] if row["valid_from_date"] == date(2025, 5, 1)} == {status}
    failed = {row["check_name"] for row in marts["check_results"] if not row["passed"]}
    assert ("kommuntal_follows_lanstal" in failed) == (status == "kommuntal_awaited")


def test_a_proposal_stands_beside_the_first_decision_that_was_taken(landing: Landing) -> None:
    """Not beside the first that takes force."""
    decisions = ["S1,lanstal,2025,07,10,2024-10-01,2025-03-01,", "S2,lanstal,2025,07,20,2024-11-01,2025-01-01,"]
    landing.add("quota_decisions/d.csv", DECISIONS, *decisions)
    marts = landing.add("quota_proposals/p.csv", PROPOSALS, "P,2025,07,15,2024-10-01,").marts("2025-05-01")
    assert column(marts, "lanstal_proposals", "difference_persons") == [-5]


# --- R9, R10 and dialogues -------------------------------------------------------------------------------------------


def cancelled(name: str, day: str, persons: int) -> list[str]:
    return [
        f"E{name},assigned,{day},{name},,0760,{persons},quota_refugee,",
        f"C{name},cancelled,2025-02-01,{name},,,,,",
    ]


def test_a_replacement_is_allotted_once(landing: Landing) -> None:
    """Two households of 4, one of 4 that replaces both; then one of 9 that replaces both."""
    landing.log(
        *cancelled("TA1", "2025-01-01", 4),
        *cancelled("TA2", "2025-01-02", 4),
        "E3,assigned,2025-02-02,TA3,,0760,4,quota_refugee,TA2;TA1",
    )
    marts = landing.marts("2025-12-31")
    assert column(marts, "cancellations", "replacement_persons") == [4, 0]
    assert column(marts, "cancellations", "awaiting_persons") == [0, 4]
    assert column(marts, "cancellations", "replacement_assignments") == [1, 1]
    assert column(marts, "cancellations", "is_new_constellation") == [True, True]
    landing.log("E4,assigned,2025-02-03,TA4,,0760,9,quota_refugee,TA1;TA2", name="m.csv")
    marts = landing.marts("2025-12-31")
    assert column(marts, "cancellations", "replacement_persons") == [8, 5]
    assert sorted(row["allotted_persons"] for row in marts["replacement_links"]) == [0, 4, 4, 5]


def test_a_dialogue_tells_of_the_first_request(landing: Landing) -> None:
    """The second approval is of nobody: an orphan, and no dialogue."""
    landing.log(
        "E1,assigned,2025-02-01,A1,,0760,3,quota_refugee,",
        "E5,over_plan_requested,2025-01-20,A1,,0761,5,,",
        "E4,over_plan_requested,2025-01-20,A1,,0761,4,,",
        "E6,over_plan_declined,2025-01-21,A1,,,,,",
        "E7,over_plan_approved,2025-01-19,A1,,,,,",
        "E8,over_plan_approved,2025-01-19,A2,,,,,",
    )
    marts = landing.marts("2025-12-31")
    assert [tuple(row.values()) for row in marts["over_plan_dialogues"]] == [
        ("A1", "0761", 4, "other", date(2025, 1, 20), "approved", date(2025, 1, 19), True)
    ]
    assert column(marts, "log_issues", "event_id") == ["E8"]


# --- R11 and what is told of the release -----------------------------------------------------------------------------


def year_is_null(marts: twin.Marts, year: int) -> bool:
    rows = [row for row in marts["quota_year_counts"] if row["quota_year"] == year]
    return all(row["received_persons"] is None and row["unassigned_persons"] is None for row in rows)


def test_a_year_without_a_log_is_not_zero(landing: Landing) -> None:
    years = [f"K,kommuntal,{year},0760,12,2023-11-01,,2024-11-01" for year in (2024, 2025, 2026)]
    landing.add("quota_decisions/k.csv", DECISIONS, *years)
    assert all(year_is_null(landing.marts("2026-12-30"), year) for year in (2024, 2025, 2026))
    landing.log("E1,assigned,2024-12-01,A1,,0760,3,quota_refugee,", "E2,received,2025-02-01,A1,,,,,")
    marts = landing.marts("2026-12-31")
    assert [year_is_null(marts, year) for year in (2024, 2025, 2026)] == [False, True, True]
    assert [year_is_null(landing.marts("2026-12-30"), year) for year in (2024, 2025, 2026)] == [False, True, False]
    received = {str(row["plan_month"]): row["received_in_month_persons"] for row in marts["plan_deviations"]}
    assert (received["2024-02-01"], received["2025-01-01"], received["2025-02-01"]) == (0, None, 3)
    february = next(row for row in marts["plan_deviations"] if row["plan_month"] == date(2025, 2, 1))
    assert (february["net_assigned_persons"], february["cumulative_deviation_persons"]) == (None, None)


def test_months_are_those_of_decisions_and_of_outcome(landing: Landing) -> None:
    landing.add("quota_decisions/k.csv", DECISIONS, "S,lanstal,2025,07,12,2023-11-01,,")
    marts = landing.log("E1,assigned,2024-11-30,A1,,0760,3,quota_refugee,").marts("2025-02-01")
    assert len(marts["months"]) == 13
    assert [row["plan_month"].month for row in marts["months"] if row["is_complete"]] == [11, 1]
    assert [row["plan_month"].month for row in marts["months"] if row["has_begun"]] == [11, 1, 2]


@pytest.mark.parametrize(
    ("as_of", "until"),
    [
        ("2024-08-31", None),
        ("2024-09-01", date(2024, 9, 1)),
        ("2024-11-01", date(2024, 11, 1)),
        ("2025-01-03", date(2025, 1, 2)),
        ("2025-02-03", date(2025, 2, 3)),
        ("2025-12-31", date(2025, 3, 4)),
    ],
)
def test_what_has_landed_until_the_as_of_date(landing: Landing, as_of: str, until: date | None) -> None:
    landing.add("quota_proposals/p.csv", PROPOSALS, "P,2025,07,15,2024-09-01,")
    landing.add("quota_decisions/k.csv", DECISIONS, "K,kommuntal,2025,0760,12,2024-11-01,2025-06-01,")
    landing.add("change_requests/w.csv", REQUESTS, "W,0760,2025,2025-09-01,1,2025-01-02,declined,2025-02-03,")
    landing.log("E1,assigned,2025-03-04,A1,,0760,3,quota_refugee,", "E2,retracted,2025-04-01,A1,,,,,")
    assert column(landing.marts(as_of), "release", "landed_until_date") == [until]


def test_only_accepted_rows_make_a_release_simulated(landing: Landing) -> None:
    landing.add("quota_decisions/simulated.csv", DECISIONS, "K,kommuntal,2025,0760,12,2024-11-01,,2025-02-01")
    assert column(landing.marts("2025-12-31"), "release", "is_simulated") == [True]
    marts = landing.marts("2025-12-31", "2025-01-31")
    assert column(marts, "release", "is_simulated") == [False]
    assert column(marts, "release", "known_at") == [datetime.fromisoformat("2025-01-31T23:59:59.999999")]
