"""Rules R5 to R7, R9 and the links of R10 in plain Python: what the log says of every assignment and dialogue."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date

from twin_landing import Cells, Row, as_day


@dataclass(frozen=True)
class Event:
    event_id: str
    event_type: str
    event_date: date
    assignment_id: str
    cells: Cells


def visible_events(rows: list[Cells], as_of: date) -> list[Event]:
    """In the order of date and id; a winner of type `retracted` makes the event never have happened."""
    found = []
    for cells in rows:
        event_date = date.fromisoformat(cells["event_date"])
        if event_date <= as_of and cells["event_type"] != "retracted":
            found.append(Event(cells["event_id"], cells["event_type"], event_date, cells["assignment_id"], cells))
    return sorted(found, key=lambda event: (event.event_date, event.event_id))


def first_events(events: list[Event], kind: str) -> dict[str, Event]:
    """The first event of a kind by date and id, per assignment id."""
    return {event.assignment_id: event for event in reversed(events) if event.event_type == kind}


# --- R5, R6, R7, R9, R10: assignments --------------------------------------------------------------------------------


@dataclass
class Assignment:
    assignment_id: str
    event_id: str
    municipality_code: str
    persons: int
    category: str
    assigned_date: date
    reception_deadline_date: date
    named_originals: list[str]
    outcome: Event | None = None
    approval: Event | None = None
    originals: list["Assignment"] = field(default_factory=list)
    replacements: list["Assignment"] = field(default_factory=list)
    root: tuple[date, str] = (date.max, "")
    quota_year: int = 0

    @property
    def order(self) -> tuple[date, str]:
        return self.assigned_date, self.assignment_id

    @property
    def status(self) -> str:
        return self.outcome.event_type if self.outcome else "open"

    @property
    def outcome_date(self) -> date | None:
        return self.outcome.event_date if self.outcome else None

    @property
    def received_persons(self) -> int | None:
        if not self.outcome or self.status != "received":
            return None
        return int(self.outcome.cells["persons"] or self.persons)

    @property
    def allotted(self) -> dict[str, int]:
        """R10: its persons by original, in their order; the last gets what is left."""
        left, shares = self.persons, dict[str, int]()
        for original in sorted(self.originals, key=lambda one: one.order):
            shares[original.assignment_id] = min(left, original.persons)
            left -= shares[original.assignment_id]
        return {name: share + left * (name == [*shares][-1]) for name, share in shares.items()}


def issue(event: Event, name: str) -> Row:
    key = {"event_id": event.event_id, "assignment_id": event.assignment_id}
    return {**key, "issue": name, "original_assignment_id": None}


def two_months_after(day: date) -> date:
    """R7: two calendar months, ending on the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month + 1, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def assignment_of(event: Event) -> Assignment:
    return Assignment(
        assignment_id=event.assignment_id,
        event_id=event.event_id,
        municipality_code=event.cells["municipality_code"],
        persons=int(event.cells["persons"]),
        category=event.cells["category"],
        assigned_date=event.event_date,
        reception_deadline_date=as_day(event.cells["reception_deadline_date"]) or two_months_after(event.event_date),
        named_originals=event.cells["replaces"].split(";") if event.cells["replaces"] else [],
    )


def assigned(events: list[Event], issues: list[Row]) -> dict[str, Assignment]:
    """R9: the first assigned event by date and id counts; others are repeated."""
    first = first_events(events, "assigned")
    repeated = [one for one in events if one.event_type == "assigned" and one is not first[one.assignment_id]]
    issues += [issue(event, "repeated_assignment") for event in repeated]
    return {name: assignment_of(event) for name, event in sorted(first.items())}


def find_orphans(events: list[Event], assignments: dict[str, Assignment], issues: list[Row]) -> None:
    """R9: outcomes without an assigned event, approvals with neither that nor a request."""
    requested = first_events(events, "over_plan_requested")
    for event in events:
        is_outcome = event.event_type in ("received", "cancelled")
        is_alone = is_outcome or (event.event_type == "over_plan_approved" and event.assignment_id not in requested)
        if is_alone and event.assignment_id not in assignments:
            issues.append(issue(event, "orphan"))


def settle_outcomes(assignments: dict[str, Assignment], events: list[Event], issues: list[Row]) -> None:
    """R6: the first outcome counts, received before cancelled on one day; R9: the rest are issues."""
    outcomes = [event for event in events if event.event_type in ("received", "cancelled")]
    for event in sorted(outcomes, key=lambda one: (one.event_date, one.event_type != "received", one.event_id)):
        assignment = assignments.get(event.assignment_id)
        if assignment is None:
            continue
        if event.event_date < assignment.assigned_date:
            issues.append(issue(event, "before_assignment"))
        elif assignment.outcome is None:
            assignment.outcome = event
        else:
            same = event.event_type == assignment.status
            issues.append(issue(event, "repeated_outcome" if same else "conflicting_outcome"))


def settle_approvals(assignments: dict[str, Assignment], events: list[Event]) -> None:
    """R8: an assignment's first approval by date and id; it may come before the assignment."""
    approvals = first_events(events, "over_plan_approved")
    for assignment in assignments.values():
        assignment.approval = approvals.get(assignment.assignment_id)


def obstacle(replacement: Assignment, original: Assignment | None) -> str | None:
    """R5: why a link is not valid."""
    if original is None:
        return "replacement_unknown"
    cancelled = original.outcome_date if original.status == "cancelled" else None
    if cancelled is None or cancelled > replacement.assigned_date:
        return "replacement_not_cancelled"
    if original.municipality_code != replacement.municipality_code:
        return "replacement_other_municipality"
    if original.order >= replacement.order:
        return "replacement_not_after"
    return None


def settle_links(assignments: dict[str, Assignment], issues: list[Row]) -> None:
    """R5: valid links, and through them the quota year and the earliest root."""
    for replacement in sorted(assignments.values(), key=lambda one: one.order):
        for name in replacement.named_originals:
            original = assignments.get(name)
            problem = obstacle(replacement, original)
            if problem:
                key = {"event_id": replacement.event_id, "assignment_id": replacement.assignment_id}
                issues.append({**key, "issue": problem, "original_assignment_id": name})
            elif original:
                replacement.originals.append(original)
                original.replacements.append(replacement)
        roots = [original.root for original in replacement.originals]
        years = [original.quota_year for original in replacement.originals]
        replacement.root = min(roots, default=replacement.order)
        replacement.quota_year = min(years, default=replacement.assigned_date.year)


def is_overdue(assignment: Assignment, as_of: date) -> bool:
    """R7: open past its deadline."""
    return assignment.status == "open" and assignment.reception_deadline_date < as_of


def assignments_mart(assignments: list[Assignment], as_of: date) -> list[Row]:
    rows = []
    for one in assignments:
        received, cancelled = one.status == "received", one.status == "cancelled"
        rows.append(
            {
                "assignment_id": one.assignment_id,
                "municipality_code": one.municipality_code,
                "persons": one.persons,
                "category": one.category,
                "assigned_date": one.assigned_date,
                "reception_deadline_date": one.reception_deadline_date,
                "status": one.status,
                "received_date": one.outcome_date if received else None,
                "received_persons": one.received_persons,
                "cancelled_date": one.outcome_date if cancelled else None,
                "cancellation_reason": one.outcome.cells["reason"] if one.outcome and cancelled else None,
                "is_replacement": bool(one.originals),
                "original_assignment_id": one.root[1],
                "quota_year": one.quota_year,
                "is_overdue": is_overdue(one, as_of),
                "over_plan_approved_date": one.approval.event_date if one.approval else None,
                "over_plan_reason": one.approval.cells["reason"] if one.approval else None,
            }
        )
    return rows


def displacement_days(one: Assignment) -> int | None:
    """R7: from its deadline to the latest deadline of its direct replacements."""
    deadlines = [replacement.reception_deadline_date for replacement in one.replacements]
    return (max(deadlines) - one.reception_deadline_date).days if deadlines else None


def is_new_constellation(one: Assignment) -> bool:
    """Replaced, but not by one household of the same size that replaces nothing else."""
    alike = [new for new in one.replacements if new.persons == one.persons and len(new.originals) == 1]
    return bool(one.replacements) and not len(alike) == len(one.replacements) == 1


def replacement_links(assignments: list[Assignment]) -> list[Row]:
    return [
        {
            "assignment_id": one.assignment_id,
            "original_assignment_id": original.assignment_id,
            "allotted_persons": one.allotted[original.assignment_id],
            "days_to_replacement": (one.assigned_date - (original.outcome_date or date.max)).days,
        }
        for one in assignments
        for original in one.originals
    ]


def cancellations_mart(assignments: list[Assignment]) -> list[Row]:
    rows = []
    for one in assignments:
        if one.status == "cancelled" and one.outcome:
            allotted = sum(replacement.allotted[one.assignment_id] for replacement in one.replacements)
            rows.append(
                {
                    "assignment_id": one.assignment_id,
                    "municipality_code": one.municipality_code,
                    "quota_year": one.quota_year,
                    "persons": one.persons,
                    "assigned_date": one.assigned_date,
                    "cancelled_date": one.outcome.event_date,
                    "reason": one.outcome.cells["reason"],
                    "replacement_assignments": len(one.replacements),
                    "replacement_persons": allotted,
                    "awaiting_persons": max(0, one.persons - allotted),
                    "displacement_days": displacement_days(one),
                    "is_new_constellation": is_new_constellation(one),
                    "crosses_year": one.outcome.event_date.year > one.quota_year,
                }
            )
    return rows


# --- Over-plan dialogues ---------------------------------------------------------------------------------------------


def over_plan_dialogues(events: list[Event]) -> list[Row]:
    """Every assignment id with a request, a refusal, or an approval that is no orphan."""
    kinds = ("assigned", "over_plan_requested", "over_plan_declined", "over_plan_approved")
    assigned_events, requests, refusals, approvals = (first_events(events, kind) for kind in kinds)
    approvals = {name: event for name, event in approvals.items() if name in assigned_events or name in requests}
    rows = []
    for name in sorted({*requests, *refusals, *approvals}):
        request, approval = requests.get(name), approvals.get(name)
        household, reasoned = request or assigned_events.get(name), request or approval
        answer = approval or refusals.get(name)
        rows.append(
            {
                "assignment_id": name,
                "municipality_code": household and household.cells["municipality_code"],
                "persons": household and int(household.cells["persons"]),
                "reason": reasoned and reasoned.cells["reason"],
                "requested_date": request and request.event_date,
                "answer": answer and answer.event_type.removeprefix("over_plan_"),
                "answered_date": answer and answer.event_date,
                "is_assigned": name in assigned_events,
            }
        )
    return rows
