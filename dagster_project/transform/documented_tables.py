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
        connection.execute(self.comments())

    def comments(self) -> str:
        """SQL that puts the descriptions into the database."""
        table = f"{self.schema}.{self.name}"
        of_columns = (f"comment on column {table}.{name} is {sql_text(said)};" for name, _, said in self.columns)
        return "\n".join([f"comment on table {table} is {sql_text(self.description)};", *of_columns])


def describe_tables(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Put what dbt says of its tables and their columns into the database: dbt itself takes ten times as long."""
    made = [_documented(node) for node in nodes() if node["config"]["materialized"] in ("table", "seed")]
    warehouse.execute("\n".join(["begin;", *(table.comments() for table in made), "commit;"]))


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


def _documented(node: dict[str, Any], key: tuple[str, ...] = ()) -> Table:
    columns = tuple(
        (column["name"], column["data_type"], column["description"].strip()) for column in node["columns"].values()
    )
    return Table(node["schema"], node["name"], node["description"], columns, key)
