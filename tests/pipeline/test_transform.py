"""What dbt makes is there for others of this process while it goes on."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from conftest import SHIPPED_AS_OF, SHIPPED_LANDING, Built

from dagster_project.settings import settings_for
from dagster_project.transform import invoke_dbt
from dagster_project.workplace import Workplace


def test_a_model_can_be_read_as_soon_as_it_is_made(shipped: Built, tmp_path: Path) -> None:
    place = Workplace(settings_for(SHIPPED_LANDING, tmp_path, date.fromisoformat(SHIPPED_AS_OF)), "build", tmp_path)
    shutil.copyfile((shipped.output / "current" / "warehouse.duckdb").resolve(), place.warehouse_file)
    with place.warehouse() as warehouse:
        warehouse.execute("drop table marts.counties; drop table marts.municipalities")
    rows = {}

    def made(model: str) -> None:
        with place.warehouse() as warehouse:
            rows[model] = warehouse.execute(f"select count(*) from marts.{model}").fetchone()

    invoke_dbt(
        ["run", "--select", "counties", "municipalities"], place.warehouse_file, tmp_path / "dbt", SHIPPED_AS_OF, made
    )
    assert rows == {"counties": (21,), "municipalities": (290,)}
