"""How every template of the pages is filled in: escaped, strict, with numbers and dates as a language writes them."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import jinja2

from dagster_project import language as languages
from dagster_project.language import Language

_FOLDER = Path(__file__).with_name("templates")
_FORMS = ("number", "signed", "percent", "day", "long_day", "month", "short_month")


def _without_indentation(name: str) -> str:
    """A template's text. Indentation is for those who read templates: a third of a page, were it sent."""
    return re.sub(r"\n\s+", "\n ", (_FOLDER / name).read_text(encoding="utf-8"))


def templates(language: Language) -> jinja2.Environment:
    """The templates, with a filter for every form of a number or date."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_without_indentation),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {form: partial(getattr(languages, form), language=language) for form in _FORMS}
    return environment
