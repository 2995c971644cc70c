"""A county below its länstal: nothing is published, the old release stays, the blocked build is kept."""

from __future__ import annotations

import shutil

import pytest
from conftest import SHIPPED_AS_OF, SHIPPED_LANDING, Build, Built


@pytest.fixture(scope="module")
def blocked(build: Build, shipped: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Kronoberg's Växjö lowered by 5 in 2026, built where a good release is current."""
    output = tmp_path_factory.mktemp("blocked")
    shutil.copytree(shipped.output, output, symlinks=True, dirs_exist_ok=True)
    landing = output / "landing"
    shutil.copytree(SHIPPED_LANDING, landing)
    decided = landing / "quota_decisions" / "kommuntal-2026-simulated.csv"
    before = decided.read_text()
    lowered = before.replace("kommuntal,2026,0780,67,", "kommuntal,2026,0780,62,")
    assert lowered != before
    decided.write_text(lowered)
    return build(landing, SHIPPED_AS_OF, output)


def test_exits_with_3_and_names_county_and_missing_persons(blocked: Built) -> None:
    assert blocked.exit_code == 3
    assert "county_total_not_below_lanstal" in blocked.text
    assert "Kronobergs län 2026" in blocked.text
    assert "5 persons short" in blocked.text


def test_keeps_the_old_release_current(blocked: Built, shipped: Built) -> None:
    old = (shipped.output / "current").resolve().name
    assert (blocked.output / "current").resolve().name == old
    assert [path.name for path in (blocked.output / "releases").iterdir()] == [old]
    assert f"Release {old} stays current." in blocked.text


def test_keeps_the_blocked_build_whole(blocked: Built) -> None:
    [folder] = blocked.blocked
    assert str(folder) in blocked.text
    assert blocked.query(
        "select check_name, failing_rows from marts.check_results where severity = 'error' and not passed", folder
    ) == [("county_total_not_below_lanstal", 1)]
    assert (folder / "build.json").is_file()
    assert (folder / "parquet" / "county_quotas.parquet").is_file()


def test_leaves_nothing_half_made(blocked: Built) -> None:
    assert not (blocked.output / "building").exists()
