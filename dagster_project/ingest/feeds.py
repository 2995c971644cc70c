"""The feeds: the one table of columns, types and codes that ingest obeys and the docs are made from.

Source: contract, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

COUNTY_LEVEL = "lanstal"
MUNICIPALITY_LEVEL = "kommuntal"


class Kind(StrEnum):
    """What a column holds; decides how its text is read and which rejections it can cause."""

    TEXT = "text"
    CHOICE = "one of a list of words"
    WHOLE_NUMBER = "whole number"
    AREA_CODE = "area code"
    DATE = "date"
    MONTH = "first day of a month"
    TIMESTAMP = "timestamp"
    ID_LIST = "ids separated by ;"


@dataclass(frozen=True)
class When:
    """True on rows in which `column` holds one of `values`, or, with no values, anything at all."""

    column: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a feed.

    `required` is True, False or a condition on an earlier column; `beside` names a column beside whose value it must
    not be missing, which is looked at last. `applies` limits where a value counts: elsewhere it is ignored, but must
    still be of its form, unless its words depend on another column. `words` lists the choices: for every
    row, or by the value of the column `decided_by`, which holds the level of an area code too; elsewhere that is
    `level`. `listed_with`
    names the columns that are written once more for each id of a list. `default` is what a missing value means where
    the column applies.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool | When = False
    beside: str | None = None
    applies: When | None = None
    words: tuple[str, ...] = ()
    words_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decided_by: str | None = None
    level: str = MUNICIPALITY_LEVEL
    minimum: int | None = None
    maximum: int | None = None
    listed_with: tuple[str, ...] = ()
    default: str | None = None


# When the case system that a feed comes from learnt of a row; every feed may have it.
RECORDED_AT = Column(
    "recorded_at",
    Kind.TIMESTAMP,
    "when the case system learnt of the row; without zone = Stockholm's time; missing = always known",
)


@dataclass(frozen=True, eq=False)
class Feed:
    """One feed: its columns in the contract's order and the key that tells its rows apart.

    `own_columns` say what a row means: rows that are equal in them are equal. `latest_by` names a column whose highest
    value wins when a key comes again; without it the later row wins. `in_force` says on which rows `in_force_date` is
    filled in and bounded to the quota year.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    own_columns: tuple[Column, ...]
    latest_by: str | None = None
    in_force: When | None = None
    may_be_absent: bool = True

    @property
    def columns(self) -> tuple[Column, ...]:
        """The contract's columns: what a row means, and when it was recorded."""
        return self.own_columns if RECORDED_AT in self.own_columns else (*self.own_columns, RECORDED_AT)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the contract's columns, in its order."""
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns without which a file cannot be read."""
        return tuple(column.name for column in self.columns if column.required is True)

    @property
    def id_columns(self) -> frozenset[str]:
        """Names of the columns that hold ids."""
        return frozenset(column.name for column in self.columns if column.kind in (Kind.TEXT, Kind.ID_LIST))

    @property
    def list_columns(self) -> frozenset[str]:
        """Names of the columns that hold lists of ids."""
        return frozenset(column.name for column in self.columns if column.kind is Kind.ID_LIST)


# A bound that the contract does not give: it keeps every product of rule R4 within DuckDB's 128-bit whole numbers.
MOST_PERSONS = 10**12

# Nor does it give one for how much a list of ids may become when each is a row of its own. No list in earnest reaches
# it; tens of thousands of ids, beside an assignment's id of half a megabyte, would fill any disk.
LARGEST_LIST_BYTES = 2**26

_QUOTA_YEAR = Column(
    "quota_year", Kind.WHOLE_NUMBER, "the year whose kommuntal it counts against", True, minimum=2016, maximum=2100
)

QUOTA_DECISIONS = Feed(
    name="quota_decisions",
    grain="one row per decision and area",
    key=("decision_id", "quota_year", "area_code"),
    in_force=When("level", (COUNTY_LEVEL, MUNICIPALITY_LEVEL)),
    may_be_absent=False,
    own_columns=(
        Column("decision_id", Kind.TEXT, "SFS number or case number", True),
        Column("level", Kind.CHOICE, "whose number it is", True, words=(COUNTY_LEVEL, MUNICIPALITY_LEVEL)),
        _QUOTA_YEAR,
        Column(
            "area_code",
            Kind.AREA_CODE,
            "county code for lanstal, municipality code for kommuntal",
            True,
            decided_by="level",
        ),
        Column("persons", Kind.WHOLE_NUMBER, "persons to receive", True, minimum=0, maximum=MOST_PERSONS),
        Column("decided_date", Kind.DATE, "day of the decision; missing = in_force_date"),
        Column(
            "in_force_date",
            Kind.DATE,
            "day it takes effect; missing = the later of decided_date and 1 January; earlier counts as 1 January",
        ),
    ),
)

QUOTA_PROPOSALS = Feed(
    name="quota_proposals",
    grain="one row per proposal of Migrationsverket and county",
    key=("proposal_id", "quota_year", "area_code"),
    own_columns=(
        Column("proposal_id", Kind.TEXT, "case number of the proposal", True),
        _QUOTA_YEAR,
        Column("area_code", Kind.AREA_CODE, "county code", True, level=COUNTY_LEVEL),
        Column("persons", Kind.WHOLE_NUMBER, "persons proposed as länstal", True, minimum=0, maximum=MOST_PERSONS),
        Column("proposed_date", Kind.DATE, "day of the proposal", True),
    ),
)

REDISTRIBUTIONS = Feed(
    name="redistributions",
    grain="one row per agreement between two municipalities",
    key=("agreement_id",),
    in_force=When("decision", ("approved",)),
    own_columns=(
        Column("agreement_id", Kind.TEXT, "case number of the agreement", True),
        _QUOTA_YEAR,
        Column("from_municipality_code", Kind.AREA_CODE, "municipality that gives kommuntal away", True),
        Column("to_municipality_code", Kind.AREA_CODE, "municipality that takes it over", True),
        Column("persons", Kind.WHOLE_NUMBER, "persons moved", True, minimum=1, maximum=MOST_PERSONS),
        Column("requested_date", Kind.DATE, "day of the request", True),
        Column("reconciled_date", Kind.DATE, "day it was agreed with Migrationsverket"),
        Column("decision", Kind.CHOICE, "the county board's answer; blank = pending", words=("approved", "rejected")),
        Column("decided_date", Kind.DATE, "day of the decision; required when decision is set", beside="decision"),
        Column("in_force_date", Kind.DATE, "day an approved one takes effect; missing = decided_date"),
    ),
)

CHANGE_REQUESTS = Feed(
    name="change_requests",
    grain="one row per request and month",
    key=("request_id", "plan_month"),
    own_columns=(
        Column("request_id", Kind.TEXT, "case number of the request", True),
        Column("municipality_code", Kind.AREA_CODE, "municipality that wishes", True),
        _QUOTA_YEAR,
        Column("plan_month", Kind.MONTH, "first day of a month in the quota year", True),
        Column("wished_persons", Kind.WHOLE_NUMBER, "persons wished that month", True, minimum=0, maximum=MOST_PERSONS),
        Column("requested_date", Kind.DATE, "day of the request", True),
        Column("decision", Kind.CHOICE, "the agency's answer; blank = pending", words=("accepted", "declined")),
        Column("decided_date", Kind.DATE, "day of the decision; required when decision is set", beside="decision"),
    ),
)

_ON_ASSIGNED = When("event_type", ("assigned",))
_ON_ASSIGNED_OR_REQUESTED = When("event_type", ("assigned", "over_plan_requested"))
_OVER_PLAN_REASONS = ("specialist_care", "relatives", "other")

ASSIGNMENT_LOG = Feed(
    name="assignment_log",
    grain="one row per event of an assignment",
    key=("event_id",),
    latest_by="recorded_at",
    own_columns=(
        Column("event_id", Kind.TEXT, "id of the event; the same id again corrects it", True),
        Column(
            "event_type",
            Kind.CHOICE,
            "what happened; retracted = the event never happened",
            True,
            words=(
                "assigned",
                "over_plan_requested",
                "over_plan_approved",
                "over_plan_declined",
                "cancelled",
                "received",
                "retracted",
            ),
        ),
        Column("event_date", Kind.DATE, "day it happened", True),
        Column("assignment_id", Kind.TEXT, "pseudonym of the assignment", True),
        RECORDED_AT,
        Column(
            "municipality_code",
            Kind.AREA_CODE,
            "receiving municipality (on assigned and over_plan_requested)",
            _ON_ASSIGNED_OR_REQUESTED,
            applies=_ON_ASSIGNED_OR_REQUESTED,
        ),
        Column(
            "persons",
            Kind.WHOLE_NUMBER,
            "size of the household (on assigned and over_plan_requested); persons received (on received; missing = the "
            "assigned number)",
            _ON_ASSIGNED_OR_REQUESTED,
            applies=When("event_type", ("assigned", "over_plan_requested", "received")),
            minimum=1,
            maximum=99,
        ),
        Column(
            "category",
            Kind.CHOICE,
            "where the household comes from (on assigned)",
            _ON_ASSIGNED,
            applies=_ON_ASSIGNED,
            words=("accommodation_centre", "quota_refugee", "temporary_protection"),
        ),
        Column(
            "reception_deadline_date",
            Kind.DATE,
            "last day for reception (on assigned); missing = two months after",
            applies=_ON_ASSIGNED,
        ),
        Column(
            "replaces",
            Kind.ID_LIST,
            "cancelled assignments whose places it fills (on assigned)",
            applies=_ON_ASSIGNED,
            listed_with=("event_id", "assignment_id"),
        ),
        Column(
            "reason",
            Kind.CHOICE,
            "why (on cancelled, over_plan_requested and over_plan_approved); blank = other",
            applies=When("event_type", ("cancelled", "over_plan_requested", "over_plan_approved")),
            decided_by="event_type",
            default="other",
            words_by={
                "cancelled": ("declined", "not_used", "moved_on_own", "household_changed", "lapsed", "other"),
                "over_plan_requested": _OVER_PLAN_REASONS,
                "over_plan_approved": _OVER_PLAN_REASONS,
            },
        ),
    ),
)

FEEDS: tuple[Feed, ...] = (QUOTA_DECISIONS, QUOTA_PROPOSALS, REDISTRIBUTIONS, CHANGE_REQUESTS, ASSIGNMENT_LOG)
