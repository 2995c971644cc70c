"""What is said of a table: by dbt's documentation of models and sources, or by who makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from dagster_project.sql import sql_text
from dagster_project.transform.dbt_manifest import grains, manifest, nodes

CHECK_RESULTS = "check_results"


@dataclass(frozen=True)
class Table:
    """A table: its schema and name, what one row is, its columns with type and description, its key."""

    schema: str
    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [name for name, _, _ in self.columns]

    def create(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create it, empty and with its comments."""
        columns = ", ".join(f"{name} {data_type}" for name, data_type, _ in self.columns)
        connection.execute(f"create schema if not exists {self.schema}")
        connection.execute(f"create table {self.schema}.{self.name} ({columns})")
        connection.execute(f"comment on table {self.schema}.{self.name} is {sql_text(self.description)}")
        for name, _, description in self.columns:
            connection.execute(f"comment on column {self.schema}.{self.name}.{name} is {sql_text(description)}")


def public_marts() -> list[Table]:
    """Marts that may go to everyone: those whose model says so, and the outcomes of the checks."""
    keys = grains()
    marts = [
        _documented(node, keys.get(node["unique_id"], ()))
        for node in nodes()
        if node["config"].get("meta", {}).get("public")
    ]
    return sorted([*marts, check_results_table()], key=lambda table: table.name)


def check_results_table() -> Table:
    """The outcomes of the checks: dbt documents them as a source."""
    documented = next(source for source in manifest()["sources"].values() if source["name"] == CHECK_RESULTS)
    return _documented(documented, ("check_name",))


def _documented(node: dict[str, Any], key: tuple[str, ...]) -> Table:
    columns = tuple(
        (column["name"], column["data_type"], column["description"].strip()) for column in node["columns"].values()
    )
    return Table("marts", node["name"], node["description"], columns, key)
