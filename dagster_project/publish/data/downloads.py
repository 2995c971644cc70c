"""The public tables as files: Parquet, JSON, two kinds of CSV, and a data dictionary for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.publish.data.parquet_files import write_parquet
from dagster_project.publish.data.publication_history import HISTORY_TABLES
from dagster_project.sql import sql_text
from dagster_project.transform.documented_tables import Table, public_marts

# What a spreadsheet would run as a formula when a cell begins with it.
_FORMULA = r"^[=+\-@\t\r]"
WRITTEN_AT_ONCE = 2  # a small table keeps no more than one core busy
_FIELD_TYPES = {
    "varchar": "string",
    "bigint": "integer",
    "date": "date",
    "boolean": "boolean",
    "double": "number",
    "timestamp": "datetime",
}


def write_downloads(connection: duckdb.DuckDBPyConnection, folder: Path, tables: Iterable[Table]) -> None:
    """Write public tables of the warehouse into `folder`, in every form."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WRITTEN_AT_ONCE) as pool:
        for written in [pool.submit(_write_table, connection.cursor(), table, folder) for table in tables]:
            written.result()


def write_data_package(connection: duckdb.DuckDBPyConnection, folder: Path, as_of: date, build_id: str) -> None:
    """Write datapackage.json, which describes all public tables, beside them."""
    tables = public_tables()
    (folder / "datapackage.json").write_text(
        json.dumps(data_package(tables, _simulated(connection), as_of, build_id), ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )


def public_tables() -> list[Table]:
    """All tables that everyone can download, by name."""
    return sorted([*public_marts(), *HISTORY_TABLES], key=lambda table: table.name)


def _write_table(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    write_parquet(connection, f"{table.schema}.{table.name}", folder / f"{table.name}.parquet")
    _write_texts(connection, table, folder)


def _write_texts(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    source = f"read_parquet({sql_text(folder / f'{table.name}.parquet')})"

    def copy(columns: list[str], file: Path, form: str) -> None:
        connection.execute(f"copy (select {', '.join(columns)} from {source}) to {sql_text(file)} ({form})")

    copy(table.column_names, folder / f"{table.name}.json", "format json, array true")
    copy([_harmless(*column[:2]) for column in table.columns], folder / f"{table.name}.csv", "format csv, header")
    for_excel = folder / f"{table.name}.excel.csv"
    with_comma = [_harmless(*column[:2], comma=True) for column in table.columns]
    copy(with_comma, for_excel, "format csv, header, delim ';'")
    for_excel.write_bytes(b"\xef\xbb\xbf" + for_excel.read_bytes())


def _harmless(name: str, data_type: str, comma: bool = False) -> str:
    """The column as SQL, text so that no spreadsheet runs it, numbers with a decimal comma where wished."""
    if data_type == "varchar":
        return f"if(regexp_matches({name}, {sql_text(_FORMULA)}), '''' || {name}, {name}) as {name}"
    if data_type == "double" and comma:
        return f"replace({name}::varchar, '.', ',') as {name}"
    return name


def _simulated(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Figures that are simulated, wholly or in part, with their year."""
    rows = connection.execute("""
        select distinct figure || ' ' || quota_year from marts.figure_origins where simulated_rows > 0 order by all
    """).fetchall()
    return [name for (name,) in rows]


def data_package(tables: list[Table], simulated: list[str], as_of: date, build_id: str) -> dict[str, Any]:
    """A Frictionless Data Package that describes the plain CSV files, with the other forms beside each."""
    return {
        "name": "arsplan",
        "title": "Årsplan: plan against outcome for the settlement of newly arrived refugees",
        "description": f"Figures to {as_of}. Simulated, wholly or in part: {', '.join(simulated) or 'nothing'}.",
        "version": build_id,
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "resources": [
            {
                "name": table.name,
                "path": f"{table.name}.csv",
                "description": table.description,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {"name": name, "type": _FIELD_TYPES[data_type], "description": description}
                        for name, data_type, description in table.columns
                    ],
                    "primaryKey": list(table.key),
                    "missingValues": [""],
                },
                "alternatives": [f"{table.name}.{suffix}" for suffix in ("parquet", "json", "excel.csv")],
            }
            for table in tables
        ],
    }
