"""Simulated deliveries, called so in file names and ids: what no public source holds, made plausible and repeatable.

The model works on whole arrays. Households are cut from the persons that a municipality receives; some of them take
the places of an assignment that was cancelled before, once or several times, in the same or another constellation.
Facts behind the shares: S2 (2017's cut let assignments lapse), S2a (almost half are children), S55 (autumn 2017),
S63 and S68 (quota refugees come late in the year), S71 (reception within two months); see data/SOURCES.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from dagster_project.ingest.feeds import ASSIGNMENT_LOG

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HOUSEHOLD_SIZES = (1, 2, 3, 4, 5, 6, 7)
SIZE_SHARES = (0.46, 0.13, 0.12, 0.12, 0.09, 0.05, 0.03)
LARGEST_HOUSEHOLD = 9
REASONS = ("declined", "not_used", "moved_on_own", "household_changed", "lapsed", "other")
REASON_SHARES = (0.12, 0.18, 0.34, 0.18, 0.12, 0.06)
APPROVAL_REASONS = ("specialist_care", "relatives", "other")
APPROVED_SHARE = 0.95
EVENT_TYPES = ("assigned", "over_plan_approved", "cancelled", "received")
ASSIGNED, APPROVED, CANCELLED, RECEIVED = range(4)
NONE = -1


@dataclass(frozen=True)
class Model:
    """How often assignments are cancelled and replaced, and how long that takes (in days)."""

    replaced_share: float = 0.11
    longest_chain: int = 3
    further_replacement_share: float = 0.22
    days_to_cancellation: tuple[int, int] = (6, 55)
    days_to_replacement: tuple[int, int] = (3, 45)


@dataclass(frozen=True)
class YearOfPlaces:
    """What one quota year is simulated from: per municipality its kommuntal and the persons it comes to receive."""

    quota_year: int
    municipality_codes: npt.NDArray[np.str_]
    kommuntal_persons: Ints
    received_persons: Ints


@dataclass
class Events:
    """Events as parallel arrays; `assignment` and `replaces` number assignments of the year, NONE = not given."""

    kind: Ints
    day: Ints
    assignment: Ints
    municipality: Ints
    persons: Ints
    quota_refugee: Bools
    deadline: Ints
    replaces: Ints
    reason: Ints

    @classmethod
    def of(cls, kind: int, day: Ints, assignment: Ints, **columns: Ints | Bools) -> Events:
        """Events of one kind; columns that are not given hold NONE."""
        nothing = np.full(len(day), NONE)
        given = {"municipality", "persons", "deadline", "replaces", "reason"}
        rest = {name: np.asarray(columns.get(name, nothing)) for name in given}
        refugee = np.asarray(columns.get("quota_refugee", nothing == 0), dtype=np.bool_)
        return cls(kind=np.full(len(day), kind), day=day, assignment=assignment, quota_refugee=refugee, **rest)

    @classmethod
    def together(cls, parts: list[Events]) -> Events:
        """All events of several parts."""
        names = list(cls.__dataclass_fields__)
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _day(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _cut_into_households(rng: np.random.Generator, persons: Ints) -> tuple[Ints, Ints]:
    """Cut every municipality's persons into households: (municipality, size) of each, no one left over."""
    total = int(persons.sum())
    drawn = rng.choice(HOUSEHOLD_SIZES, size=total, p=SIZE_SHARES).cumsum()
    borders = np.union1d(drawn[drawn < total], persons.cumsum())
    sizes = np.diff(np.concatenate([[0], borders[borders > 0]]))
    return np.repeat(np.arange(len(persons)), persons)[borders[borders > 0] - 1], sizes


def _groups(rng: np.random.Generator, municipality: Ints, replaced_share: float) -> Ints:
    """Group of each household; most stand alone, some two or three take the places of one cancelled household."""
    begins = np.ones(len(municipality), bool)
    follows = municipality[1:] == municipality[:-1]
    begins[1:] = ~(follows & (rng.random(len(municipality) - 1) < 0.45 * replaced_share))
    return begins.cumsum() - 1


def simulate_year(rng: np.random.Generator, places: YearOfPlaces, model: Model) -> Events:
    """All events of one quota year's assignments, on whatever days they happen."""
    municipality, size = _cut_into_households(rng, places.received_persons)
    if len(size) == 0:
        return Events.of(ASSIGNED, *[np.zeros(0, np.int64)] * 2)
    new_year = _day(date(places.quota_year, 1, 1))
    group = _groups(rng, municipality, model.replaced_share)
    first_of_group = np.flatnonzero(np.diff(group, prepend=-1))
    group_size = np.add.reduceat(size, first_of_group)
    group_place = municipality[first_of_group]

    # Households are assigned as the even plan makes room for them, with some days' noise.
    before = np.concatenate([[0], places.received_persons.cumsum()])[group_place]
    taken = (size.cumsum()[first_of_group] - before) / np.maximum(places.kommuntal_persons[group_place], 1)
    day = new_year + np.clip(2 + taken * 322 + rng.normal(0, 9, len(taken)), 1, 350).astype(np.int64)

    several = np.bincount(group) > 1
    replaced = several | (rng.random(len(day)) < model.replaced_share * 0.7)
    further = rng.random((len(day), model.longest_chain - 1)) < model.further_replacement_share
    depth = np.where(replaced, 1 + np.cumprod(further, axis=1).sum(axis=1), 0)
    is_autumn = (day - new_year) > 180
    refugee = rng.random(len(day)) < np.where(is_autumn, 0.55, 0.14)

    parts: list[Events] = []
    households = len(size)
    earlier = np.full(len(day), NONE)
    for generation in range(model.longest_chain):
        here = np.flatnonzero(depth > generation)
        number = households + generation * len(day) + here
        resized = np.where(several[here] | (rng.random(len(here)) < 0.75), 0, rng.integers(-1, 2, len(here)))
        persons = np.clip(group_size[here] + resized, 1, LARGEST_HOUSEHOLD)
        cancelled = day[here] + rng.integers(*model.days_to_cancellation, len(here))
        parts += [
            _assigned(day[here], number, group_place[here], persons, refugee[here], earlier[here]),
            Events.of(CANCELLED, cancelled, number, reason=rng.choice(len(REASONS), len(here), p=REASON_SHARES)),
        ]
        earlier[here] = number
        day[here] = cancelled + rng.integers(*model.days_to_replacement, len(here))

    final_day = day[group]
    received = _reception_days(rng, final_day, refugee[group], new_year)
    differs = rng.random(households) < 0.03
    assigned_persons = np.clip(size + np.where(differs, rng.choice((-1, 1), households), 0), 1, 99)
    number = np.arange(households)
    parts += [
        _assigned(final_day, number, municipality, assigned_persons, refugee[group], earlier[group], received),
        Events.of(RECEIVED, received, number, persons=np.where(differs, size, NONE)),
        _never_received(rng, places, new_year, households + model.longest_chain * len(day)),
    ]
    events = Events.together(parts)
    return Events.together([events, _approvals(rng, places, events)])


def _assigned(
    day: Ints,
    number: Ints,
    municipality: Ints,
    persons: Ints,
    refugee: Bools,
    replaces: Ints,
    received: Ints | None = None,
) -> Events:
    """Assigned events; quota refugees have a deadline of their own, about the day of their journey."""
    travel = day + 100 if received is None else received + 12
    return Events.of(
        ASSIGNED,
        day,
        number,
        municipality=municipality,
        persons=persons,
        quota_refugee=refugee,
        deadline=np.where(refugee, travel, NONE),
        replaces=replaces,
    )


def _reception_days(rng: np.random.Generator, assigned: Ints, refugee: Bools, new_year: int) -> Ints:
    """Within two months as a rule; quota refugees bunched in October–December; a few far too late."""
    count = len(assigned)
    usual = assigned + np.clip(rng.gamma(5.0, 8.0, count), 4, 75).astype(np.int64)
    journey = np.maximum(assigned + 25, new_year + rng.integers(280, 352, count))
    late = rng.random(count) < 0.035
    return np.where(refugee, journey, usual) + np.where(late, rng.integers(20, 130, count), 0)


def _never_received(rng: np.random.Generator, places: YearOfPlaces, new_year: int, first_number: int) -> Events:
    """Assignments that were cancelled and not replaced, within what kommuntal leaves; 2017's cut let many lapse."""
    left = np.maximum(places.kommuntal_persons - places.received_persons, 0)
    municipality, size = _cut_into_households(rng, (left * 0.6).astype(np.int64))
    number = first_number + np.arange(len(size))
    day = new_year + rng.integers(20, 340, len(size))
    cancelled = day + rng.integers(10, 90, len(size))
    reason = rng.choice(len(REASONS), len(size), p=REASON_SHARES)
    if places.quota_year == 2017:
        lapses = rng.random(len(size)) < 0.4
        day = np.where(lapses, new_year + rng.integers(15, 60, len(size)), day)
        cancelled = np.where(lapses, _day(date(2017, 3, 9)) + rng.integers(0, 20, len(size)), cancelled)
        reason = np.where(lapses, REASONS.index("lapsed"), reason)
    refugee = np.zeros(len(size), bool)
    assigned = _assigned(day, number, municipality, size, refugee, np.full(len(size), NONE))
    return Events.together([assigned, Events.of(CANCELLED, cancelled, number, reason=reason)])


def _approvals(rng: np.random.Generator, places: YearOfPlaces, events: Events) -> Events:
    """Approvals for most assignments of months that hold more than an even share."""
    new = np.flatnonzero((events.kind == ASSIGNED) & (events.replaces == NONE))
    month = events.day[new].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    _, month_of, where = np.unique(events.municipality[new] * 10_000 + month, return_index=True, return_inverse=True)
    month_persons = np.bincount(where, weights=events.persons[new])
    share = places.kommuntal_persons[events.municipality[new[month_of]]] // 12
    is_over = (month_persons > share) & (rng.random(len(share)) < APPROVED_SHARE)
    over = new[is_over[where]]
    day = events.day[over] - rng.integers(0, 6, len(over))
    return Events.of(
        APPROVED, day, events.assignment[over], reason=rng.choice(len(APPROVAL_REASONS), len(over), p=(0.25, 0.45, 0.3))
    )


def log_frame(events: Events, places: YearOfPlaces, prefix: str) -> pl.DataFrame:
    """The events as rows of the assignment log, in the order of their days, with ids that begin with `prefix`."""
    of_assignment = np.argsort(np.unique(events.assignment, return_index=True)[1])
    ranks = np.empty_like(of_assignment)
    ranks[of_assignment] = np.arange(len(of_assignment))
    numbers = np.unique(events.assignment)

    def pseudonym(values: Ints) -> pl.Series:
        position = np.clip(np.searchsorted(numbers, values), 0, len(numbers) - 1)
        ids = pl.Series(ranks[position] + 1).cast(pl.String).str.zfill(6)
        return pl.select(pl.when(pl.Series(values != NONE)).then(pl.lit(f"{prefix}-A") + ids)).to_series()

    def word(words: tuple[str, ...], values: Ints) -> pl.Series:
        return pl.Series(np.array(words)[np.clip(values, 0, len(words) - 1)])

    def dates(values: Ints) -> pl.Series:
        days = pl.Series(values).cast(pl.Int32).cast(pl.Date)
        return pl.select(pl.when(pl.Series(values != NONE)).then(days)).to_series()

    is_assigned = pl.Series(events.kind == ASSIGNED)
    is_cancelled = pl.Series(events.kind == CANCELLED)
    is_approved = pl.Series(events.kind == APPROVED)
    day = dates(events.day)
    order = np.lexsort((events.kind, events.assignment, events.day))
    frame = pl.select(
        event_type=word(EVENT_TYPES, events.kind),
        event_date=day,
        assignment_id=pseudonym(events.assignment),
        recorded_at=day.cast(pl.Datetime("us")) + pl.duration(hours=30),
        municipality_code=pl.when(is_assigned).then(
            pl.Series(places.municipality_codes[np.clip(events.municipality, 0, None)])
        ),
        persons=pl.when(pl.Series(events.persons != NONE)).then(pl.Series(events.persons)),
        category=pl.when(is_assigned).then(
            pl.when(pl.Series(events.quota_refugee))
            .then(pl.lit("quota_refugee"))
            .otherwise(pl.lit("accommodation_centre"))
        ),
        reception_deadline_date=dates(events.deadline),
        replaces=pseudonym(events.replaces),
        reason=pl.when(is_cancelled)
        .then(word(REASONS, events.reason))
        .when(is_approved)
        .then(word(APPROVAL_REASONS, events.reason)),
    )[order]
    ids = pl.Series(np.arange(1, len(frame) + 1)).cast(pl.String).str.zfill(7)
    return frame.with_columns(event_id=pl.lit(f"{prefix}-E") + ids).select(ASSIGNMENT_LOG.column_names)
