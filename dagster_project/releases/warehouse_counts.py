"""What a warehouse holds, as build.json and the pages show it: rows by table, delivered files."""

from __future__ import annotations

from typing import Any

import duckdb


def row_counts(warehouse: duckdb.DuckDBPyConnection, schema: str) -> dict[str, int]:
    """Rows of every table of a schema, by name."""
    tables = warehouse.execute(
        "select table_name from duckdb_tables() where schema_name = ? order by table_name", [schema]
    ).fetchall()
    return {name: _count(warehouse, f"{schema}.{name}") for (name,) in tables}


def _count(warehouse: duckdb.DuckDBPyConnection, table: str) -> int:
    counted = warehouse.execute(f"select count(*) from {table}").fetchone()
    return counted[0] if counted else 0


def landed_files(warehouse: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """marts.landed_files, a row each, with the file's problem and its list of unknown columns."""
    landed = warehouse.execute("""
        select files.*, landed.problem, landed.unknown_columns
        from marts.landed_files as files
        inner join staging.stg_landed_files as landed using (feed, file_name)
        order by feed, file_name
    """)
    names = [column[0] for column in landed.description or []]
    files = [dict(zip(names, row, strict=True)) for row in landed.fetchall()]
    return [file | {"unknown_columns": (file["unknown_columns"] or "").splitlines()} for file in files]
