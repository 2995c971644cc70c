"""What could not be made is told with the kind of its error, what failed alike in one finding."""

from __future__ import annotations

from dagster_project.language import ENGLISH, SWEDISH
from dagster_project.publish.failures import Failure, failure, findings
from dagster_project.releases.build_json import ERROR
from dagster_project.service.alerts import told
from dagster_project.service.problems import FINDINGS

SECRET = "A-hemlig-1234"


def test_an_error_is_told_without_its_text() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        found = failure("public/index.html", "country.html", error)
    assert SECRET not in found.cause
    assert found.cause.startswith("ValueError in test_failures.py line")


def test_what_failed_alike_is_one_finding() -> None:
    broken = [Failure(f"public/{number}.html", "county.html", "KeyError") for number in range(1000)]
    odd = Failure("public/x.html", "county.html", "ValueError")
    first, second = findings("page", [*broken[:3], odd, *broken[3:]])
    assert (first.kind, first.severity, first.about, first.facts["count"]) == ("page", ERROR, "public/0.html", 1000)
    assert first.facts["addresses"].endswith("public/3.html, public/4.html …")
    assert (second.about, second.facts["addresses"], second.facts["count"]) == ("public/x.html", "public/x.html", 1)


def test_every_kind_has_words() -> None:
    for kind in ("document", "page", "edition"):
        assert kind in FINDINGS
        [finding] = findings(kind, [Failure("public/x.html", "county.html", "KeyError in contents.py line 7")])
        for language in (SWEDISH, ENGLISH):
            text = told(finding, language)
            assert "public/x.html" in text and "county.html" in text and "KeyError in contents.py line 7" in text
