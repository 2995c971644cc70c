"""What a warehouse holds, as build.json and the pages show it: rows by table, delivered files."""

from __future__ import annotations

from typing import Any

import duckdb

from dagster_project.sql import named_rows


def row_counts(warehouse: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    """Rows of every table or view of a schema, by name."""
    tables = warehouse.execute(
        "select table_name from information_schema.tables where table_schema = ? order by table_name", [schema]
    ).fetchall()
    return {name: _count(warehouse, f"{schema}.{name}") for (name,) in tables}


def _count(warehouse: duckdb.DuckDBPyConnection, table: str) -> int:
    counted = warehouse.execute(f"select count(*) from {table}").fetchone()
    return counted[0] if counted else 0


def landed_files(warehouse: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """marts.landed_files, a row each, with the file's problem."""
    landed = """
        select files.*, landed.problem
        from marts.landed_files as files
        inner join staging.stg_landed_files as landed using (feed, file_name)
        order by feed, file_name
    """
    return [row._asdict() for row in named_rows(warehouse, landed)]


def file_remarks(warehouse: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """marts.file_remarks, a row each."""
    return [row._asdict() for row in named_rows(warehouse, "from marts.file_remarks order by all")]
