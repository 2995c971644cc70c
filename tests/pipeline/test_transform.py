"""What dbt leaves behind in this process, which goes on with the warehouse."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from conftest import SHIPPED_AS_OF, SHIPPED_LANDING, Built

from dagster_project.settings import settings_for
from dagster_project.transform import invoke_dbt
from dagster_project.workplace import Workplace


def test_rows_come_in_order_once_dbt_has_ended(shipped: Built, tmp_path: Path) -> None:
    place = Workplace(settings_for(SHIPPED_LANDING, tmp_path, date.fromisoformat(SHIPPED_AS_OF)), "build", tmp_path)
    shutil.copyfile((shipped.output / "current" / "warehouse.duckdb").resolve(), place.warehouse_file)
    with place.warehouse() as warehouse:
        warehouse.execute("drop table marts.counties")
    invoke_dbt(["run", "--select", "counties"], place.warehouse_file, tmp_path / "dbt", SHIPPED_AS_OF)
    with place.warehouse() as warehouse:
        assert warehouse.execute("select count(*) from marts.counties").fetchone() == (21,)
        assert warehouse.execute("select current_setting('preserve_insertion_order')").fetchone() == (True,)
