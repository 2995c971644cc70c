"""Documents say what is so: feeds, data, dependencies, models."""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from datetime import date
from importlib.metadata import packages_distributions
from itertools import chain

from conftest import PROJECT, SHIPPED_LANDING

from dagster_project.checks.contract import CHECKS
from dagster_project.ingest.feeds_page import feeds_markdown
from dagster_project.language import ENGLISH
from dagster_project.publish.data.public_tables import internal_downloads, outcome_downloads, plan_downloads
from dagster_project.publish.public_day import PublicDay
from dagster_project.publish.site.figure_sources import read_sources
from dagster_project.publish.site.server import SECURITY_HEADERS
from dagster_project.settings import SOURCES_FILE
from dagster_project.transform.dbt_manifest import manifest
from dagster_project.transform.documented_tables import description, in_swedish


def test_feeds_page_is_made_from_the_table_of_feeds() -> None:
    assert (PROJECT / "docs" / "feeds.md").read_text(encoding="utf-8") == feeds_markdown(), "run make docs"


def test_every_dependency_has_a_reason() -> None:
    lines = (PROJECT / "pyproject.toml").read_text().splitlines()
    pins = [line for line in lines if re.match(r'\s+"[A-Za-z-]+[=>]=', line)]
    assert len(pins) > 15
    assert [line for line in pins if not re.search(r"# .{12,}", line)] == []


# Dependencies that no module of ours imports: where one sees that they are needed.
NEEDED_OTHERWISE = {
    "dagster-postgres": ("dagster_project/settings.py", "postgres_url"),
    "setuptools": ("pyproject.toml", "setuptools.build_meta"),
    "djlint": ("Makefile", "/djlint"),
    "mypy": ("Makefile", "/mypy"),
    "ruff": ("Makefile", "/ruff"),
    "sqlfluff": ("Makefile", "/sqlfluff"),
    "pytest-xdist": ("Makefile", "--dist loadfile"),
    "pandas-stubs": ("expectations/suite.py", "import pandas"),
    "pyarrow-stubs": ("dagster_project/ingest/read_parquet.py", "import pyarrow"),
}


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    pins = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"(?:\[\w+\])?[=>]=", pin)[0].lower() for pin in pins}
    files = [*(PROJECT / "dagster_project").rglob("*.py"), *(PROJECT / "tests").rglob("*.py")]
    files += (PROJECT / "expectations").rglob("*.py")
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    imported = set(re.findall(r"^\s*(?:from|import) ([\w.]+)", code, re.MULTILINE))
    provides = {"dbt-core": {"dbt.cli.main"}, "dbt-duckdb": {"dbt.adapters.duckdb.connections"}}
    for module, distributions in packages_distributions().items():
        for name in distributions:
            provides.setdefault(name.lower().replace("_", "-"), set()).add(module)
    used = imported | {name.split(".")[0] for name in imported} - {"dbt"}  # two packages share this name
    unused = {name for name in names if not provides.get(name, set()) & used}
    assert unused <= NEEDED_OTHERWISE.keys()
    for file, text in NEEDED_OTHERWISE.values():
        assert text in (PROJECT / file).read_text(encoding="utf-8"), file


def test_every_dependency_is_locked_with_a_hash() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    testing = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    spark = [*project["dependencies"], *project["optional-dependencies"]["spark"]]
    locks = {"": project["dependencies"], "-dev": testing, "-spark": spark}
    for name, pins in ((f"requirements{kind}.lock", pins) for kind, pins in locks.items()):
        lock = (PROJECT / name).read_text()
        for pin in (re.sub(r"\[\w+\]", "", pin) for pin in pins if "==" in pin):
            assert re.search(rf"^{re.escape(pin)}( ;.*)? \\\n    --hash=sha256:", lock, re.MULTILINE | re.IGNORECASE), (
                pin
            )


def test_what_running_needs_is_locked_alike_for_testing() -> None:
    pins = re.compile(r"^([a-z0-9._-]+==\S+)", re.MULTILINE)
    running, testing, spark = (
        set(pins.findall((PROJECT / f"requirements{kind}.lock").read_text())) for kind in ("", "-dev", "-spark")
    )
    assert running < testing
    assert running < spark


def test_every_real_decision_has_a_source() -> None:
    with (PROJECT / "data" / "reference" / "quota_decision_sources.csv").open(encoding="utf-8") as file:
        sources = {
            (row["decision_id"], row["quota_year"], row["area_code"]): row["source"] for row in csv.DictReader(file)
        }
    known = {source.id for source in read_sources(SOURCES_FILE)}
    real = []
    for path in sorted((SHIPPED_LANDING / "quota_decisions").glob("*-real.csv")):
        with path.open(encoding="utf-8") as file:
            real += [(row["decision_id"], row["quota_year"], row["area_code"]) for row in csv.DictReader(file)]
    assert set(real) == set(sources)
    assert {source for each in sources.values() for source in each.split(";")} <= known


def test_every_model_is_described_and_every_mart_column_too() -> None:
    for node in manifest()["nodes"].values():
        if node["resource_type"] == "model" and node["schema"] == "marts":
            assert node["description"], node["name"]
            assert node["config"]["contract"]["enforced"], node["name"]
            assert all(column["description"] for column in node["columns"].values()), node["name"]


def test_every_published_table_and_column_is_described_in_swedish_and_without_numbers_of_rules() -> None:
    outcomes = outcome_downloads(PublicDay(date(2026, 2, 28), 5))
    tables = [one.table for one in (*internal_downloads(), *plan_downloads(), *outcomes)]
    said = {text for table in tables for text in (table.description, *(column[2] for column in table.columns))}
    assert said == in_swedish().keys(), "descriptions.sv.toml: add what is missing, remove what nothing says any more"
    shown = [*in_swedish().values(), *(description(text, ENGLISH) for text in said)]
    assert [text for text in shown if re.search(r"\bR\d|\bsection \d", text)] == []


def test_models_with_a_rule_name_it_first() -> None:
    rules: Counter[str] = Counter()
    for path in sorted((PROJECT / "dbt_project" / "models" / "intermediate").rglob("*.sql")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.match(r"-- R\d", first), f"{path.name} does not begin with its rule"
        rules.update(re.findall(r"R\d+", first))
    assert {f"R{number}" for number in (1, 2, 3, 4, 5, 6, 8, 9)} <= set(rules)


def test_models_are_of_a_readable_size() -> None:
    sizes = {
        path.name: len(path.read_text().splitlines()) for path in (PROJECT / "dbt_project" / "models").rglob("*.sql")
    }
    assert [name for name, lines in sizes.items() if lines > 100] == []


def test_operators_page_names_every_check() -> None:
    page = (PROJECT / "docs" / "operators.md").read_text(encoding="utf-8")
    assert [check.name for check in CHECKS if f"`{check.name}`" not in page] == []


def test_operators_page_shows_a_web_server_with_the_headers_of_ours() -> None:
    page = (PROJECT / "docs" / "operators.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r'^    add_header (\S+) "?([^"\n]+?)"? always;$', page, re.MULTILINE))
    assert shown == SECURITY_HEADERS


def test_every_direct_dependency_has_a_listed_licence() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    listed = (PROJECT / "docs" / "licences.md").read_text(encoding="utf-8").lower().replace("_", "-")
    extras = project["optional-dependencies"].values()
    pins = [re.split(r"(?:\[\w+\])?[=>]=", pin) for pin in chain(project["dependencies"], *extras)]
    assert [name for name, pinned in pins if f"| {name.lower()} | {pinned} |" not in listed] == []
