"""What answers are made with: the settings, the template, the addresses."""

from __future__ import annotations

import csv
from pathlib import Path

import jinja2
from jinja2 import meta
from jinja2.sandbox import SandboxedEnvironment

from dagster_project.language import SWEDISH, day, long_day, month, number, signed
from dagster_project.service.alert_and_answer_settings import AnswerSettings, read_settings_file
from dagster_project.service.email_addresses import is_address
from dagster_project.settings import SettingError

# What a template may name; prepare.py fills it in.
KNOWN_NAMES = frozenset(
    {"answer", "municipality", "county", "other_municipality", "months", "corrects", "as_of", "document"}
)


def read_answer_settings(file: Path | None) -> AnswerSettings:
    """Settings from a TOML file; the defaults without one. Raises SettingError where they cannot be understood."""
    settings = read_settings_file(file, "ARSPLAN_ANSWERS", AnswerSettings) if file else AnswerSettings()
    read_template(settings.template)
    read_recipients(settings.recipients)
    return settings


def read_template(file: Path) -> jinja2.Template:
    """The template of an answer. Raises SettingError, with its line, where it is wrong."""
    # What a template may do is limited: a template cannot run code.
    environment = SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    for name, kind in {"day": day, "long_day": long_day, "month": month, "number": number, "signed": signed}.items():
        environment.filters[name] = lambda value, kind=kind: kind(value, SWEDISH)
    try:
        text = file.read_text(encoding="utf-8")
        unknown = meta.find_undeclared_variables(environment.parse(text)) - KNOWN_NAMES
        if unknown:
            raise SettingError(f"{file} names what is unknown: {', '.join(sorted(unknown))}")
        return environment.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise SettingError(f"{file} line {error.lineno}: {error.message}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} cannot be read: {error}") from None


def read_recipients(file: Path) -> dict[str, str]:
    """Addresses by code of municipality or county. Raises SettingError, with row and column, where they are wrong."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file} cannot be read: {error}") from None
    addresses: dict[str, str] = {}
    for row_number, row in enumerate(rows, start=1):
        code, email = ((row.get(column) or "").strip() for column in ("area_code", "email"))
        if not code.isdigit() or len(code) not in (2, 4):
            raise SettingError(f"{file} row {row_number}, area_code: write the two digits of a county or four")
        if not is_address(email):
            raise SettingError(f"{file} row {row_number}, email: write one address, such as namn@kommun.se")
        addresses[code] = email
    return addresses
