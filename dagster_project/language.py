"""Swedish and English: words, numbers and dates as a reader of each expects them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from dagster_project.errors import ReportableError

TEXTS_FILE = Path(__file__).with_name("texts.toml")
NOTHING = "–"


class TextsError(ReportableError):
    """texts.toml lacks a language for a text."""


@dataclass(frozen=True, eq=False)
class Language:
    """One language of the site.

    `code` is the tag of pages, `folder` where they lie below the site's root, `position` which of a text's languages
    it is, `day_pattern` how a date is written in a table (Unicode's date patterns).
    """

    code: str
    folder: str
    position: int
    locale: Locale
    day_pattern: str

    @property
    def texts(self) -> Mapping[str, Mapping[str, str]]:
        """Texts by section and key."""
        return _texts(self.position)


SWEDISH = Language("sv", "", 0, Locale("sv", "SE"), "yyyy-MM-dd")
ENGLISH = Language("en", "en/", 1, Locale("en", "GB"), "d MMM y")
LANGUAGES = (SWEDISH, ENGLISH)


class _Texts(dict[str, Any]):
    """Texts by key, which are attributes too: templates look for those first, and a miss costs more than a text."""

    def __init__(self, texts: Mapping[str, Any]) -> None:
        super().__init__(texts)
        self.__dict__ = self


@cache
def _texts(position: int) -> Mapping[str, Mapping[str, str]]:
    with TEXTS_FILE.open("rb") as file:
        return _Texts({name: _section(texts, name, position) for name, texts in tomllib.load(file).items()})


def _section(texts: Mapping[str, Any], section: str, position: int) -> dict[str, str]:
    wrong = [key for key, both in texts.items() if len(both) != len(LANGUAGES)]
    if wrong:
        raise TextsError(f"{TEXTS_FILE.name}, [{section}] {', '.join(wrong)}: write the Swedish and the English text")
    return _Texts({key: both[position] for key, both in texts.items()})


@cache
def number(value: float | None, language: Language, decimals: int = 0) -> str:
    """A number with the language's separators; a dash where there is none."""
    if value is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    # A pattern of our own has a hyphen for a minus: put the language's sign there.
    minus = language.locale.number_symbols["latn"]["minusSign"]
    return str(format_decimal(value, pattern, locale=language.locale)).replace("-", minus)


@cache
def signed(value: int | None, language: Language) -> str:
    """A number with its sign, zero without."""
    return f"+{number(value, language)}" if value is not None and value > 0 else number(value, language)


@cache
def percent(value: float | None, language: Language) -> str:
    """A percentage with one decimal, such as 61,5 %."""
    if value is None:
        return NOTHING
    return number(value, language, 1) + ("\N{NO-BREAK SPACE}%" if language is SWEDISH else "%")


@cache
def day(value: date | None, language: Language) -> str:
    """A date as in a table."""
    return NOTHING if value is None else str(format_date(value, language.day_pattern, locale=language.locale))


@cache
def long_day(value: date | None, language: Language) -> str:
    """A date as in a sentence."""
    return NOTHING if value is None else str(format_date(value, "d MMMM y", locale=language.locale))


@cache
def month(value: date | None, language: Language) -> str:
    """A month by its name."""
    return NOTHING if value is None else str(format_date(value, "LLLL", locale=language.locale))


@cache
def short_month(value: date, language: Language) -> str:
    """A month by its name's first three letters."""
    return month(value, language)[:3]
