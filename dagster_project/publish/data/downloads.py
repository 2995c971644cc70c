"""Tables as files: Parquet, JSON, two kinds of CSV, and a data dictionary for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.language import ENGLISH, SWEDISH
from dagster_project.publish.data.parquet_files import write_parquet
from dagster_project.publish.data.public_tables import Download
from dagster_project.sql import sql_text
from dagster_project.transform.documented_tables import Table, description

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


def write_downloads(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: Iterable[Download], facts: Mapping[str, str]
) -> None:
    """Write tables of the warehouse into `folder`, in every form; `facts` are told in the Parquet files' metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WRITTEN_AT_ONCE) as pool:
        for written in [pool.submit(_write_table, connection.cursor(), one, folder, facts) for one in tables]:
            written.result()


def write_data_package(folder: Path, tables: Iterable[Table], says: str, build_id: str) -> None:
    """Write datapackage.json, which describes the tables beside it; `says` what their figures are."""
    described = sorted(tables, key=lambda table: table.name)
    text = json.dumps(data_package(described, says, build_id), ensure_ascii=False, indent=1)
    (folder / "datapackage.json").write_text(f"{text}\n", encoding="utf-8")


def simulated_figures(connection: duckdb.DuckDBPyConnection, log_until: date) -> str:
    """Figures that are simulated, wholly or in part, with their years, in words; those of the log until a day."""
    query = """
        select distinct figure || ' ' || quota_year from marts.figure_origins
        where simulated_rows > 0 and (figure <> 'assignment_log' or quota_year <= ?)
        order by all
    """
    rows = connection.execute(query, [log_until.year]).fetchall()
    return ", ".join(name for (name,) in rows) or "nothing"


def _write_table(
    connection: duckdb.DuckDBPyConnection, download: Download, folder: Path, facts: Mapping[str, str]
) -> None:
    table = download.table
    write_parquet(connection, download.query, folder / f"{table.name}.parquet", facts)
    _write_texts(connection, table, folder)


def _write_texts(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    source = f"read_parquet({sql_text(folder / f'{table.name}.parquet')})"

    def copy(columns: list[str], file: Path, form: str) -> None:
        connection.execute(f"copy (select {', '.join(columns)} from {source}) to {sql_text(file)} ({form})")

    copy(table.column_names, folder / f"{table.name}.json", "format json, array true")
    copy([_harmless(*column[:2]) for column in table.columns], folder / f"{table.name}.csv", "format csv, header")
    for_excel = folder / f"{table.name}.excel.csv"
    copy([_harmless(*column[:2], swedish=True) for column in table.columns], for_excel, "format csv, header, delim ';'")
    # A formula keeps the zeros that a code begins with, as long as its field is not quoted.
    codes_as_they_are = re.sub(rb'"=""(\d+)"""', rb'="\1"', for_excel.read_bytes())
    for_excel.write_bytes(b"\xef\xbb\xbf" + codes_as_they_are)


def _harmless(name: str, data_type: str, swedish: bool = False) -> str:
    """The column as SQL, text so that no spreadsheet runs it; `swedish`: with decimal commas, and codes as formulas."""
    if name.endswith("_code") and swedish:
        return f"'=\"' || {name} || '\"' as {name}"
    if data_type == "varchar":
        return f"if(regexp_matches({name}, {sql_text(_FORMULA)}), '''' || {name}, {name}) as {name}"
    if data_type == "double" and swedish:
        return f"replace({name}::varchar, '.', ',') as {name}"
    return name


def data_package(tables: list[Table], says: str, build_id: str) -> dict[str, Any]:
    """A Frictionless Data Package that describes the plain CSV files, with the other forms beside each."""
    return {
        "name": "arsplan",
        "title": "Årsplan: plan against outcome for the settlement of newly arrived refugees",
        "description": says,
        "version": build_id,
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "resources": [
            {
                "name": table.name,
                "path": f"{table.name}.csv",
                **_described(table.description),
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {"name": name, "type": _FIELD_TYPES[data_type], **_described(said)}
                        for name, data_type, said in table.columns
                    ],
                    "primaryKey": list(table.key),
                    "missingValues": [""],
                },
                "alternatives": [f"{table.name}.{suffix}" for suffix in ("parquet", "json", "excel.csv")],
            }
            for table in tables
        ],
    }


def _described(english: str) -> dict[str, str]:
    """A description as a data package has it, which knows one language: Swedish stands beside as a property of ours."""
    return {"description": description(english, ENGLISH), "description_sv": description(english, SWEDISH)}
