"""Random landing folders that reach every branch of the contract, the same for the same seed.

The seed also steers the kind of world: odd ones are tense (county totals below länstal, kommuntal below zero); those
with the second bit set hold bad rows of every kind, of the others every third none and the rest as many as the limit
allows; seven kinds of as-of date take turns, and five of known-at moments, of which two are none; the log spans all
quota years, or two of them. A redistribution or wish is never decided before it was requested. The rows of one request
agree with each other, but they are not all known at the same time.
"""

import csv
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import worlds_log
import worlds_rows
from worlds_rows import BadRows


@dataclass(frozen=True)
class Size:
    counties: int = 4
    quota_years: int = 4
    redistributions: int = 38
    change_requests: int = 40
    assignments: int = 180


SMALL = Size(counties=3, quota_years=3, redistributions=19, change_requests=22, assignments=60)
DEFAULT = Size()
LARGE = Size(counties=6, redistributions=76, change_requests=80, assignments=420)

ONE_MUNICIPALITY_COUNTY = "09"


@dataclass
class Slot:
    """One municipality and quota year: its kommuntal decisions as (persons, in force)."""

    municipality: str
    county: str
    quota_year: int
    decisions: list[tuple[int, date]] = field(default_factory=list)

    @property
    def first_in_force(self) -> date:
        return min((day for _, day in self.decisions), default=date(self.quota_year, 1, 1))

    @property
    def least_persons(self) -> int:
        return min((persons for persons, _ in self.decisions), default=0)


@dataclass
class World:
    rng: Random
    size: Size
    tense: bool
    bad_rows: BadRows
    counties: dict[str, list[str]]
    quota_years: list[int]
    slots: list[Slot] = field(default_factory=list)
    log_years: list[int] = field(default_factory=list)
    dates: list[list[date]] = field(default_factory=list)
    last_event_date: date = date.min

    def day_in(self, year: int, first_month: int = 1, last_month: int = 12) -> date:
        first, last = date(year, first_month, 1), date(year + last_month // 12, last_month % 12 + 1, 1)
        return first + timedelta(days=self.rng.randrange((last - first).days))


def some_counties(rng: Random, register: list[dict[str, str]], count: int) -> dict[str, list[str]]:
    """The one-municipality county and others, of which at most one is large."""
    members: dict[str, list[str]] = {}
    for row in register:
        members.setdefault(row["county_code"], []).append(row["municipality_code"])
    others = sorted(code for code in members if code != ONE_MUNICIPALITY_COUNTY)
    small = [code for code in others if len(members[code]) < 15]
    chosen = [ONE_MUNICIPALITY_COUNTY, *rng.sample(small, count - 2)]
    chosen.append(rng.choice([code for code in others if code not in chosen]))
    return {code: sorted(members[code]) for code in sorted(chosen)}


# --- Länstal and kommuntal -------------------------------------------------------------------------------------------

Dates = list[tuple[date | None, date | None]]


def decision_cases(world: World, year: int) -> dict[str, Dates]:
    """Dates of decisions as (decided, in force), None where the file leaves the cell blank."""
    autumn, new_year = date(year - 1, 11, 14), date(year, 1, 1)
    day, later = sorted(world.rng.sample(range(1, 28), 2))
    month = world.rng.randrange(2, 11)
    middle, first, retroactive = date(year, month, day + 1), date(year, month + 1, 1), date(year, month + 2, 5)
    plain = (autumn, new_year)
    return {
        "plain": [plain],
        "early in force": [(autumn, date(year - 1, 11, 3))],
        "no in force date": [(autumn, None)],
        "no in force date, decided within the year": [(middle, None)],
        "no decided date": [(None, new_year)],
        "no decided date, early in force": [(None, date(year - 1, 10, 20))],
        "no dates": [(None, None)],
        "from the first of a month": [(middle, first)],
        "from the middle of a month": [(date(year, month, day), middle)],
        "from the first of December": [(middle, date(year, 12, 1))],
        "from within December": [(middle, date(year, 12, day + 1))],
        "from the last day": [(None, date(year, 12, 31))],
        "retroactive": [plain, (retroactive, middle)],
        "revised": [plain, (middle, first)],
        "revised in December": [plain, (date(year, 12, day), date(year, 12, later + 1))],
        "revised twice": [plain, (middle, None), (retroactive, date(year, 12, 1))],
        "overtaken": [plain, (date(year, month, day), date(year, 12, 1)), (middle, first)],
        "one date, two decided dates": [plain, (date(year, month, day), first), (middle, first)],
        "one date, two ids": [plain, (middle, first), (middle, first)],
        "two ids from the start": [plain, plain],
        "far ahead": [(date(year - 2, 6, 1), new_year), (date(year - 2, 7, 1), first)],
        "none": [],
    }


def kommuntal_number(rng: Random) -> int:
    size = rng.choices([0, 12, 60, 400, 9_000, 400_000], [10, 30, 30, 20, 8, 2])[0]
    return rng.randint(size // 3, size)


def kommuntal_decisions(world: World, silent: tuple[str, int]) -> list[dict[str, str]]:
    """Every case of `decision_cases` in turn; the silent county-year has no kommuntal."""
    rows, names = [], list(decision_cases(world, world.quota_years[0]))
    turn = 0
    for year in world.quota_years:
        for county, municipalities in world.counties.items():
            for municipality in municipalities:
                slot = Slot(municipality, county, year)
                world.slots.append(slot)
                turn += 1
                if turn % len(names) == 0:
                    world.rng.shuffle(names)
                name = names[turn % len(names)] if world.rng.random() < 0.6 else "plain"
                cases = [] if (county, year) == silent else decision_cases(world, year)[name]
                numbers = world.rng.sample(range(8, 13), len(cases))
                for number, (decided, in_force) in zip(numbers, cases, strict=True):
                    persons = kommuntal_number(world.rng)
                    effective = max(in_force or decided or date(year, 1, 1), date(year, 1, 1))
                    slot.decisions.append((persons, effective))
                    rows.append(decision_row(f"LST-{county}-{number}", "kommuntal", slot, persons, decided, in_force))
    return rows


def decision_row(
    decision_id: str, level: str, slot: Slot, persons: int, decided: date | None, in_force: date | None
) -> dict[str, str]:
    return {
        "decision_id": decision_id,
        "level": level,
        "quota_year": str(slot.quota_year),
        "area_code": slot.municipality if level == "kommuntal" else slot.county,
        "persons": f"{persons}" if persons % 40 == 7 else f"{persons:02d}",
        "decided_date": str(decided or ""),
        "in_force_date": str(in_force or ""),
    }


def county_totals(slots: list[Slot]) -> list[int]:
    """The county's total at every date where a kommuntal decision takes effect, without redistributions."""
    days = sorted({day for slot in slots for _, day in slot.decisions})
    totals = []
    for day in days:
        begun = [[(in_force, -persons) for persons, in_force in slot.decisions if in_force <= day] for slot in slots]
        totals.append(-sum(max(decisions)[1] for decisions in begun if decisions))
    return totals


def lanstal_decisions(world: World, missing: tuple[str, int]) -> list[dict[str, str]]:
    rows = []
    for year in world.quota_years:
        for county in world.counties:
            slots = [slot for slot in world.slots if (slot.county, slot.quota_year) == (county, year)]
            if (county, year) != missing:
                for number, (persons, decided, in_force) in enumerate(lanstal_case(world, year, slots), start=1):
                    rows.append(
                        decision_row(f"SFS {year - 1}:{number}", "lanstal", slots[0], persons, decided, in_force)
                    )
    return rows


def lanstal_case(world: World, year: int, slots: list[Slot]) -> Sequence[tuple[int, date | None, date | None]]:
    """Calm: a number that the county reaches at any date, sometimes after a mended spell; tense: around its totals."""
    rng, autumn, new_year = world.rng, date(year - 1, 10, 3), date(year, 1, 1)
    totals = county_totals(slots) or [40]
    redistributed = 0 if len(slots) == 1 else 3 * world.size.redistributions
    low = max(0, min(totals) - redistributed)
    if world.tense:
        persons = max(0, rng.choice(totals) + rng.choice([-40, -1, 0, 0, 1, 40]))
        revised = max(0, rng.choice(totals) + rng.choice([-500, -3, 0, 3, 30]))
        later = rng.choice([None, world.day_in(year), date(year, rng.randint(2, 12), 1)])
        board_days = [day for slot in slots for _, day in slot.decisions] or [new_year]
        decided = rng.choice([world.day_in(year, 1, 6), rng.choice(board_days)])
        return [(persons, autumn, rng.choice([new_year, None])), (revised, decided, later)][: rng.randint(1, 2)]
    if rng.random() < 0.15:
        return [(low, autumn, new_year), (max(totals) + 5, date(year, 12, 29), date(year, 12, 30))]
    mended = rng.random() < 0.25 and year == world.quota_years[0]
    first = (max(totals) + 5, autumn, new_year) if mended else (low, rng.choice([None, autumn]), new_year)
    late_first = (low, autumn, date(year, 3, 1)) if rng.random() < 0.15 else first
    return [late_first, (low, date(year, 1, 20), date(year, 3, rng.choice([1, 9])))][
        : 2 if mended else rng.randint(1, 2)
    ]


def quota_proposals(world: World) -> list[dict[str, str]]:
    """None or some a county-year: long before the first decision, on its day, after it, after all of them."""
    rows = []
    for year in world.quota_years:
        days = [date(year - 1, 8, 30), date(year - 1, 10, 3), date(year, 2, 1), date(year, 12, 30)]
        for county in world.counties:
            for number, day in enumerate(world.rng.sample(days, world.rng.randint(0, 2))):
                row = {"proposal_id": f"MIG {year}-{county}-{number}", "quota_year": f"{year}", "area_code": county}
                rows.append({**row, "persons": f"{world.rng.choice([0, 9, 120])}", "proposed_date": f"{day}"})
    return rows


# --- Redistributions -------------------------------------------------------------------------------------------------


def redistributions(world: World) -> list[dict[str, str]]:
    names = list(redistribution_cases(world, world.slots[0]))
    rows = []
    for number in range(world.size.redistributions):
        giver = any_giver(world)
        case = redistribution_cases(world, giver)[names[number % len(names)]]
        rows.append({"agreement_id": f"OMF-{number:03d}", "quota_year": str(giver.quota_year), **case})
    return rows


def any_giver(world: World) -> Slot:
    """Some give often; in a calm world each stays above zero whatever it gives."""
    decided = [slot for slot in world.slots if slot.decisions and len(world.counties[slot.county]) > 1]
    rich = [slot for slot in decided if slot.least_persons >= 3 * world.size.redistributions]
    candidates = decided if world.tense or not rich else rich
    return world.rng.choice(candidates[:6] if world.rng.random() < 0.3 else candidates)


def redistribution_cases(world: World, giver: Slot) -> dict[str, dict[str, str]]:
    rng, year, slots = world.rng, giver.quota_year, world.slots
    neighbours = [slot for slot in slots if (slot.county, slot.quota_year) == (giver.county, year) and slot != giver]
    decided = [slot for slot in neighbours if slot.decisions] or [giver]
    silent = [slot for slot in neighbours if not slot.decisions] or decided
    strangers = [slot for slot in slots if slot.county != giver.county]
    receiver = rng.choice(decided)
    both = max(giver.first_in_force, receiver.first_in_force)
    last_decision = max(day for _, day in giver.decisions + receiver.decisions) if giver.decisions else both
    december, early = date(year, 12, rng.randint(2, 31)), date(year - 1, 12, rng.randint(1, 31))
    first_of_month = date(year, rng.randint(both.month, 12), 1)
    few, many = rng.randint(1, 3), giver.least_persons + rng.randint(1, 9) if world.tense else 1

    def case(
        to: Slot, decision: str, decided: date | None, in_force: date | None, persons: int = few, days_late: int = 0
    ) -> dict[str, str]:
        settled = decided or both
        requested = settled - timedelta(days=rng.randint(5, 40))
        in_time = rng.choice([settled - timedelta(days=2), settled, None])
        reconciled = settled + timedelta(days=days_late) if days_late else in_time
        return {
            "from_municipality_code": giver.municipality,
            "to_municipality_code": to.municipality,
            "persons": str(persons),
            "requested_date": str(requested),
            "reconciled_date": str(reconciled or ""),
            "decision": decision,
            "decided_date": str(decided or ""),
            "in_force_date": str(in_force or ""),
        }

    return {
        "pending": case(receiver, "", None, None),
        "pending, in force after the year": case(receiver, "", None, date(year + 1, 2, 1)),
        "pending, with a decided date": case(receiver, "", both, None),
        "rejected": case(receiver, "rejected", both, december),
        "rejected, in force after the year": case(receiver, "rejected", both, date(year + 1, 2, 1)),
        "other county": case(rng.choice(strangers), "approved", both, None),
        "itself": case(giver, "approved", both, None),
        "without kommuntal": case(rng.choice(silent), "approved", both, december),
        "before kommuntal": case(receiver, "approved", early, None),
        "from both decisions on": case(receiver, "approved", both, both),
        "on the day of the last decision": case(receiver, "approved", last_decision, last_decision),
        "before the last decision": case(receiver, "approved", both, max(both, last_decision - timedelta(days=3))),
        "after the last decision": case(
            receiver, "approved", last_decision, min(december, last_decision.replace(day=28))
        ),
        "within December": case(receiver, "approved", both, max(both, december)),
        "from the first of a month": case(receiver, "approved", early, max(both, first_of_month)),
        "reconciled too late": case(receiver, "approved", both, None, days_late=20),
        "on the day of the decision, decided early": case(receiver, "approved", early, both),
        "more than there is": case(receiver, "approved", both, None, persons=many),
    }


# --- Change requests -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Request:
    slot: Slot
    months: dict[int, int]
    decision: str
    decided: date
    is_redelivered: bool


def change_requests(world: World, moved: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The rows of a first and of a later delivery; the later one decides some that were pending in the first."""
    moves = moves_within_their_year(world, moved)
    names = list(request_cases(world, world.slots[0], moves))
    requests: list[Request] = []
    decided = [slot for slot in world.slots if slot.decisions]
    much_asked = sorted(decided, key=lambda slot: len(slot.decisions))[-5:]
    while len(requests) < world.size.change_requests:
        slot = world.rng.choice(much_asked if world.rng.random() < 0.5 else decided)
        name = names[len(requests) % len(names)]
        requests += request_cases(world, slot, moves)[name]
    first, later = [], []
    for number, request in enumerate(requests, start=7):
        rows = request_rows(f"ONS-{number}", request, is_pending=False)
        if request.is_redelivered:
            first += request_rows(f"ONS-{number}", request, is_pending=True)
            later += rows
        else:
            first += rows
    return first, later


def moves_within_their_year(world: World, moved: list[dict[str, str]]) -> list[tuple[Slot, date]]:
    """Who receives by an approved redistribution, and from when."""
    slots = {(slot.municipality, str(slot.quota_year)): slot for slot in world.slots}
    found = []
    for row in moved:
        day = date.fromisoformat(row["in_force_date"] or row["decided_date"] or f"{row['quota_year']}-01-01")
        if row["decision"] == "approved" and row["quota_year"] == str(day.year) and (day.month, day.day) != (1, 1):
            found.append((slots[row["to_municipality_code"], row["quota_year"]], day))
    return found


def request_rows(request_id: str, request: Request, is_pending: bool) -> list[dict[str, str]]:
    decision = "" if is_pending else request.decision
    return [
        {
            "request_id": request_id,
            "municipality_code": request.slot.municipality,
            "quota_year": str(request.slot.quota_year),
            "plan_month": str(date(request.slot.quota_year, month, 1)),
            "wished_persons": str(persons),
            "requested_date": str(request.decided - timedelta(days=len(request.months) + 3)),
            "decision": decision,
            "decided_date": str(request.decided) if decision else "",
        }
        for month, persons in request.months.items()
    ]


def request_cases(world: World, slot: Slot, moves: list[tuple[Slot, date]]) -> dict[str, list[Request]]:
    rng, year, first = world.rng, slot.quota_year, slot.first_in_force
    some_day, some_month = world.day_in(year), date(year, rng.randint(2, 12), 1)
    before_year, long_before = date(year - 1, 12, 20), date(year - 1, 9, 9)
    modest = {month: rng.randint(0, 2) for month in sorted(rng.sample(range(1, 13), rng.randint(1, 5)))}
    december = {rng.randint(10, 12): 1, 12: rng.randint(0, 1)}
    mixed = {month: rng.choice([0, 1, 2, 5, 20, 700]) for month in sorted(rng.sample(range(1, 13), rng.randint(2, 11)))}
    twelve = {month: rng.choice([0, 1, 2, 5, 20]) for month in range(1, 13)}
    huge = dict.fromkeys(modest, 10 * slot.least_persons + 7)
    silent = rng.choice([one for one in world.slots if not one.decisions])
    mover, move_date = rng.choice(moves or [(slot, first)])

    def wish(months: dict[int, int], decided: date, decision: str = "accepted", one: Slot = slot) -> Request:
        return Request(one, months, decision, decided, is_redelivered=rng.random() < 0.3)

    return {
        "modest, from the start": [wish(modest, first)],
        "modest, long before": [wish(modest, long_before)],
        "before the first decision": [wish(mixed, first - timedelta(days=rng.randint(1, 40)))],
        "two before the year": [wish(mixed, before_year), wish(modest, long_before)],
        "within a month": [wish(mixed, some_day)],
        "from the first of a month": [wish(mixed, some_month)],
        "only later months": [wish(december, date(year, 9, rng.randint(1, 30)))],
        "within December": [wish(december, date(year, 12, rng.randint(2, 31)))],
        "after the year": [wish(mixed, date(year + 1, 1, rng.randint(1, 20)))],
        "twelve months": [wish(twelve, rng.choice([first, some_month]))],
        "twelve zeros": [wish(dict.fromkeys(range(1, 13), 0), rng.choice([first, some_day]))],
        "zeros": [wish(dict.fromkeys(modest, 0), some_month)],
        "zeros to the end": [wish(dict.fromkeys(range(some_month.month, 13), 0), some_month)],
        "above kommuntal": [wish(huge, rng.choice([first, some_month]))],
        "pending": [wish(modest, some_day, decision="")],
        "declined": [wish(modest, some_day, decision="declined")],
        "two on one date": [wish(mixed, some_month), wish({**modest, **december}, some_month)],
        "three overlapping": [wish(mixed, first), wish(modest, some_month), wish(twelve, some_day)],
        "without kommuntal": [wish(modest, some_day, one=silent)],
        "on the day of a revision": [wish(mixed, max(day for _, day in slot.decisions or [(0, first)]))],
        "on the day of a redistribution": [wish(mixed, move_date, one=mover), wish(modest, move_date, one=mover)],
    }


# --- As-of dates, known-at moments and the folder --------------------------------------------------------------------

Rows = list[dict[str, str]]
Feeds = dict[str, dict[str, Rows]]


def as_of_date(world: World, seed: int) -> date:
    first, last = world.quota_years[0], world.quota_years[-1]
    middle = world.rng.choice(world.quota_years[1:])
    near = world.rng.choice([day for day in world.rng.choice(world.dates) if first <= day.year <= last])
    stale, fresh = (world.last_event_date + timedelta(days=days) for days in (8, 7))
    afterwards = [stale, world.day_in(last + 3), fresh, world.day_in(last + 1, 1, 2)]
    kinds: list[Callable[[], date]] = [
        lambda: world.day_in(last, 6, 11),
        lambda: afterwards[seed // len(kinds) % len(afterwards)],
        lambda: date(middle, 12, 31),
        lambda: world.rng.choice([date(middle, 1, 1), date(middle, world.rng.randint(2, 12), 1)]),
        lambda: near + timedelta(days=world.rng.choice([-1, 0, 0, 1])),
        lambda: world.day_in(world.rng.choice(world.quota_years)),
        lambda: [date(first - 1, 12, 31), world.day_in(first - 1, 9, 11)][seed // len(kinds) % 2],
    ]
    return kinds[seed % len(kinds)]()


def moments(feeds: Feeds) -> list[datetime]:
    stamps = {row.get("recorded_at", "") for files in feeds.values() for rows in files.values() for row in rows}
    return sorted(datetime.fromisoformat(text) for text in stamps if text)


def known_at_moment(world: World, seed: int, feeds: Feeds, as_of: date) -> datetime | None:
    """In Stockholm's time: the end of the as-of date, at or a second beside some stamp before it, after it, or none."""
    end_of_day = datetime.combine(as_of, time.max)
    before = [moment for moment in moments(feeds) if moment < end_of_day][-400:] or [end_of_day - timedelta(days=90)]
    kinds = [
        None,
        end_of_day,
        None,
        world.rng.choice(before) + timedelta(seconds=world.rng.choice([-1, 0, 0, 1])),
        datetime.combine(as_of, time(12)) + timedelta(days=world.rng.choice([1, 200])),
    ]
    return kinds[seed % len(kinds)]


def new_world(register: list[dict[str, str]], seed: int, size: Size) -> World:
    rng = Random(seed)
    start = rng.randint(2017, 2026)
    counties = some_counties(rng, register, size.counties)
    bad_rows: BadRows = "every kind" if seed & 2 else "none" if seed % 3 == 0 else "few"
    years = list(range(start, start + size.quota_years))
    log_years = [years, years, years[-2:], years[:2]][seed // 2 % 4]
    return World(rng, size, bool(seed & 1), bad_rows, counties, years, log_years=log_years)


def dates_in(rows: Iterable[dict[str, str]]) -> list[date]:
    columns = (
        "decided_date",
        "in_force_date",
        "requested_date",
        "proposed_date",
        "event_date",
        "reception_deadline_date",
    )
    return sorted(
        {date.fromisoformat(row[column]) for row in rows for column in columns if row.get(column, "")[:2] == "20"}
    )


def parts(rng: Random, rows: list[dict[str, str]], names: list[str]) -> dict[str, list[dict[str, str]]]:
    """The rows in random order, dealt to files."""
    mixed = rng.sample(rows, len(rows))
    return {name: mixed[index :: len(names)] for index, name in enumerate(names)}


def feeds_of(world: World, register: list[dict[str, str]]) -> Feeds:
    """The rows of every file."""
    rng, years = world.rng, world.quota_years
    several = [county for county in world.counties if county != ONE_MUNICIPALITY_COUNTY]
    silent, missing = (rng.choice(several), rng.choice(years[1:])), (rng.choice(several), rng.choice(years))
    kommuntal = kommuntal_decisions(world, silent)
    decisions = kommuntal + lanstal_decisions(world, missing)
    proposed = quota_proposals(world)
    moved = redistributions(world)
    asked, answered = change_requests(world, moved)
    log = worlds_log.deliveries(rng, hot_municipalities(world, register), world.log_years, world.size.assignments)
    events = [row for rows in log.values() for row in rows]
    world.dates = [dates_in(rows) for rows in (decisions, proposed, moved, asked, events)]
    world.last_event_date = max(date.fromisoformat(row["event_date"]) for row in events)

    decision_files = parts(rng, decisions, ["2.csv", "10.csv", rng.choice(["B.csv", "B simulated.csv"])])
    changed = rng.sample(kommuntal, 6)  # some of them back to what they were
    decision_files["a.csv"] = [*decisions[:20], *corrected(rng, changed), *changed[:3]]
    feeds = {
        "quota_decisions": decision_files,
        "quota_proposals": {"p.csv": proposed, "q.csv": [*corrected(rng, proposed[:3]), *proposed[2:5]]},
        "redistributions": {"all.csv": moved, "later.csv": [*corrected(rng, moved[:2]), *moved[2:4]]},
        "change_requests": {"1 asked.csv": asked, "2 answered.csv": [*answered, *asked[:3]]},
    }
    stamped = {
        feed: {name: worlds_rows.stamped(rng, rows) for name, rows in files.items()} for feed, files in feeds.items()
    }
    return {**stamped, "assignment_log": log}


def write_feeds(folder: Path, world: World, feeds: Feeds) -> None:
    """Writes `folder/<feed>/*.csv`."""
    for feed, files in feeds.items():
        for name, rows in files.items():
            records = worlds_rows.delivered(world.rng, feed, rows, world.bad_rows)
            (folder / feed / name).parent.mkdir(parents=True, exist_ok=True)
            write_file(folder / feed / name, records, world.rng)


def write_world(
    folder: Path, register: list[dict[str, str]], seed: int, size: Size = DEFAULT
) -> tuple[date, datetime | None]:
    """Writes a landing folder and returns an as-of date and a known-at moment, in Stockholm's time."""
    world = new_world(register, seed, size)
    feeds = feeds_of(world, register)
    write_feeds(folder, world, feeds)
    as_of = as_of_date(world, seed)
    return as_of, known_at_moment(world, seed, feeds, as_of)


def write_known_at_world(
    folder_early: Path, folder_all: Path, register: list[dict[str, str]], seed: int, size: Size = DEFAULT
) -> tuple[date, datetime]:
    """Two landing folders, of what had been delivered by a known-at moment and of everything.

    Files delivered by then hold rows recorded by then or without a stamp, the later ones only rows recorded after it.
    The names of the later files sort before, between and after the others. What is known at that moment of the second
    folder is what the first one says, but for what is told of the files themselves.
    """
    world = new_world(register, seed, size)
    feeds = feeds_of(world, register)
    stamps = moments(feeds)
    known_at = stamps[len(stamps) * world.rng.randint(2, 8) // 10]
    early, late = Feeds(), Feeds()
    for feed, files in feeds.items():
        early[feed] = {name: [row for row in rows if not is_later(row, known_at)] for name, rows in files.items()}
        late[feed] = {
            f"{world.rng.choice(['0', 'A', 'c', 'ö'])} after {name}": later
            for name, rows in files.items()
            if (later := [row for row in rows if is_later(row, known_at)])
        }
    write_feeds(folder_early, world, early)
    shutil.copytree(folder_early, folder_all, dirs_exist_ok=True)
    write_feeds(folder_all, world, late)
    return as_of_date(world, seed), known_at


def is_later(row: dict[str, str], known_at: datetime) -> bool:
    stamp = row.get("recorded_at")
    return bool(stamp) and datetime.fromisoformat(stamp) > known_at


def hot_municipalities(world: World, register: list[dict[str, str]]) -> list[str]:
    """Few enough for long histories: the only one of its county, some others, and one without any decision."""
    everyone = [code for municipalities in world.counties.values() for code in municipalities]
    strangers = [row["municipality_code"] for row in register if row["county_code"] not in world.counties]
    chosen = {world.counties[ONE_MUNICIPALITY_COUNTY][0], *world.rng.sample(everyone, 8), world.rng.choice(strangers)}
    return sorted(chosen)


def corrected(rng: Random, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of the same keys with another number of persons."""
    return [{**row, "persons": str(int(row["persons"]) + rng.randint(1, 2))} for row in rows]


def write_file(path: Path, records: list[list[str]], rng: Random) -> None:
    """Comma-delimited UTF-8, with or without a byte order mark, lines ending in either way."""
    with path.open("w", encoding=rng.choice(["utf-8", "utf-8-sig"]), newline="") as file:
        csv.writer(file, lineterminator=rng.choice(["\n", "\r\n"])).writerows(records)
