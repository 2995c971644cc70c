"""Simulated deliveries, called so in file names and ids: what no public source holds, made plausible and repeatable.

The model works on whole arrays. Households are cut from the persons that a municipality receives; some of them take
the places of an assignment that was cancelled before, once or several times, in the same or another constellation.
Facts behind the shares: S2 (2017's cut let assignments lapse), S2a (almost half are children), S55 (autumn 2017),
S63 and S68 (quota refugees come late in the year), S71 (reception within two months); see data/SOURCES.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from dagster_project.ingest.feeds import ASSIGNMENT_LOG, QUOTA_DECISIONS
from dagster_project.settings import MUNICIPALITIES_FILE, REFERENCE, ROOT

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REAL_DECISIONS = ROOT / "data" / "landing" / "quota_decisions"
CLOSING_TABLE_2018 = REFERENCE / "received_on_assignment_2018.csv"
SHIPPED_UNTIL = date(2026, 10, 31)

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


# Chains over several new years, for benchmarks.
LONG_CHAINS = Model(replaced_share=0.05, longest_chain=5, further_replacement_share=0.5, days_to_replacement=(20, 330))


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


def _apportioned(county_totals: dict[str, int], weights: pl.DataFrame) -> pl.DataFrame:
    """Each county's persons over its municipalities in proportion to `weight`, by largest remainder."""
    return (
        weights.filter(pl.col("county_code").is_in(list(county_totals)))
        .with_columns(total=pl.col("county_code").replace_strict(county_totals, return_dtype=pl.Int64))
        .with_columns(share=pl.col("total") * pl.col("weight"), weights=pl.col("weight").sum().over("county_code"))
        .with_columns(floor=pl.col("share") // pl.col("weights"), rest=pl.col("share") % pl.col("weights"))
        .sort("county_code", "rest", "municipality_code", descending=[False, True, False])
        .with_columns(
            persons=pl.col("floor")
            + (
                pl.int_range(pl.len()).over("county_code")
                < (pl.col("total") - pl.col("floor").sum().over("county_code"))
            ).cast(pl.Int64)
        )
        .sort("municipality_code")
        .select("municipality_code", "persons")
    )


def _real(level: str, quota_year: int) -> pl.DataFrame:
    return pl.read_csv(REAL_DECISIONS / f"{level}-{quota_year}-real.csv", infer_schema=False).with_columns(
        pl.col("persons").cast(pl.Int64)
    )


def _real_kommuntal_2018() -> pl.DataFrame:
    """municipality_code, county_code, weight: the real kommuntal of 2018."""
    register = pl.read_csv(MUNICIPALITIES_FILE, infer_schema=False)
    kommuntal = _real("kommuntal", 2018).select(municipality_code="area_code", weight="persons")
    return register.select("municipality_code", "county_code").join(kommuntal, on="municipality_code")


@dataclass(frozen=True)
class _SimulatedKommuntal:
    """Kommuntal that no complete source holds: apportioned from the real länstal in force on one day."""

    quota_year: int
    lanstal_in_force: str
    decision_id: str
    decided_date: str
    in_force_date: str


SIMULATED_KOMMUNTAL = (
    _SimulatedKommuntal(2017, "2017-01-01", "Simulated kommuntal 2017", "2016-11-15", "2017-01-01"),
    _SimulatedKommuntal(2017, "2017-03-09", "Simulated kommuntal 2017, revised", "2017-03-07", "2017-03-09"),
    _SimulatedKommuntal(2025, "2025-01-01", "Simulated kommuntal 2025", "2024-11-14", "2025-01-01"),
    _SimulatedKommuntal(2026, "2026-01-01", "Simulated kommuntal 2026", "2025-11-13", "2026-01-01"),
)


def simulated_kommuntal(decision: _SimulatedKommuntal) -> pl.DataFrame:
    """Rows of feed quota_decisions: the county's real länstal apportioned by its municipalities' kommuntal of 2018."""
    lanstal = _real("lanstal", decision.quota_year).filter(pl.col("in_force_date") == decision.lanstal_in_force)
    totals = dict(zip(lanstal["area_code"], lanstal["persons"], strict=True))
    return _apportioned(totals, _real_kommuntal_2018()).select(
        decision_id=pl.lit(decision.decision_id),
        level=pl.lit("kommuntal"),
        quota_year=pl.lit(decision.quota_year),
        area_code="municipality_code",
        persons="persons",
        decided_date=pl.lit(decision.decided_date),
        in_force_date=pl.lit(decision.in_force_date),
    )


def _shipped_places(rng: np.random.Generator) -> Iterator[YearOfPlaces]:
    for quota_year in (2017, 2018, 2025, 2026):
        if quota_year == 2018:
            table = pl.read_csv(CLOSING_TABLE_2018, schema_overrides={"municipality_code": pl.String})
            received = table["received_persons"].to_numpy()
            codes, kommuntal = table["municipality_code"].to_numpy(), table["kommuntal_persons"].to_numpy()
        else:
            decision = [each for each in SIMULATED_KOMMUNTAL if each.quota_year == quota_year][-1]
            decided = simulated_kommuntal(decision)
            codes, kommuntal = decided["area_code"].to_numpy(), decided["persons"].to_numpy()
            # As in 2018: most municipalities reach their kommuntal, the others come close.
            reached = np.where(rng.random(len(kommuntal)) < 0.62, 1.0, rng.uniform(0.84, 0.99, len(kommuntal)))
            received = np.round(kommuntal * reached).astype(np.int64)
        yield YearOfPlaces(quota_year, codes.astype(np.str_), kommuntal.astype(np.int64), received.astype(np.int64))


def shipped_log(seed: int) -> pl.DataFrame:
    """The shipped assignment log: quota years 2017, 2018, 2025 and 2026 until the day on which the shipped data end."""
    rng = np.random.default_rng(seed)
    years = [
        log_frame(simulate_year(rng, places, Model()), places, f"SIM{places.quota_year}")
        for places in _shipped_places(rng)
    ]
    log = pl.concat(years).filter(pl.col("event_date") <= SHIPPED_UNTIL)
    log = log.join(log.filter(event_type="assigned"), on="assignment_id", how="semi")  # no approval of what is to come
    return pl.concat([log, _odd_events(log)]).sort("event_date", "event_id", maintain_order=True)


def _odd_events(log: pl.DataFrame) -> pl.DataFrame:
    """A few events of the kinds that a real log holds by mistake, so that every user sees how they are handled."""
    autumn = log.filter(pl.col("event_date") >= date(2026, 3, 1))
    received = autumn.filter(event_type="received").head(4)
    cancelled = autumn.filter(event_type="cancelled").head(3)
    assigned = autumn.filter(pl.col("event_type") == "assigned", pl.col("replaces").is_null()).head(4)
    week = pl.duration(days=7)
    odd = [
        received[:2].with_columns(event_date=pl.col("event_date") + week),  # received twice
        cancelled[:1].with_columns(event_type=pl.lit("received"), event_date=pl.col("event_date") + week, reason=None),
        received[2:3].with_columns(
            event_type=pl.lit("cancelled"), event_date=pl.col("event_date") - 400 * pl.duration(days=1)
        ),
        assigned[:1].with_columns(event_date=pl.col("event_date") + week),  # assigned twice
        cancelled[1:3].with_columns(
            assignment_id=pl.lit("SIM2026-A999") + pl.col("assignment_id").str.tail(3)
        ),  # orphans
        assigned[1:2].with_columns(
            assignment_id=pl.lit("SIM2026-A999901"), replaces=pl.lit("SIM2026-A999902"), persons=pl.lit(2, pl.Int64)
        ),
    ]
    rows = pl.concat([each.select(log.columns).cast(log.schema) for each in odd])
    ids = pl.Series(np.arange(1, len(rows) + 1)).cast(pl.String).str.zfill(3)
    return rows.with_columns(event_id=pl.lit("SIM2026-ODD") + ids)


def _corrections(log: pl.DataFrame) -> pl.DataFrame:
    """A later delivery: receptions whose number was mended, one event that never happened, and a repeated day."""
    summer = log.filter(pl.col("event_date").is_between(date(2026, 7, 1), date(2026, 7, 31)))
    later = pl.lit(date(2026, 8, 14)).cast(pl.Datetime("us"))
    mended = summer.filter(event_type="received")[:3].with_columns(persons=pl.lit(3, pl.Int64), recorded_at=later)
    retracted = summer.filter(event_type="over_plan_approved")[:1].with_columns(
        event_type=pl.lit("retracted"), recorded_at=later
    )
    return pl.concat([mended, retracted, summer.tail(20)])


def write_shipped(folder: Path, seed: int) -> None:
    """Write the simulated part of the shipped deliveries into `folder`, one folder per feed."""
    decisions = _made(folder / QUOTA_DECISIONS.name)
    for decision in SIMULATED_KOMMUNTAL:
        name = decision.decision_id.removeprefix("Simulated ").replace(", ", "-").replace(" ", "-")
        simulated_kommuntal(decision).write_csv(decisions / f"{name}-simulated.csv")
    log = shipped_log(seed)
    into = _made(folder / ASSIGNMENT_LOG.name)
    for year in (2017, 2018, 2019, 2025):
        log.filter(pl.col("event_date").dt.year() == year).write_parquet(into / f"{year}-simulated.parquet")
    for month in range(1, SHIPPED_UNTIL.month + 1):
        rows = log.filter(pl.col("event_date").dt.year() == 2026, pl.col("event_date").dt.month() == month)
        _write_csv(rows, into / f"2026-{month:02d}-simulated.csv")
    _write_csv(_corrections(log), into / "2026-08-corrections-simulated.csv")


def _write_csv(rows: pl.DataFrame, path: Path) -> None:
    rows.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_large_log(folder: Path, events: int, seed: int) -> None:
    """Write about `events` events over five quota years as monthly Parquet deliveries, with decisions to match.

    Some rows come twice and some are corrected in a later delivery. No more than one quota year is held in memory.
    """
    rng = np.random.default_rng(seed)
    weights = _real_kommuntal_2018()
    per_year = events / 5 / 1.17  # events per person received, as the model turns out
    kommuntal = np.round(weights["weight"].to_numpy() * (per_year / int(weights["weight"].sum()))).astype(np.int64)
    codes = weights["municipality_code"].to_numpy().astype(np.str_)
    into = _made(folder / ASSIGNMENT_LOG.name)
    decisions = []
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as parts:
        for quota_year in range(2021, 2026):
            places = YearOfPlaces(quota_year, codes, kommuntal, np.round(kommuntal * 0.97).astype(np.int64))
            log = log_frame(simulate_year(rng, places, LONG_CHAINS), places, f"SIM{quota_year}")
            for (month,), rows in log.group_by(pl.col("event_date").dt.truncate("1mo"), maintain_order=True):
                rows.write_parquet(_made(Path(parts) / f"{month:%Y-%m}") / f"{quota_year}.parquet")
            decisions.append(_large_decisions(weights, kommuntal, quota_year))
        pl.concat(decisions).write_csv(_made(folder / QUOTA_DECISIONS.name) / "simulated.csv")
        for part in sorted(Path(parts).iterdir()):
            delivered = pl.read_parquet(part / "*.parquet")
            again = delivered.sample(fraction=0.01, seed=seed)
            mended = again.with_columns(recorded_at=pl.col("recorded_at") + pl.duration(days=3))[::2]
            pl.concat([delivered, again[1::2], mended]).write_parquet(into / f"{part.name}-simulated.parquet")


def _large_decisions(weights: pl.DataFrame, kommuntal: Ints, quota_year: int) -> pl.DataFrame:
    municipal = weights.select(area_code="municipality_code", county_code="county_code", persons=pl.Series(kommuntal))
    county = municipal.group_by("county_code").agg(pl.col("persons").sum()).sort("county_code")
    both = [
        municipal.select(level=pl.lit("kommuntal"), area_code="area_code", persons="persons"),
        county.select(level=pl.lit("lanstal"), area_code="county_code", persons="persons"),
    ]
    return pl.concat(both).select(
        decision_id=pl.lit(f"Simulated {quota_year}"),
        level="level",
        quota_year=pl.lit(quota_year),
        area_code="area_code",
        persons="persons",
        decided_date=pl.lit(f"{quota_year - 1}-11-15"),
        in_force_date=pl.lit(f"{quota_year}-01-01"),
    )
