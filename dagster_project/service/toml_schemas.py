"""The files that say who is alerted and how municipalities are answered: TOML, validated key by key."""

from __future__ import annotations

import csv
import tomllib
from datetime import date, time
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dagster_project.ingest.feeds import FEEDS
from dagster_project.service.email_addresses import is_address
from dagster_project.settings import MUNICIPALITIES_FILE, SettingError


@cache
def _county_codes() -> frozenset[str]:
    with MUNICIPALITIES_FILE.open(encoding="utf-8", newline="") as register:
        return frozenset(row["county_code"] for row in csv.DictReader(register))


def _county(code: str) -> str:
    if code not in _county_codes():
        raise ValueError(f"'{code}' is no county's code: write two digits, such as \"07\"")
    return code


def _feed(name: str) -> str:
    if name not in {feed.name for feed in FEEDS}:
        raise ValueError(f"'{name}' is no feed: write one of {', '.join(feed.name for feed in FEEDS)}")
    return name


def _sender(text: str) -> str:
    if not is_address(parseaddr(text)[1]):
        raise ValueError("write an address, such as Årsplaneringen <namn@example.se>")
    return text


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReceiverTable(_Table):
    """A receiver of alerts."""

    url: str
    name: str | None = None
    severities: list[Literal["error", "warn"]] = ["error", "warn"]
    counties: list[Annotated[str, AfterValidator(_county)]] = []
    language: Literal["sv", "en"] = "sv"


class AlertsFile(_Table):
    """Who is alerted when something is wrong; `expected`: the time of day by which a file of a feed must have come."""

    reminder_hours: float = Field(24, gt=0)
    receiver: list[ReceiverTable] = []
    expected: dict[Annotated[str, AfterValidator(_feed)], time] = {}


class MailServerTable(_Table):
    """The server that takes answers."""

    host: str
    port: int = Field(587, gt=0, lt=2**16)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_variable: str | None = None


class AnswersFile(_Table):
    """How municipalities are answered."""

    sender: Annotated[str, AfterValidator(_sender)] = "Årsplan <arsplan@simulated.example>"
    template: Path | None = None
    recipients: Path | None = None
    since: date | None = None
    mail_server: MailServerTable | None = None


Table = TypeVar("Table", bound=_Table)


def read_settings_file(file: Path, variable: str, table: type[Table]) -> Table:
    """The file that the environment's `variable` names. Raises SettingError, with file and key, where it is wrong."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{variable} names {file}, which cannot be read: {error}") from None
    try:
        return table.model_validate(content)
    except ValidationError as error:
        # The value itself may be secret, such as an address with a password.
        faults = [f"{_key(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_input=False)]
        raise SettingError(f"{variable} names {file}: {'; '.join(faults)}") from None


def _key(place: tuple[int | str, ...]) -> str:
    """Where a value stands in a file, such as `receiver 2, counties`; lists are counted from one."""
    named = [f" {part + 1}" if isinstance(part, int) else f", {part}" for part in place if part != "[key]"]
    return "".join(named).removeprefix(", ")
