"""For every check one world that breaks it and it alone; its message tells a person what to do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from compiled_models import in_place_of_dbt

from dagster_project.checks.contract import CHECKS, checks_of
from dagster_project.checks.feed_suites import feed_suites
from dagster_project.checks.run_checks import run_checks
from dagster_project.ingest.dbt_sources import write_sources
from dagster_project.pipeline.closing_lines import check_lines
from dagster_project.releases.build_json import CheckResult
from dagster_project.settings import settings_for
from dagster_project.transform.dbt_manifest import EDITION_MODELS
from dagster_project.transform.run_dbt import build_models, dbt_variables, invoke_dbt, outcomes_of
from expectations.all_suites import SUITES
from expectations.suite import run_suites

AS_OF = "2026-03-31"

DECISIONS = """decision_id,level,quota_year,area_code,persons,decided_date,in_force_date
L1,lanstal,2026,07,24,2025-10-01,2026-01-01
L1,lanstal,2026,09,6,2025-10-01,2026-01-01
K1,kommuntal,2026,0760,12,2025-11-01,2026-01-01
K1,kommuntal,2026,0765,12,2025-11-01,2026-01-01
K1,kommuntal,2026,0980,6,2025-11-01,2026-01-01
"""
LOG = """event_id,event_type,event_date,assignment_id,municipality_code,persons,category,reason
E1,assigned,2026-01-10,A1,0760,1,accommodation_centre,
E2,received,2026-02-10,A1,,,,
E3,assigned,2026-03-28,A2,0765,1,quota_refugee,
"""


@dataclass
class World:
    """A small world in which everything is in order, and what is changed in it."""

    decisions: str = DECISIONS
    log: str = LOG
    redistributions: str = ""
    other_files: dict[str, bytes] = field(default_factory=dict)
    as_of: str = AS_OF

    def write(self, folder: Path) -> Path:
        files = {
            "quota_decisions/decisions.csv": self.decisions.encode(),
            "assignment_log/log.csv": self.log.encode(),
            **self.other_files,
        }
        if self.redistributions:
            header = (
                "agreement_id,quota_year,from_municipality_code,to_municipality_code,persons,"
                "requested_date,reconciled_date,decision,decided_date\n"
            )
            files["redistributions/r.csv"] = (header + self.redistributions).encode()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder


BROKEN_BY_DATA: dict[str, World] = {
    "files_readable": World(other_files={"assignment_log/broken.xlsx": b"no workbook"}),
    "county_total_not_below_lanstal": World(decisions=DECISIONS.replace("0765,12,", "0765,11,")),
    "kommuntal_not_negative": World(redistributions="R1,2026,0760,0765,13,2026-02-01,2026-02-02,approved,2026-02-03\n"),
    "rejected_rows_within_limit": World(log=LOG + "E4,arrived,2026-03-28,A3,0765,1,quota_refugee,\n"),
    "no_rejected_rows": World(
        decisions=DECISIONS
        + "".join(f"K{n},kommuntal,2026,0980,6,2025-11-{n:02d},2026-01-01\n" for n in range(2, 20))
        + "K0,kommuntal,2026,9999,6,2025-11-01,2026-01-01\n"
    ),
    "no_file_remarks": World(decisions=DECISIONS.replace("\n", ",remark\n", 1).replace("-01-01\n", "-01-01,x\n")),
    "no_log_issues": World(log=LOG + "E4,received,2026-03-29,A9,,,,\n"),
    "over_plan_has_approval": World(log=LOG + "E4,assigned,2026-03-29,A3,0760,5,quota_refugee,\n"),
    "no_overdue_receptions": World(log=LOG.replace("E2,received,2026-02-10,A1,,,,\n", "")),
    "redistributions_reconciled": World(redistributions="R1,2026,0760,0765,1,2026-02-01,,approved,2026-02-03\n"),
    "redistributions_valid": World(redistributions="R1,2026,0760,0980,1,2026-02-01,2026-02-02,approved,2026-02-03\n"),
    "kommuntal_reported": World(decisions=DECISIONS + "L1,lanstal,2026,10,5,2025-10-01,2026-01-01\n"),
    "kommuntal_follows_lanstal": World(decisions=DECISIONS + "L2,lanstal,2026,09,7,2026-03-01,2026-03-15\n"),
    "past_county_totals_not_below_lanstal": World(
        decisions=DECISIONS.replace("0765,12,", "0765,11,") + "K2,kommuntal,2026,0765,12,2026-02-01,2026-02-01\n"
    ),
    "feeds_are_fresh": World(as_of="2026-04-20"),
}

# No delivery can break these: they guard against defects of the models. So the marts themselves are hurt.
BROKEN_BY_DEFECT = {
    "plan_sums_to_kommuntal": "update marts.monthly_plan_versions set planned_persons = planned_persons + 1 "
    "where municipality_code = '0980' and plan_month = '2026-12-01'",
    "plan_not_negative": "update marts.monthly_plan set planned_persons = -1 "
    "where municipality_code = '0980' and plan_month = '2026-12-01'",
    "every_assignment_counted_once": "update marts.quota_year_counts set open_persons = open_persons + 1 "
    "where municipality_code = '0765'",
}


def checked(world: World, folder: Path) -> list[CheckResult]:
    """What the checks find in a world: the steps of a build up to them, without a release."""
    landing = world.write(folder / "landing")
    settings = replace(settings_for(landing, folder, date.fromisoformat(world.as_of)), with_site=False)
    write_sources(landing, folder / "sources", folder / "kept", lambda *_: None)
    variables = dbt_variables(settings.as_of, None, "B1")
    with in_place_of_dbt():
        results = build_models(folder / "warehouse.duckdb", folder / "sources", folder / "dbt", variables)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        return run_checks(warehouse, dict(outcomes_of(results)), settings, [])


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CheckResult]]:
    """The warehouse of the good world, and what the checks find in it."""
    folder = tmp_path_factory.mktemp("good")
    return folder / "warehouse.duckdb", checked(World(), folder)


def test_every_check_of_the_contract_is_tried() -> None:
    assert BROKEN_BY_DATA.keys() | BROKEN_BY_DEFECT.keys() == {check.name for check in checks_of(with_site=False)}


def test_in_the_good_world_all_pass(good: tuple[Path, list[CheckResult]]) -> None:
    assert [check for check in good[1] if not check.passed or check.failing_rows] == []


@pytest.mark.parametrize("name", BROKEN_BY_DATA)
def test_it_alone_fails_and_says_what_to_do(name: str, tmp_path: Path) -> None:
    failed = {check.check_name: check for check in checked(BROKEN_BY_DATA[name], tmp_path) if not check.passed}

    # A row beyond the limit is also a row that was set aside.
    assert failed.keys() == {name} | ({"no_rejected_rows"} if name == "rejected_rows_within_limit" else set())
    [check] = [check for check in CHECKS if check.name == name]
    assert failed[name].severity == check.severity
    assert check_lines(failed[name])[0] == f"  {name}: 1 row. {check.advice}"


@pytest.mark.parametrize("name", BROKEN_BY_DEFECT)
def test_a_defect_is_noticed_by_it_alone(name: str, good: tuple[Path, list[CheckResult]], tmp_path: Path) -> None:
    hurt = tmp_path / "warehouse.duckdb"
    shutil.copyfile(good[0], hurt)
    with duckdb.connect(str(hurt)) as warehouse:
        warehouse.execute(BROKEN_BY_DEFECT[name])
    command = ["test", "--exclude", EDITION_MODELS, "--exclude-resource-type=unit_test"]
    results = invoke_dbt(command, hurt, tmp_path / "dbt", {"as_of": AS_OF})
    by_tests = [outcome for _, outcome in outcomes_of(results)]
    with duckdb.connect(str(hurt)) as warehouse:
        parameters = {"as_of": date.fromisoformat(AS_OF), "rejected_rows_limit": 0.05, "stale_after_days": 7}
        by_suites = run_suites([*feed_suites(), *SUITES], warehouse, parameters)
    assert [outcome.name for outcome in [*by_tests, *by_suites] if not outcome.passed] == [name]
