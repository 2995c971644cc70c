"""From a quota year's kommuntal to the events of its households; docs/simulation.md describes the model.

Days count from 1 January of the quota year. Households have municipality (its place in the register), persons, day of
assignment and category; a number is an assignment's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.random import Generator

from dagster_project.ingest.feeds import ASSIGNMENT_LOG
from dagster_project.simulate.decisions import CODES, COUNTIES
from dagster_project.simulate.traits import HOUSEHOLD_SIZES, SIZE_SHARES, Floats, Ints, Traits

CENTRE, REFUGEE, PROTECTED = "accommodation_centre", "quota_refugee", "temporary_protection"
NOBODY, LARGEST_HOUSEHOLD = -1, 9
# What has no source is chosen. No count of cancellations or dialogues by reason was found.
CANCELLED_WHY = {"declined": 0.16, "not_used": 0.16, "moved_on_own": 0.36, "household_changed": 0.20, "other": 0.12}
MISSED_WHY = {"declined": 0.14, "not_used": 0.10, "moved_on_own": 0.36, "lapsed": 0.36, "other": 0.04}
OVER_PLAN_WHY = {"specialist_care": 0.25, "relatives": 0.45, "other": 0.30}
# Days from assignment to reception, Gamma (shape, scale): fitted to the checkpoints of 2017 and 2018 (S55, S38); with
# temporary protection people already live in the municipality (S82).
LAG, PROTECTED_LAG, SHORTEST_LAG = (3.2, 14.0), (2.5, 6.0), 4
# Quota refugees are assigned late in the year and travel bunched in October–December (S63, S68): days of the year, how
# much likelier than on average they are before autumn and in it, days from assignment to journey and on to deadline.
AUTUMN, JOURNEYS, BY_SEASON, JOURNEY_LEAD, AFTER_JOURNEY = 195, (275, 350), (0.45, 1.75), (28, 75), 14
# The last of February after the quota year (S55), and how many days before it places stop changing hands.
CLOSING, TO_FILL = 423, 82
# When assignments that the cut of 2017 lets lapse were made; and 9 March, its first day (S2), and three weeks on.
LAPSING, CUT = (3, 62), (67, 89)
# Some of those who are missed are never assigned, some cancelled early; the rest wait, and give up late in the year.
NEVER_ASSIGNED, CANCELLED_EARLY, GIVING_UP = 0.05, 0.08, (330, 424)
# Of requests for over-plan (the rest are never answered), and of over-plan that nobody asked for; the log of the first
# year holds approvals only, as in contract 1.
APPROVED_SHARE, DECLINED_SHARE, NEVER_ASKED, REQUESTS_SINCE = 0.86, 0.11, 0.04, 2018
SIZE_DIFFERS, MISRECORDED = 0.03, 0.015  # of receptions: not the assigned number; a number corrected weeks later
# Days until an outcome is recorded, log-normal (median, sigma) and capped; sooner where the place is filled.
RECORDING, RECORDING_CAP, KNOWN_WHEN_REPLACED = (1.6, 1.25), 120.0, 10


@dataclass(frozen=True)
class Model:
    """How often assignments are cancelled and replaced, and how long that takes (in days); chosen."""

    replaced_share: float = 0.08
    longest_chain: int = 3
    further_replacement_share: float = 0.2
    two_replaced_share: float = 0.15
    days_to_cancellation: tuple[int, int] = (6, 55)
    days_to_replacement: tuple[int, int] = (1, 14)
    closing: int = CLOSING


@dataclass(frozen=True)
class QuotaYear:
    """What one quota year is simulated from; arrays have one value per municipality of the register, in persons."""

    quota_year: int
    first_kommuntal: Ints
    kommuntal: Ints
    missed: Ints  # of kommuntal, never received
    lapsed: Ints  # beyond kommuntal, by a cut
    pace: Floats  # shortens the year for a municipality
    supply: tuple[float, ...]  # weights of the months
    refugee_share: float
    protected_share: float = 0.0
    begun: int = 0  # months that are planned by first_kommuntal, before a change


def _cut_into_households(rng: Generator, persons: Ints) -> pl.DataFrame:
    """Every municipality's persons as households, no one left over."""
    total = int(persons.sum())
    drawn = rng.choice(HOUSEHOLD_SIZES, size=total, p=SIZE_SHARES).cumsum()
    borders = np.union1d(drawn[drawn < total], persons.cumsum())
    borders = borders[borders > 0]
    municipality = np.repeat(np.arange(len(persons)), persons)[borders - 1]
    return pl.DataFrame({"municipality": municipality, "persons": np.diff(borders, prepend=0)})


def _planned_until(year: QuotaYear) -> Ints:
    """Persons planned until the end of each month by rule R4, without wishes: municipality × 13, from 0 on."""
    _, county, sizes = np.unique(COUNTIES, return_inverse=True, return_counts=True)
    rank = np.arange(len(county)) - (sizes.cumsum() - sizes)[county]
    halves, offset, months, begun = 2 * sizes[county][:, None], (2 * rank + 1)[:, None], np.arange(13), year.begun
    before = (year.first_kommuntal[:, None] * months * halves + offset * 12) // (halves * 12)
    left = np.maximum(year.kommuntal - before[:, begun], 0)[:, None]
    after = (left * (months - begun) * halves + offset * (12 - begun)) // (halves * (12 - begun))
    return np.asarray(np.where(months < begun, before, before[:, begun, None] + after))


def _first_assigned(rng: Generator, year: QuotaYear, households: pl.DataFrame, place: Floats) -> pl.DataFrame:
    """Households with category and the day on which their place (the persons before them) is due and supplied."""
    municipality, count = households["municipality"].to_numpy(), len(place)
    # The plan says in which month a place is due; waves of supply, the municipality's pace and chance move the day.
    due = (_planned_until(year)[municipality, 1:] <= place[:, None]).sum(axis=1) + rng.random(count)
    supplied = 12 * np.concatenate([[0], np.cumsum(year.supply)]) / np.sum(year.supply)
    day = np.interp(due * year.pace[municipality], supplied, np.linspace(0, 363, 13)) + rng.normal(0, 5, count)
    refugees = np.where(day < AUTUMN, *BY_SEASON) * year.refugee_share / (1 - year.protected_share)
    category = (rng.random(count) < refugees) + 2 * (rng.random(count) < year.protected_share)
    named = pl.Series((CENTRE, REFUGEE, PROTECTED, PROTECTED)).gather(category)
    return households.with_columns(day=np.clip(day, 0, 363).astype(np.int64), category=named)


def _lag(rng: Generator, last: pl.DataFrame, lateness: Floats) -> Ints:
    """Days from the last assignment to reception."""
    day, count = last["day"].to_numpy(), len(last)
    protected, lead = (last["category"] == PROTECTED).to_numpy(), rng.integers(*JOURNEY_LEAD, count)
    usual = rng.gamma(np.where(protected, PROTECTED_LAG[0], LAG[0])) * np.where(protected, PROTECTED_LAG[1], LAG[1])
    journey = np.where(day < AUTUMN, lead, np.maximum(lead, rng.integers(*JOURNEYS, count) - day))
    days = np.where(last["category"] == REFUGEE, journey, usual * lateness)
    return np.maximum(days, SHORTEST_LAG).astype(np.int64)


def _assigned(households: pl.DataFrame, number: Ints, journey: Ints | None = None, **replaces: Ints) -> pl.DataFrame:
    """Assigned events; quota refugees have a deadline of their own, some days after their journey."""
    travels = pl.col("day") + JOURNEY_LEAD[1] if journey is None else pl.Series(journey)
    deadline = pl.when(pl.col("category") == REFUGEE).then(travels + AFTER_JOURNEY)
    return households.with_columns(kind=pl.lit("assigned"), number=number, deadline=deadline, **replaces)


def _drawn(rng: Generator, why: Mapping[str, float], count: int) -> pl.Series:
    """Reasons by their shares; null where there are none."""
    return pl.Series([*why, None], dtype=pl.String).gather(rng.choice(len(why) + 1, count, p=[*why.values(), not why]))


def _ended(
    rng: Generator, day: Ints, number: Ints, why: Mapping[str, float], lateness: Floats | float = 1
) -> pl.DataFrame:
    """Receptions, or cancellations where there are reasons why, with the days until they are recorded."""
    delay = np.minimum(rng.lognormal(np.log(RECORDING[0]), RECORDING[1], len(day)) * lateness, RECORDING_CAP)
    ended = pl.DataFrame({"day": day, "number": number, "delay": delay})
    return ended.with_columns(kind=pl.lit("cancelled" if why else "received"), reason=_drawn(rng, why, len(day)))


def _chains(
    rng: Generator, model: Model, places: pl.DataFrame, replaced: Floats
) -> tuple[list[pl.DataFrame], Ints, dict[str, Ints]]:
    """Events of places before their last assignment (numbers from 0), its day, and whom (one or two) it replaces."""
    count, persons, day = len(places), places["persons"].to_numpy(), places["day"].to_numpy().copy()
    shares = [replaced, *[np.full(count, model.further_replacement_share)] * (model.longest_chain - 1)]
    depth = np.cumprod(rng.random((count, model.longest_chain)) < np.stack(shares, axis=1), axis=1).sum(axis=1)
    depth[day >= model.closing - TO_FILL] = 0
    two = (depth > 0) & (replaced < 1) & (persons > 1) & (rng.random(count) < model.two_replaced_share)
    other = np.where(two, rng.integers(1, np.maximum(persons, 2)), 0)
    places = places.with_columns(persons=np.minimum(persons - other, LARGEST_HOUSEHOLD))
    replaces, second, parts = np.full(count, NOBODY), np.full(count, NOBODY), []
    for generation in range(model.longest_chain):
        here = np.flatnonzero((depth > generation) & (day < model.closing - TO_FILL))
        number, left = generation * count + here, day[here] + rng.integers(*model.days_to_cancellation, len(here))
        gone = _ended(rng, left, number, CANCELLED_WHY).with_columns(pl.col("delay").clip(0, KNOWN_WHEN_REPLACED))
        parts += [_assigned(places[here].with_columns(day=day[here]), number, replaces=replaces[here]), gone]
        replaces[here] = number
        known = left + np.ceil(gone["delay"].to_numpy()).astype(np.int64)
        day[here] = known + rng.integers(*model.days_to_replacement, len(here))
    here = np.flatnonzero(two)
    second[here], left = model.longest_chain * count + here, day[here] - rng.integers(1, 6, len(here))
    began = np.clip(left - rng.integers(*model.days_to_cancellation, len(here)), 0, 363)
    parts.append(_assigned(places[here].with_columns(day=began, persons=other[here]), second[here]))
    parts.append(_ended(rng, left, second[here], CANCELLED_WHY, lateness=0))
    return parts, day, {"replaces": replaces, "second": second}


def _received(rng: Generator, year: QuotaYear, traits: Traits, model: Model) -> list[pl.DataFrame]:
    """Households that arrive, and those that were assigned before them to the same places."""
    persons = year.kommuntal - year.missed
    households = _cut_into_households(rng, persons)
    municipality, size, count = households["municipality"].to_numpy(), households["persons"].to_numpy(), len(households)
    # Most places are one household's; those of some cancelled households are filled by two or three.
    begins = (rng.random(count) > 0.4 * model.replaced_share) | (np.diff(municipality, prepend=NOBODY) > 0)
    group, first = begins.cumsum() - 1, np.flatnonzero(begins)
    where, together = municipality[first], np.add.reduceat(size, first)
    place = (size.cumsum() - size)[first] - (persons.cumsum() - persons)[where] + together * rng.random(len(first))
    stretched = place * year.kommuntal[where] / persons[where]
    places = _first_assigned(rng, year, households[first].with_columns(persons=together), stretched)
    replaced = np.where(np.bincount(group) > 1, 1, model.replaced_share * traits.declining[where])
    parts, day, replaces = _chains(rng, model, places, replaced)
    last = households.with_columns(places["category"].gather(group), day=day[group])
    arrival = day[group] + _lag(rng, last, traits.lateness[municipality])
    arrival = np.minimum(arrival, model.closing - rng.integers(0, 15, count)).clip(day[group] + 1)
    number, other = (model.longest_chain + 1) * len(first) + np.arange(count), size + np.where(size == 1, 1, -1)
    differs, wrong = rng.random(count) < SIZE_DIFFERS, rng.random(count) < MISRECORDED
    told = {"persons": np.where(differs | wrong, size, NOBODY), "at_first": np.where(wrong, other, NOBODY)}
    came = _ended(rng, arrival, number, {}, traits.lateness[municipality]).with_columns(**told)
    assigned = last.with_columns(persons=np.where(differs, other, size))
    return [*parts, _assigned(assigned, number, arrival, **{name: ids[group] for name, ids in replaces.items()}), came]


def _not_received(rng: Generator, year: QuotaYear, free: int) -> list[pl.DataFrame]:
    """Households that are cancelled without anyone taking their places, or lapse; numbers begin at `free`."""
    missed, lapsed = (_cut_into_households(rng, persons) for persons in (year.missed, year.lapsed))
    count, number, fate = len(missed), free + np.arange(len(missed) + len(lapsed)), rng.random(len(missed))
    place = np.sqrt(rng.random(count)) * year.kommuntal[missed["municipality"].to_numpy()]
    missed = _first_assigned(rng, year, missed, place)
    gives_up = np.maximum(missed["day"] + rng.integers(60, 150, count), rng.integers(*GIVING_UP, count))
    early = fate < NEVER_ASSIGNED + CANCELLED_EARLY
    left = np.where(early, missed["day"] + rng.integers(6, 90, count), np.minimum(gives_up, CLOSING))
    lapsed = lapsed.with_columns(day=rng.integers(*LAPSING, len(lapsed)), category=pl.lit(CENTRE))
    cut = _ended(rng, rng.integers(*CUT, len(lapsed)), number[count:], {"lapsed": 1})
    gone = pl.concat([_ended(rng, left, number[:count], MISSED_WHY), cut])
    is_assigned = np.concatenate([fate >= NEVER_ASSIGNED, np.full(len(lapsed), True)])
    return [part.filter(is_assigned) for part in (_assigned(pl.concat([missed, lapsed]), number), gone)]


def _dialogues(rng: Generator, year: QuotaYear, assigned: pl.DataFrame, free: int) -> list[pl.DataFrame]:
    """Requests and answers for assignments beyond the month's plan; what is declined is never assigned."""
    new = assigned.filter(pl.col("replaces").fill_null(NOBODY) == NOBODY).sort("municipality", "day", "number")
    month = (pl.lit(date(year.quota_year, 1, 1)) + pl.duration(days="day")).dt.month()
    new = new.with_columns(due=pl.col("municipality") * 12 + month - 1)
    planned = np.diff(_planned_until(year)).ravel()[new["due"].to_numpy()]
    over = new.filter(pl.col("persons").cum_sum().over("due") > pl.Series(planned))
    over = over.filter(rng.random(len(over)) >= NEVER_ASKED)
    approved, more = len(over), int(len(over) * (1 / APPROVED_SHARE - 1))  # those not approved are like those that are
    like = over[rng.integers(0, max(approved, 1), more)].with_columns(number=free + np.arange(more))
    about = pl.concat([over, like]).select("number", "municipality", "persons", "day")
    about = about.with_columns(kind=pl.lit("over_plan_requested"), reason=_drawn(rng, OVER_PLAN_WHY, len(about)))
    answered = about["day"] - rng.integers(0, 6, len(about))
    answers = about.select("number", "reason", day=answered.clip(0), kind=pl.lit("over_plan_approved"))
    asked = about.with_columns(day=(answered - rng.integers(1, 10, len(about))).clip(0))
    declined = answers[approved : approved + int(more * DECLINED_SHARE / (1 - APPROVED_SHARE))].drop("reason")
    declined = declined.with_columns(kind=pl.lit("over_plan_declined"))
    return [answers[:approved], *([asked, declined] if year.quota_year >= REQUESTS_SINCE else [])]


def simulate_year(rng: Generator, year: QuotaYear, traits: Traits, model: Model) -> pl.DataFrame:
    """All events of one quota year's assignments: kind, day, number, recorded (in seconds), and where they apply

    municipality, persons, at_first (as first recorded), category, deadline, replaces, second (replaced too), reason.
    """
    free = (model.longest_chain + 2) * int(year.kommuntal.sum())
    parts = _received(rng, year, traits, model) + _not_received(rng, year, free)
    assigned = pl.concat([part for part in parts if "category" in part.columns], how="diagonal_relaxed")
    parts += _dialogues(rng, year, assigned, free + int((year.missed + year.lapsed).sum()))
    events = pl.concat(parts, how="diagonal_relaxed")
    # What the agency does itself is recorded the same day or the next; all of it in office hours.
    waits = pl.col("delay").fill_null(pl.Series(rng.random(len(events)) / 0.85)).cast(pl.Int64)
    return events.with_columns(recorded=(pl.col("day") + waits) * 86_400 + rng.integers(28_800, 61_200, len(events)))


def log_rows(rng: Generator, events: pl.DataFrame, year: QuotaYear) -> pl.DataFrame:
    """The events as rows of the assignment log, in the order of recording; corrections are rows with the same id."""
    given = [pl.when(pl.col(name) != NOBODY).then(name) for name in ("replaces", "second", "persons", "at_first")]
    events = events.sort("recorded", "number", "kind").with_columns(given)
    ranks = events.select(pl.col("number").unique(maintain_order=True)).with_row_index("rank", 1)
    ids = ranks.select("number", id=f"SIM{year.quota_year}-A" + pl.col("rank").cast(pl.String).str.zfill(6))
    for column in ("number", "replaces", "second"):
        named = ids.rename({"number": column, "id": f"{column}_id"})
        events = events.join(named, column, "left", maintain_order="left")
    new_year = pl.lit(date(year.quota_year, 1, 1))
    rows = (
        events.rename({"kind": "event_type", "number_id": "assignment_id"})
        .with_columns(
            event_id=f"SIM{year.quota_year}-E" + pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7),
            event_date=new_year + pl.duration(days="day"),
            recorded_at=new_year.cast(pl.Datetime("us")) + pl.duration(seconds="recorded"),
            municipality_code=pl.Series(CODES).gather(events["municipality"]),
            persons=pl.coalesce("at_first", "persons"),
            reception_deadline_date=new_year + pl.duration(days="deadline"),
            replaces=pl.concat_str("replaces_id", "second_id", separator=";", ignore_nulls=True).replace("", None),
        )
        .select(ASSIGNMENT_LOG.column_names)
    )
    later = pl.col("recorded_at") + pl.duration(days=pl.lit(pl.Series(rng.integers(8, 70, len(rows)))))
    corrected = rows.with_columns(persons=events["persons"], recorded_at=later).filter(events["at_first"].is_not_null())
    return pl.concat([rows, corrected])
