"""Makes the answer to every decided request that has none yet, and puts it into the outbox."""

from __future__ import annotations

import hashlib
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from dagster_project.answers.outbox import Answer, known_answers, place_staged, put, record_answered
from dagster_project.answers.settings import AnswerSettings, read_recipients, read_template
from dagster_project.publish.documents import plan_document
from dagster_project.settings import STOCKHOLM, SettingError

_DECIDED = """
select answers.*, county_code, county_name
from marts.request_answers as answers
inner join marts.municipalities using (municipality_code)
inner join marts.counties using (county_code)
where decided_date >= ?
order by decided_date, request_kind, request_id, municipality_code
"""
_MONTHS = """
from marts.request_answer_months
where (request_kind, request_id, municipality_code) = (?, ?, ?)
order by plan_month
"""

Row = Any  # a named tuple with the columns of its mart


@dataclass(frozen=True)
class Prepared:
    """How many answers a build put into the outbox, and how many have nobody to go to."""

    answers: int
    without_recipient: int


def prepare_answers(output: Path, release: Path, settings: AnswerSettings, now: datetime, as_of: date) -> Prepared:
    """Answer what a published release shows as decided and nobody has answered; safe to repeat after any crash.

    Raises SettingError where the template or the recipients cannot be used; nothing is lost by it.
    """
    place_staged(output)
    template, recipients = read_template(settings.template), read_recipients(settings.recipients)
    known = known_answers(output)
    made = without_recipient = 0
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as warehouse:
        names = warehouse.execute("select municipality_code, municipality_name from marts.municipalities").fetchall()
        areas = dict(names)
        for row in list(_rows(warehouse, _DECIDED, settings.since or date.min)):
            answer = _answer_of(row)
            if answer.answer_id in known:
                continue
            if row.municipality_code not in recipients:
                without_recipient += 1
                continue
            earlier = [one for one in known.values() if one.same_request_as(answer)]
            corrects = max((one.decided_date for one in earlier), default=None)
            months = list(_rows(warehouse, _MONTHS, row.request_kind, row.request_id, row.municipality_code))
            document = release / "public" / plan_document(row.quota_year, row.municipality_code)
            shown = {
                "answer": row,
                "municipality": areas[row.municipality_code],
                "other_municipality": areas.get(row.other_municipality_code),
                "county": row.county_name,
                "months": months,
                "corrects": corrects,
                "as_of": as_of,
                "document": document.name if document.is_file() else None,
            }
            subject, body = _written(template, settings.template, shown)
            message = _message(answer, settings.sender, subject, body, now)
            message["To"] = recipients[row.municipality_code]
            if row.request_kind == "redistribution" and row.county_code in recipients:
                message["Cc"] = recipients[row.county_code]  # the county board decides on kommuntal
            if document.is_file():
                message.add_attachment(
                    document.read_bytes(), maintype="application", subtype="pdf", filename=document.name
                )
            put(output, answer, message, now)
            known[answer.answer_id] = answer
            made += 1
    if not without_recipient:
        record_answered(output, release.name)
    return Prepared(made, without_recipient)


def _rows(warehouse: duckdb.DuckDBPyConnection, query: str, *values: object) -> Iterator[Row]:
    found = warehouse.execute(query, list(values))
    kind = namedtuple("Row", [column[0] for column in found.description or []])  # type: ignore[misc]
    return map(kind._make, found.fetchall())


def _answer_of(row: Row) -> Answer:
    """Identity of an answer: the same decision is answered once, a corrected one anew."""
    key = (row.request_kind, row.request_id, row.municipality_code, row.decision, row.decided_date.isoformat())
    answer_id = hashlib.sha256("\n".join(key).encode()).hexdigest()[:16]
    return Answer(answer_id, row.request_kind, row.request_id, row.municipality_code, row.decided_date)


def _written(template: jinja2.Template, file: Path, shown: dict[str, Any]) -> tuple[str, str]:
    try:
        subject, _, body = template.render(shown).lstrip().partition("\n")
    except jinja2.UndefinedError as error:
        raise SettingError(f"{file}: {error.message}") from None
    return subject.strip(), body.lstrip("\n")


def _message(answer: Answer, sender: str, subject: str, body: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["Subject"] = subject
    message["Date"] = format_datetime(now.astimezone(STOCKHOLM))
    message["Message-ID"] = f"<{answer.answer_id}@{parseaddr(sender)[1].rpartition('@')[2] or 'arsplan'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message
