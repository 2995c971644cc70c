"""Makes the answer to every decided request that has none yet, and puts it into the outbox."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from dagster_project.errors import printable
from dagster_project.releases.document_paths import plan_document
from dagster_project.service.alert_and_answer_settings import AnswerSettings
from dagster_project.service.answers.outbox import Answer, Prepared, known_answers, place_staged, put, record_prepared
from dagster_project.service.answers.template import read_recipients, read_template
from dagster_project.service.email_addresses import NOBODY, SIMULATED_HEADER, is_nobody
from dagster_project.settings import STOCKHOLM, SettingError
from dagster_project.sql import Row, named_rows

_DECIDED = """
select
    answers.*, county_code, county_name,
    (
        select string_agg(plan_month || ' ' || wished_persons, ', ' order by plan_month)
        from marts.change_request_months as wished
        where answers.request_kind = 'change_request' and wished.request_id = answers.request_id
    ) as wishes
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


def prepare_answers(output: Path, release: Path, settings: AnswerSettings, now: datetime, as_of: date) -> Prepared:
    """Answer what a published release shows as decided and nobody has answered; safe to repeat after any crash.

    Raises SettingError where the template or the recipients cannot be used; nothing is lost by it.
    """
    place_staged(output)
    latest: dict[tuple[str, str, str], Answer] = {answer.request: answer for answer in known_answers(output)}
    made = without_recipient = 0
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as warehouse:
        writer = _AnswerWriter(warehouse, release, settings, now, as_of)
        for row in named_rows(warehouse, _DECIDED, settings.since or date.min):
            before = latest.get((row.request_kind, row.request_id, row.municipality_code))
            answer = _answer_of(row, before)
            if before and before.content == answer.content:
                continue
            if not writer.has_recipient(row):
                without_recipient += 1
                continue
            put(output, answer, writer.message(answer, row, before.decided_date if before else None), now)
            made += 1
    prepared = Prepared(made, without_recipient)
    record_prepared(output, release.name, prepared)
    return prepared


class _AnswerWriter:
    """What every answer of one release is written with."""

    def __init__(
        self, warehouse: duckdb.DuckDBPyConnection, release: Path, settings: AnswerSettings, now: datetime, as_of: date
    ) -> None:
        self.warehouse, self.release, self.settings, self.now, self.as_of = warehouse, release, settings, now, as_of
        self.template, self.recipients = read_template(settings.template), read_recipients(settings.recipients)
        names = warehouse.execute("select municipality_code, municipality_name from marts.municipalities").fetchall()
        self.names = dict(names)

    def has_recipient(self, row: Row) -> bool:
        """Whether there is somebody to answer: what is real is not answered to addresses that nobody reads."""
        return row.is_simulated or not is_nobody(self.recipients.get(row.municipality_code, NOBODY))

    def addressed(self, message: EmailMessage, row: Row) -> None:
        """Say to whom it goes. What is simulated goes to one configured address, or else to nobody."""
        is_copied = row.request_kind == "redistribution"  # the county board decides on kommuntal
        if row.is_simulated:
            message[SIMULATED_HEADER] = "ja"
            message["To"] = self.settings.simulated_recipient or f"kommun-{row.municipality_code}{NOBODY}"
            if is_copied and not self.settings.simulated_recipient:
                message["Cc"] = f"lan-{row.county_code}{NOBODY}"
        else:
            message["To"] = self.recipients[row.municipality_code]
            county_board = self.recipients.get(row.county_code, NOBODY)
            if is_copied and not is_nobody(county_board):  # a copy to nobody would keep the answer from being sent
                message["Cc"] = county_board

    def message(self, answer: Answer, row: Row, corrects: date | None) -> EmailMessage:
        """The answer as an e-mail; `corrects` is the date of the decision that was answered before, if any."""
        document = self.release / "public" / plan_document(row.quota_year, row.municipality_code)
        shown = {
            "answer": row,
            "municipality": self.names[row.municipality_code],
            "other_municipality": self.names.get(row.other_municipality_code),
            "county": row.county_name,
            "months": named_rows(self.warehouse, _MONTHS, row.request_kind, row.request_id, row.municipality_code),
            "corrects": corrects,
            "as_of": self.as_of,
            "document": document.name if document.is_file() else None,
        }
        subject, body = _written(self.template, self.settings.template, shown)
        message = EmailMessage()
        message["From"] = self.settings.sender
        self.addressed(message, row)
        message["Subject"] = printable(subject)
        message["Date"] = format_datetime(self.now.astimezone(STOCKHOLM))
        domain = parseaddr(self.settings.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{answer.answer_id}@{domain or 'arsplan'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        if document.is_file():
            message.add_attachment(document.read_bytes(), maintype="application", subtype="pdf", filename=document.name)
        return message


def _answer_of(row: Row, before: Answer | None) -> Answer:
    """Each decision is answered once; a correction, even back to an earlier decision, gets a new answer."""
    decided = (row.decision, row.decided_date, row.moved_persons, row.other_municipality_code, row.wishes)
    content = _digest(*decided)
    key = (row.request_kind, row.request_id, row.municipality_code)
    return Answer(_digest(*key, content, before.answer_id if before else ""), *key, row.decided_date, content)


def _digest(*values: object) -> str:
    return hashlib.sha256("\n".join(map(str, values)).encode()).hexdigest()[:16]


def _written(template: jinja2.Template, file: Path, shown: dict[str, Any]) -> tuple[str, str]:
    try:
        subject, _, body = template.render(shown).lstrip().partition("\n")
    except jinja2.UndefinedError as error:
        raise SettingError(f"{file}: {error.message}") from None
    except (TypeError, ValueError, ArithmeticError) as error:  # its own message may hold values of a row
        raise SettingError(f"{file} cannot be filled in: a {type(error).__name__} in one of its formulas") from None
    return subject.strip(), body.lstrip("\n")
