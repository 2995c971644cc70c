"""What is said of a table: by dbt's documentation of models and sources, or by who makes it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any

import duckdb

from dagster_project.language import SWEDISH, Language
from dagster_project.settings import DBT_PROJECT
from dagster_project.sql import sql_text
from dagster_project.transform.dbt_manifest import EDITION_SCHEMA, grains, manifest, nodes

CHECK_RESULTS = "check_results"
_IN_SWEDISH = DBT_PROJECT / "models" / "descriptions.sv.toml"
_RULE = re.compile(r" \([^()]*\b(?:R\d+|contract, section \d+)\)")  # of the contract, which pages do not explain
_AS_DUCKDB_SAYS = {"string": "varchar"}  # the models say what Spark understands too


class Readers(StrEnum):
    """Who may read a table: everyone, those who log in to internal/, or those who may open the warehouse."""

    EVERYONE = "everyone"
    INTERNAL = "internal"
    ANALYSTS = "analysts"


@dataclass(frozen=True)
class Table:
    """A table: its schema and name, what one row is, its columns with type and description, its key.

    `rests_on` are the kinds of figures (marts.figure_origins) that decide whether a row is simulated.
    """

    schema: str
    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]
    rests_on: tuple[str, ...] = ()

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


def description(english: str, language: Language) -> str:
    """What is said of a table or column, for readers of a language and without numbers of the contract's rules."""
    return in_swedish()[english] if language is SWEDISH else _RULE.sub("", english)


@cache
def in_swedish() -> dict[str, str]:
    """Descriptions of published tables and their columns in Swedish, by the English one."""
    with _IN_SWEDISH.open("rb") as file:
        return {english: swedish for texts in tomllib.load(file).values() for english, swedish in texts.items()}


def describe_tables(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Put what dbt says of its tables and their columns into the database: dbt itself takes ten times as long."""
    there = set(warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall())
    made = [
        _documented(node)
        for node in nodes()
        if node["config"]["materialized"] in ("table", "seed") and (node["schema"], node["name"]) in there
    ]
    warehouse.execute("\n".join(["begin;", *(table.comments() for table in made), "commit;"]))


def internal_marts() -> list[Table]:
    """Marts of a release that those who log in see: all that name no single assignment, and the checks' outcomes."""
    marts = [table for table, readers in _marts("marts") if readers != Readers.ANALYSTS]
    return sorted([*marts, check_results_table()], key=lambda table: table.name)


def public_marts() -> list[Table]:
    """Marts of plans and decisions alone, which everyone sees as of the release."""
    return [table for table, readers in _marts("marts") if readers == Readers.EVERYONE]


def edition_tables() -> list[Table]:
    """Tables of an outcome edition, which everyone sees as of the public day."""
    [origins] = [table for table, _ in _marts("marts") if table.name == "figure_origins"]
    return [*(table for table, readers in _marts(EDITION_SCHEMA) if readers == Readers.EVERYONE), origins]


def _marts(schema: str) -> list[tuple[Table, str]]:
    """Models of a schema that say who reads them, by name."""
    keys = grains()
    found = []
    for node in nodes():
        said = node["config"].get("meta", {})
        if node["schema"] == schema and "readers" in said:
            table = _documented(node, keys.get(node["unique_id"], ()))
            found.append((replace(table, rests_on=tuple(said.get("rests_on", ()))), said["readers"]))
    return sorted(found, key=lambda one: one[0].name)


def check_results_table() -> Table:
    """The outcomes of the checks: dbt documents them as a source."""
    documented = next(source for source in manifest()["sources"].values() if source["name"] == CHECK_RESULTS)
    return _documented(documented, ("check_name",))


def _documented(node: dict[str, Any], key: tuple[str, ...] = ()) -> Table:
    columns = tuple(
        (column["name"], _AS_DUCKDB_SAYS.get(column["data_type"], column["data_type"]), column["description"].strip())
        for column in node["columns"].values()
    )
    return Table(node["schema"], node["name"], node["description"], columns, key)
