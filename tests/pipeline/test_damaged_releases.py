"""Builds after a release was damaged: they go on from the newest whole one, publish, and say so."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

from conftest import EXAMPLES, Build, Built, copied
from unit.small_release import cut_short

from dagster_project.releases.folder import BUILD_ID_FORMAT, began_at

LANDING = EXAMPLES / "world-1" / "landing"


def remembered(built: Built) -> list[str]:
    return [build_id for (build_id,) in built.query("select build_id from history.releases order by 1")]


def findings(built: Built) -> list[tuple[str, str]]:
    said = json.loads((built.output / "current" / "build.json").read_text())["findings"]
    return [(finding["kind"], finding["about"]) for finding in said]


def test_builds_go_on_from_the_newest_whole_release(build: Build, first_example: Built, tmp_path: Path) -> None:
    """The newest release is a copy whose warehouse is cut short; then it is gone, and `current` leads nowhere."""
    output = copied(first_example, tmp_path / "output")
    whole = (output / "current").resolve()
    a_moment_later = began_at(whole.name) + timedelta(microseconds=1)
    damaged = shutil.copytree(whole, whole.with_name(a_moment_later.strftime(BUILD_ID_FORMAT)))
    cut_short(damaged / "warehouse.duckdb")
    (output / "current").unlink()
    (output / "current").symlink_to(f"releases/{damaged.name}")

    second = build(LANDING, "2026-01-31", output)
    assert second.exit_code == 0, second.text
    assert f"Release {damaged.name} is damaged (warehouse.duckdb). The build went on from: {whole.name}." in second.text
    assert findings(second) == [("release", damaged.name)]
    published = (output / "current").resolve()
    assert remembered(second) == [whole.name, published.name]
    assert second.query("select count(*) from history.plan_publications where published_to_at is not null") == [(0,)]

    shutil.rmtree(damaged)
    (output / "current").unlink()
    (output / "current").symlink_to(f"releases/{damaged.name}")
    third = build(LANDING, "2026-01-31", output)
    assert third.exit_code == 0, third.text
    assert f"The link current led to no release. The build went on from: {published.name}." in third.text
    assert findings(third) == [("current", "current")]
    assert remembered(third) == [whole.name, published.name, (output / "current").resolve().name]
