"""Numbers, dates and words as readers of each language expect them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from dagster_project import language as languages
from dagster_project.language import ENGLISH, LANGUAGES, SWEDISH, TEXTS_FILE, Language, TextsError

PACKAGE = Path(languages.__file__).parent
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("language", "form", "value", "expected"),
    [
        (SWEDISH, "number", 14588, f"14{NO_BREAK}588"),
        (SWEDISH, "number", -1047, f"{MINUS}1{NO_BREAK}047"),
        (SWEDISH, "number", None, "–"),
        (SWEDISH, "signed", 3, "+3"),
        (SWEDISH, "signed", 0, "0"),
        (SWEDISH, "signed", -3, f"{MINUS}3"),
        (SWEDISH, "percent", 61.5, f"61,5{NO_BREAK}%"),
        (SWEDISH, "day", date(2026, 3, 1), "2026-03-01"),
        (SWEDISH, "long_day", date(2026, 3, 1), "1 mars 2026"),
        (SWEDISH, "short_month", date(2026, 5, 1), "maj"),
        (ENGLISH, "number", 14588, "14,588"),
        (ENGLISH, "percent", 61.5, "61.5%"),
        (ENGLISH, "day", date(2026, 3, 1), "1 Mar 2026"),
        (ENGLISH, "long_day", date(2026, 3, 1), "1 March 2026"),
        (ENGLISH, "month", date(2026, 3, 1), "March"),
        (ENGLISH, "day", None, "–"),
    ],
)
def test_forms(language: Language, form: str, value: object, expected: str) -> None:
    assert getattr(languages, form)(value, language) == expected


def test_both_languages_name_the_same_figures() -> None:
    swedish, english = (language.texts for language in LANGUAGES)
    placeholder = re.compile(r"\{(\w+)\}")
    for section, texts in swedish.items():
        for key, text in texts.items():
            assert set(placeholder.findall(text)) == set(placeholder.findall(english[section][key])), (section, key)
            assert text and english[section][key], (section, key)


def unused_texts(texts: Mapping[str, Mapping[str, str]], code: str, models: str) -> list[str]:
    """Texts that nothing names: by section and key, or by a word of program or models that the key is."""
    words = set(re.findall(r"""['"](\w+)['"]""", code + models))
    named = set(re.findall(r"(?=\b(\w+\.\w+)\b)", code))

    def is_used(section: str, key: str) -> bool:
        return f"{section}.{key}" in named or key.removeprefix("cause_").removesuffix("_advice") in words

    return [f"{section}.{key}" for section, keys in texts.items() for key in keys if not is_used(section, key)]


def test_every_text_is_used() -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in (".html", ".xml", ".py", ".js", ".txt")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    models = (PACKAGE.parent / "dbt_project" / "models").rglob("*.sql")
    sql = "\n".join(path.read_text(encoding="utf-8") for path in models)
    assert unused_texts(SWEDISH.texts, code, sql) == []


def test_a_text_that_nothing_names_is_noticed() -> None:
    texts = {"check": {"no_log_issues": "", "gone": ""}, "site": {"name": "", "other": ""}}
    assert unused_texts(texts, "{{ t.site.name }}", "select 'no_log_issues'") == ["check.gone", "site.other"]


def test_a_text_without_a_language_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / TEXTS_FILE.name
    file.write_text('[site]\nname = ["Årsplan"]\n', encoding="utf-8")
    monkeypatch.setattr(languages, "TEXTS_FILE", file)
    languages._texts.cache_clear()
    with pytest.raises(TextsError, match=r"\[site\] name: write the Swedish and the English text"):
        _ = SWEDISH.texts
    languages._texts.cache_clear()
