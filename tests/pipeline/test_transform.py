"""What dbt leaves behind in this process, which has the warehouse open before and after."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from conftest import SHIPPED_AS_OF, SHIPPED_LANDING, Built

from dagster_project.manifest import manifest
from dagster_project.settings import settings_for
from dagster_project.transform import run_dbt
from dagster_project.workplace import Workplace


def test_rows_come_in_order_once_dbt_has_ended(shipped: Built, tmp_path: Path) -> None:
    place = Workplace(settings_for(SHIPPED_LANDING, tmp_path, date.fromisoformat(SHIPPED_AS_OF)), "build", tmp_path)
    shutil.copyfile((shipped.output / "current" / "warehouse.duckdb").resolve(), place.warehouse_file)
    place.unchanged = frozenset(source["name"] for source in manifest()["sources"].values())
    place.keep_warehouse_open()
    with place.warehouse() as warehouse:
        assert run_dbt(place)
        assert warehouse.execute("select current_setting('preserve_insertion_order')").fetchone() == (True,)
    place.close_warehouse()
