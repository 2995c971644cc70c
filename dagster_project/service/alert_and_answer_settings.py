"""The files that say who is alerted and how municipalities are answered: TOML, validated key by key."""

from __future__ import annotations

import csv
import tomllib
from datetime import date, time
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dagster_project.ingest.feeds import FEEDS
from dagster_project.service.email_addresses import is_address
from dagster_project.settings import MUNICIPALITIES_FILE, REFERENCE, SettingError, secret


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


def _recipient(text: str) -> str:
    if not is_address(text):
        raise ValueError("write an address, such as prov@example.se")
    return text


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    return (info.context or Path()) / path


_BesideTheFile = Annotated[Path, AfterValidator(_beside_the_file)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Receiver(_Table):
    """Somebody to alert: where (an Apprise URL), of which severities, and of which counties' own problems."""

    url: str
    name: str = ""
    severities: list[Literal["error", "warn"]] = ["error", "warn"]
    counties: list[Annotated[str, AfterValidator(_county)]] = []
    language: Literal["sv", "en"] = "sv"

    def wants(self, severity: str, county_code: str | None) -> bool:
        """A county's receiver hears of that county alone, the others of everything that is not one county's."""
        about = county_code in self.counties if self.counties else county_code is None
        return about and severity in self.severities


class AlertSettings(_Table):
    """Who is alerted, after how many hours again, and which feeds are expected by which time of day."""

    receiver: list[Receiver] = []
    reminder_hours: float = Field(default=24, gt=0)
    expected: dict[Annotated[str, AfterValidator(_feed)], time] = {}

    @field_validator("receiver")
    @classmethod
    def _named(cls, receivers: list[Receiver]) -> list[Receiver]:
        return [
            one if one.name else one.model_copy(update={"name": f"receiver {number}"})
            for number, one in enumerate(receivers, start=1)
        ]


class MailServer(_Table):
    """The server that takes answers. `password_variable` names the environment variable that holds the password."""

    host: str
    port: int = Field(587, gt=0, lt=2**16)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_variable: str | None = None

    @property
    def password(self) -> str:
        """The password, from the environment."""
        return secret(self.password_variable) if self.password_variable else ""

    @model_validator(mode="after")
    def _has_password(self) -> Self:
        if self.password_variable and not self.password:
            raise ValueError(f"the environment variable {self.password_variable} holds no password")
        return self


class AnswerSettings(_Table):
    """How answers are made and sent; requests decided before `since` are not answered.

    Answers about simulated rows go to `simulated_recipient` alone; without one they are sent to nobody.
    """

    sender: Annotated[str, AfterValidator(_sender)] = "Årsplan <arsplan@simulated.example>"
    template: _BesideTheFile = Path(__file__).parent / "answers" / "answer.txt"
    recipients: _BesideTheFile = REFERENCE / "recipients-simulated.csv"
    simulated_recipient: Annotated[str, AfterValidator(_recipient)] | None = None
    since: date | None = None
    mail_server: MailServer | None = None

    @model_validator(mode="after")
    def _has_first_day(self) -> Self:
        if self.mail_server and self.since is None:
            raise ValueError("a mail server needs since, the first day whose decisions it answers")
        return self


def read_alert_settings(file: Path | None) -> AlertSettings:
    """Settings from a TOML file; without one nobody is alerted. Raises SettingError where it cannot be understood."""
    return read_settings_file(file, "ARSPLAN_ALERTS", AlertSettings) if file else AlertSettings()


Table = TypeVar("Table", bound=_Table)


def read_settings_file(file: Path, variable: str, table: type[Table]) -> Table:
    """The file that the environment's `variable` names. Raises SettingError, with file and key, where it is wrong."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{variable} names {file}, which cannot be read: {error}") from None
    try:
        return table.model_validate(content, context=file.parent)
    except ValidationError as error:
        # The value itself may be secret, such as an address with a password.
        faults = [": ".join((*_key(fault["loc"]), fault["msg"])) for fault in error.errors(include_input=False)]
        raise SettingError(f"{variable} names {file}: {'; '.join(faults)}") from None


def _key(place: tuple[int | str, ...]) -> list[str]:
    """Where a value stands in a file, such as `receiver 2, counties`; lists are counted from one."""
    named = [f" {part + 1}" if isinstance(part, int) else f", {part}" for part in place if part != "[key]"]
    return ["".join(named).removeprefix(", ")] if named else []
