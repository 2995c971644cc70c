"""The assignment log of a random world: random histories, one of every odd history, corrections and deliveries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from worlds_rows import stamp

Cells = dict[str, str]

REASONS = ("declined", "not_used", "moved_on_own", "household_changed", "lapsed", "other", "")
OVER_PLAN_REASONS = ("specialist_care", "relatives", "other", "")
MONTH_ENDS = ((12, 31), (12, 31), (12, 30), (12, 29), (1, 31), (8, 31), (10, 31), (11, 30), (2, 28))


@dataclass
class Log:
    rng: Random
    municipalities: list[str]
    years: list[int]
    rows: list[Cells] = field(default_factory=list)
    cancelled: list[tuple[str, str, date]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def number(self) -> int:
        """A number not used before, in no order, so that ties are not broken by the order of the file."""
        if not self.numbers:
            self.numbers = self.rng.sample(range(1_000, 9_999), 8_000)
        return self.numbers.pop()

    def ids(self, count: int) -> list[str]:
        """Fresh assignment ids in rising order."""
        fresh = sorted(f"A{self.number()}" for _ in range(count))
        self.known += fresh
        return fresh

    def fresh_id(self) -> str:
        return self.ids(1)[0]

    def event(self, kind: str, day: date, assignment_id: str, **cells: str) -> Cells:
        """An event; some carry values that do not apply to their type and are ignored."""
        if kind in ("cancelled", "received") and self.rng.random() < 0.05:
            cells |= {"category": "quota_refugee", "reception_deadline_date": "2026-01-01", "replaces": "A1;A2"}
        if kind in ("assigned", "received") and self.rng.random() < 0.05:
            cells |= {"reason": "no such reason"}
        if kind == "cancelled" and self.rng.random() < 0.05:
            cells |= {"municipality_code": self.rng.choice(self.municipalities), "persons": "99"}
        key = {"event_id": f"E{self.number()}", "event_type": kind, "event_date": str(day)}
        row = {**key, "assignment_id": assignment_id, **cells}
        if "recorded_at" not in row and self.rng.random() < 0.5:
            row["recorded_at"] = stamp(self.rng, day, self.rng.choice([0, 9, 200]))
        self.rows.append(row)
        return row

    def assign(self, assignment_id: str, day: date, where: str, persons: int = 0, **cells: str) -> Cells:
        size = persons or self.rng.choice([1, 1, 1, 2, 2, 3, 4, 5, 7, self.rng.randint(1, 99)])
        category = self.rng.choices(["accommodation_centre", "quota_refugee", "temporary_protection"], [6, 3, 1])[0]
        if category == "quota_refugee" and self.rng.random() < 0.6:
            deadline = str(day + timedelta(days=self.rng.randint(-5, 200)))
            cells = {"reception_deadline_date": deadline, **cells}
        what = {"municipality_code": where, "persons": str(size), "category": category}
        return self.event("assigned", day, assignment_id, **{**what, **cells})

    def cancel(self, assignment_id: str, day: date) -> Cells:
        return self.event("cancelled", day, assignment_id, reason=self.rng.choice(REASONS))

    def receive(self, assignment_id: str, day: date, persons: str = "") -> Cells:
        return self.event("received", day, assignment_id, persons=persons)

    def approve(self, assignment_id: str, day: date) -> Cells:
        return self.event("over_plan_approved", day, assignment_id, reason=self.rng.choice(OVER_PLAN_REASONS))

    def request(self, assignment_id: str, day: date, where: str) -> Cells:
        what = {"municipality_code": where, "persons": str(self.rng.randint(1, 12))}
        reason = self.rng.choice(OVER_PLAN_REASONS)
        return self.event("over_plan_requested", day, assignment_id, reason=reason, **what)

    def decline(self, assignment_id: str, day: date) -> Cells:
        return self.event("over_plan_declined", day, assignment_id, reason=self.rng.choice(["", "not a reason"]))

    def day(self) -> date:
        """From the first year to four months past the last; every fifth at or near the end of a month."""
        if self.rng.random() < 0.2:
            month, day = self.rng.choice(MONTH_ENDS)
            return date(self.rng.choice(self.years), month, day)
        first = date(self.years[0], 1, 1)
        return first + timedelta(days=self.rng.randrange((date(self.years[-1] + 1, 5, 1) - first).days))

    def place(self) -> str:
        return self.rng.choice(self.municipalities)


# --- Random histories ------------------------------------------------------------------------------------------------


def random_histories(log: Log, count: int) -> None:
    """Assignments in order of date; about half replace something, mostly something they may replace."""
    for day in sorted(log.day() for _ in range(count)):
        name = log.fresh_id()
        where, replaces = log.place(), ""
        freed = [one for one in log.cancelled if one[2] <= day]
        if freed and log.rng.random() < 0.55:
            where = log.rng.choice(freed[-25:])[1] if log.rng.random() < 0.95 else where
            near = [one for one in freed if one[1] == where and log.rng.random() < 0.95]
            originals = log.rng.choices(near[-5:] or freed, k=log.rng.choice([1, 1, 1, 2, 3]))
            replaces = log.rng.choice([";", " ; ", ";;"]).join(one[0] for one in originals)
        elif log.rng.random() < 0.1:
            replaces = log.rng.choice(log.known)
        log.assign(name, day, where, replaces=replaces)
        random_outcome(log, name, where, day)
        if log.rng.random() < 0.2:
            log.approve(name, day + timedelta(days=log.rng.randint(-9, 9)))


def random_outcome(log: Log, name: str, where: str, day: date) -> None:
    luck, later = log.rng.random(), day + timedelta(days=log.rng.choice([0, 1, 10, 30, 61, 90, 200, 400]))
    if luck < 0.35:
        log.receive(name, later, log.rng.choice(["", "", "1", "4"]))
    elif luck < 0.80:
        log.cancel(name, later)
        log.cancelled.append((name, where, later))


# --- One of every odd history ----------------------------------------------------------------------------------------


def chain_through_years(log: Log) -> None:
    where, first = log.place(), log.years[0]
    names = log.ids(len(log.years))
    log.rng.shuffle(names)
    log.assign(names[0], date(first, 12, 10), where)
    for year, (old, new) in enumerate(pairwise(names), start=first + 1):
        log.cancel(old, date(year, 1, 15))
        log.assign(new, date(year, 2, 1), where, replaces=old)
    log.receive(names[-1], date(log.years[-1], 3, 20))


def long_afterwards(log: Log) -> None:
    """Received in a year against which nothing counts, as is known at any time."""
    name, last = log.fresh_id(), log.years[-1]
    log.assign(name, date(last, 12, 10), log.place(), recorded_at="")
    log.event("received", date(last + 2, 2, 3), name, recorded_at="")


def split_and_merge(log: Log) -> None:
    """One household becomes three; two of these and one of an earlier year become one; then a diamond."""
    where, year = log.place(), log.years[1]
    old, first, second, third, merged, last = log.ids(6)
    log.assign(old, date(year - 1, 11, 3), where, 4)
    log.cancel(old, date(year, 1, 2))
    log.assign(first, date(year, 1, 20), where, 3)
    log.cancel(first, date(year, 2, 1))
    for name in (second, third):
        log.assign(name, date(year, 2, 1), where, 1, replaces=first)
        log.cancel(name, date(year, 4, 1))
    log.assign(merged, date(year, 4, 1), where, 5, replaces=f" {third}; {second} ;{old};{second};")
    log.cancel(merged, date(year + 1, 1, 1))
    log.assign(last, date(year + 1, 1, 1), where, 5, replaces=f"{merged};{second}")


def forbidden_links(log: Log) -> None:
    """Unknown, open, received, cancelled later, elsewhere, itself; some beside a link that is valid."""
    where, elsewhere = log.municipalities[0], log.municipalities[-1]
    year = log.rng.choice(log.years)
    good, stays_open, received, later, foreign, new, itself, selfish = log.ids(8)
    for name in (good, stays_open, received, later):
        log.assign(name, date(year, 3, 1), where)
    log.assign(foreign, date(year, 3, 1), elsewhere)
    log.cancel(good, date(year, 4, 1))
    log.receive(received, date(year, 4, 1))
    log.cancel(later, date(year, 5, 3))
    log.cancel(foreign, date(year, 4, 1))
    log.assign(new, date(year, 5, 2), where, replaces=";".join([foreign, later, received, stays_open, "A0", good]))
    log.assign(itself, date(year, 5, 2), where, replaces=itself)
    log.assign(selfish, date(year, 5, 2), where, replaces=f"{selfish};{later}")
    log.cancel(selfish, date(year, 5, 2))
    log.assign(log.fresh_id(), date(year, 5, 3), where, replaces=later)
    log.assign(log.fresh_id(), date(year, 4, 1), elsewhere, replaces=f"{good};{foreign}")


def same_day_replacements(log: Log) -> None:
    """Cancelled and replaced on the assigned date: valid only for the one with the higher id."""
    where, day = log.place(), log.day()
    lower, middle, higher = log.ids(3)
    log.assign(middle, day, where, 2)
    log.cancel(middle, day)
    log.assign(lower, day, where, 2, replaces=middle)
    log.assign(higher, day, where, 2, replaces=f"{middle};{lower}")
    log.cancel(lower, day)


def early_outcomes(log: Log) -> None:
    where, day = log.place(), log.day()
    first, second, third = log.ids(3)
    for name in (first, second, third):
        log.assign(name, day, where)
    log.receive(first, day - timedelta(days=1))
    log.cancel(second, day - timedelta(days=3))
    log.receive(second, day + timedelta(days=40))
    log.cancel(third, day - timedelta(days=1))
    log.cancel(third, day)
    log.assign(log.fresh_id(), day, where, replaces=third)


def many_outcomes(log: Log) -> None:
    """Repeated and conflicting ones, also on one day, where received comes before cancelled."""
    outcomes: list[list[tuple[Callable[[str, date], Cells], int]]] = [
        [(log.receive, 5), (log.receive, 9)],
        [(log.cancel, 5), (log.cancel, 9), (log.receive, 12)],
        [(log.receive, 5), (log.cancel, 9), (log.receive, 12)],
        [(log.cancel, 5), (log.receive, 9), (log.receive, 9)],
        [(log.cancel, 5), (log.receive, 5)],
        [(log.receive, 0), (log.cancel, 0), (log.cancel, 0)],
        [(log.cancel, 5), (log.cancel, 5), (log.receive, 5)],
    ]
    for happened in outcomes:
        where, day, (name, replacement) = log.place(), log.day(), log.ids(2)
        log.assign(name, day, where)
        for happen, days in happened:
            happen(name, day + timedelta(days=days))
        log.assign(replacement, day + timedelta(days=10), where, replaces=name)
    twice = log.fresh_id()
    day = log.day()
    log.assign(twice, day, log.place(), 3)
    log.receive(twice, day + timedelta(days=8), "2")
    log.receive(twice, day + timedelta(days=8), "5")


def orphans(log: Log) -> None:
    """Events without an assignment; one of them is named by a replacement."""
    first, second, third = (f"B{log.number()}" for _ in range(3))
    log.receive(first, log.day(), "2")
    log.cancel(second, date(log.years[0], 6, 1))
    log.approve(third, log.day())
    log.assign(log.fresh_id(), date(log.years[0], 7, 1), log.place(), replaces=second)


def repeated_assignments(log: Log) -> None:
    """Another date, another place, the same date; the later event's links do not count."""
    day, (old, first, second, third) = log.day(), log.ids(4)
    log.assign(old, day, log.municipalities[0], 2)
    log.cancel(old, day)
    log.assign(first, day, log.municipalities[0], 1)
    log.assign(first, day + timedelta(days=30), log.municipalities[0], 6, replaces=f"{old};A0")
    log.assign(second, day, log.municipalities[0], 2, replaces=old)
    log.assign(second, day, log.municipalities[1], 3)
    log.assign(third, day + timedelta(days=30), log.municipalities[1], 4)
    log.assign(third, day, log.municipalities[0], 5)
    log.receive(third, day + timedelta(days=15))


def over_plan_months(log: Log) -> None:
    """Many persons in one month, with none, one or several approvals, also on a replacement."""
    for where in log.municipalities[:3]:
        year, month = log.rng.choice(log.years), log.rng.randint(1, 12)
        names = log.ids(6)
        for name in names[:5]:
            log.assign(name, date(year, month, log.rng.randint(1, 28)), where, log.rng.randint(2, 30))
        for name in names[: log.rng.randint(0, 3)]:
            for days in (-40, 0, 20):
                log.approve(name, date(year, month, 14) + timedelta(days=days))
        log.cancel(names[0], date(year, month, 28))
        log.assign(names[5], date(year, month, 28), where, 9, replaces=names[0])
        log.approve(names[5], date(year, month, 28))


def dialogues(log: Log) -> None:
    """Every answer and none, to requests and without one, of ids that are assigned and that never are."""
    answers: list[list[Callable[[str, date], Cells]]] = [
        [],
        [log.approve],
        [log.decline],
        [log.decline, log.approve, log.decline],
        [log.approve, log.approve],
    ]
    for requests in (0, 1, 3):
        for turn, said in enumerate(answers + answers):
            name, day = log.fresh_id(), log.day()
            for _ in range(requests):
                log.request(name, day - timedelta(days=log.rng.randint(0, 20)), log.place())
            for answer in said:
                answer(name, day + timedelta(days=log.rng.randint(-30, 10)))
            if turn < len(answers):
                log.assign(name, day, log.place())


def shared_replacements(log: Log) -> None:
    """Originals with several replacements, and replacements of several: allotted all, nothing, a part, too much."""
    where, day, (first, second, third, whole, part, large) = log.place(), log.day(), log.ids(6)
    for name, persons in ((first, 4), (second, 4), (third, 2)):
        log.assign(name, day, where, persons)
        log.cancel(name, day + timedelta(days=5))
    log.assign(whole, day + timedelta(days=6), where, 4, replaces=f"{first};{second}")
    log.assign(part, day + timedelta(days=7), where, 3, replaces=f"{third};{second}")
    log.assign(large, day + timedelta(days=8), where, 12, replaces=f"{second};{third};{first}")
    alike, likeness = log.ids(2)
    log.assign(alike, day, where, 3)
    log.cancel(alike, day)
    log.assign(likeness, day, where, 3, replaces=alike)


def month_end_deadlines(log: Log) -> None:
    for day in (date(log.rng.choice(log.years), *end) for end in MONTH_ENDS):
        log.assign(log.fresh_id(), day, log.place(), category="accommodation_centre", reception_deadline_date="")


def own_deadlines(log: Log) -> None:
    """Shorter and longer than two months, before the assigned date, and earlier than what it replaces."""
    where, day, (old, new) = log.place(), log.day(), log.ids(2)
    log.assign(old, day, where, 3, category="quota_refugee", reception_deadline_date=str(day + timedelta(days=150)))
    log.cancel(old, day + timedelta(days=20))
    sooner = str(day + timedelta(days=60))
    log.assign(
        new, day + timedelta(days=21), where, 3, category="quota_refugee", reception_deadline_date=sooner, replaces=old
    )
    for days in (-30, 0, 1, 300):
        deadline = str(day + timedelta(days=days))
        log.assign(log.fresh_id(), day, where, category="quota_refugee", reception_deadline_date=deadline)


ODD_HISTORIES = (
    chain_through_years,
    long_afterwards,
    split_and_merge,
    forbidden_links,
    same_day_replacements,
    early_outcomes,
    many_outcomes,
    orphans,
    repeated_assignments,
    over_plan_months,
    dialogues,
    shared_replacements,
    month_end_deadlines,
    own_deadlines,
)


# --- Corrections and deliveries --------------------------------------------------------------------------------------


def otherwise(log: Log, row: Cells) -> Cells:
    """The same event with another content."""
    day = date.fromisoformat(row["event_date"])
    changes: list[Cells] = [
        {"event_date": str(day + timedelta(days=log.rng.choice([-30, -1, 1, 45])))},
        {"persons": str(log.rng.randint(1, 9))},
        {"assignment_id": log.rng.choice(log.known)},
    ]
    if row["event_type"] == "assigned":
        changes += [{"municipality_code": log.place()}, {"replaces": log.rng.choice(log.known)}]
    if row["event_type"] == "cancelled":
        changes += [{"event_type": "received", "persons": "2"}, {"reason": "lapsed"}]
    return {**row, **log.rng.choice(changes)}


def corrections(log: Log, row: Cells) -> list[Cells]:
    """What is delivered later about an event, in any order: `recorded_at` or its absence decides."""
    soon, late = date.fromisoformat(row["event_date"]) + timedelta(days=30), date(log.years[-1] + 1, 6, 15)
    recorded = max(soon, log.rng.choice([soon, late]))
    changed, retracted = otherwise(log, row), {**row, "event_type": "retracted"}

    def at(one: Cells, hour: int | None) -> Cells:
        return {**one, "recorded_at": f"{recorded}T{hour:02d}:30:00" if hour is not None else ""}

    cases = [
        [at(changed, 8)],
        [at(changed, None)],
        [at(otherwise(log, row), None), at(changed, None), row],
        [at(changed, 8), at(otherwise(log, row), 8)],
        [at(changed, 9), at(otherwise(log, row), 8)],
        [{**changed, "recorded_at": "2015-01-01T00:00:00"}],
        [at(retracted, 8)],
        [at(retracted, None)],
        [at(retracted, 8), at(row, 9)],
        [at(retracted, 8), at(row, 9), at(retracted, 10)],
        [at(retracted, 9), at(changed, 8)],
        [at(retracted, 8), at(retracted, 8), at(changed, 8)],
    ]
    return log.rng.choice(cases)


def deliveries(rng: Random, municipalities: list[str], years: list[int], assignments: int) -> dict[str, list[Cells]]:
    """The files of the log. Byte order puts corrections before, between and after what they correct."""
    log = Log(rng, municipalities, years)
    random_histories(log, assignments)
    for odd_history in ODD_HISTORIES:
        odd_history(log)
    rows = rng.sample(log.rows, len(log.rows))
    corrected = [one for row in rng.sample(rows, len(rows) // 7) for one in corrections(log, row)]
    third = len(rows) // 3
    files = {
        "2.csv": rows[:third],
        "10.csv": rows[third : 2 * third],
        "a/last part.csv": rows[2 * third :],
        "A corrections.csv": corrected[::2],
        "Ö corrections.csv": corrected[1::2],
    }
    files["b again.csv"] = rng.sample(files["10.csv"], third)
    return files
