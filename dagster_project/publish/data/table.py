"""What is said of a table that everyone may have."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from dagster_project.sql import sql_text


@dataclass(frozen=True)
class Table:
    """A public table: its schema and name, what one row is, its columns with type and description, its key."""

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
