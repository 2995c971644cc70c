"""Writes tables as Parquet files that say, in their metadata, which release they are of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from dagster_project.sql import named_rows, sql_text


def write_parquet(
    connection: duckdb.DuckDBPyConnection, table: str, file: Path, more_facts: Mapping[str, str] | None = None
) -> None:
    """Write a table, with its rows in their order and the facts of marts.release, and more, in the file's metadata.

    `table` is a table's name or a query in brackets.
    """
    facts = named_rows(
        connection,
        "select columns(['build_id', 'as_of_date', 'known_at', 'is_simulated'])::varchar from marts.release",
    )[0]._asdict()
    facts |= more_facts or {}
    metadata = ", ".join(f"{name}: {sql_text(fact)}" for name, fact in facts.items() if fact is not None)
    connection.execute(f"copy {table} to {sql_text(file)} (format parquet, kv_metadata {{{metadata}}})")
