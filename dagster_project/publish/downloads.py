"""The public tables as files: Parquet, JSON, two kinds of CSV, and a data dictionary for machines."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dagster_project.checks import sql_text
from dagster_project.publish.changes import Changes
from dagster_project.publish.figures import Figures
from dagster_project.transform import manifest

# What a spreadsheet would run as a formula when a cell begins with it.
_FORMULA = r"^[=+\-@\t\r]"
_FIELD_TYPES = {"varchar": "string", "bigint": "integer", "date": "date", "boolean": "boolean", "double": "number"}
_ARROW_TYPES = {"varchar": pa.string(), "bigint": pa.int64(), "date": pa.date32()}
_CHECK_RESULTS = "check_results"
_CHANGES = "changes"


@dataclass(frozen=True)
class Table:
    """A public table: its name, what one row is, its columns with type and description, its key."""

    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    key: tuple[str, ...]


CHANGES_TABLE = Table(
    _CHANGES,
    "What differs from the release before: one row per cell with another number.",
    (
        ("area_code", "varchar", "'00' for the whole country, two digits for a county, four for a municipality."),
        ("quota_year", "bigint", "The year of the figure."),
        ("plan_month", "date", "First day of the month; null for a figure of the whole year."),
        ("figure", "varchar", "lanstal, kommuntal, open, planned, assigned, cancelled, received or prior_year."),
        ("persons_before", "bigint", "Persons in the release before; null where there was no such cell."),
        ("persons_after", "bigint", "Persons in this release; null where there is no such cell any more."),
        ("cause", "varchar", "kommuntal, redistribution, wish; a feed that was delivered anew; as_of; or code."),
        ("change_ids", "varchar", "Decisions or requests behind the change, separated by semicolons."),
    ),
    ("area_code", "quota_year", "plan_month", "figure"),
)


def public_tables() -> list[Table]:
    """Marts that may go to everyone: those whose model says so, and the outcomes of the checks."""
    nodes = manifest()["nodes"].values()
    keys = {
        node["attached_node"]: tuple(node["test_metadata"]["kwargs"]["columns"])
        for node in nodes
        if node.get("test_metadata", {}) and node["test_metadata"]["name"] == "unique_grain"
    }
    marts = [
        _documented(node, keys.get(node["unique_id"], ()))
        for node in nodes
        if node["config"].get("meta", {}).get("public")
    ]
    checks = next(source for source in manifest()["sources"].values() if source["name"] == _CHECK_RESULTS)
    return sorted([*marts, _documented(checks, ("check_name",))], key=lambda table: table.name)


def _documented(node: dict[str, Any], key: tuple[str, ...]) -> Table:
    columns = tuple(
        (column["name"], column["data_type"], column["description"].strip()) for column in node["columns"].values()
    )
    return Table(node["name"], node["description"], columns, key)


def write_downloads(
    connection: duckdb.DuckDBPyConnection, parquet: Path, folder: Path, figures: Figures, changes: Changes
) -> None:
    """Write every public table, what has changed, and datapackage.json into `folder`."""
    folder.mkdir(parents=True)
    frame = pa.table(
        {
            name: pa.array([row[position] for row in changes.rows], _ARROW_TYPES[data_type])
            for position, (name, data_type, _) in enumerate(CHANGES_TABLE.columns)
        }
    )
    connection.register("changed_cells", frame)
    connection.execute(f"copy changed_cells to {sql_text(str(folder / f'{_CHANGES}.parquet'))} (format parquet)")
    connection.unregister("changed_cells")
    tables = [*public_tables(), CHANGES_TABLE]
    for table in tables:
        if table is not CHANGES_TABLE:
            shutil.copyfile(parquet / f"{table.name}.parquet", folder / f"{table.name}.parquet")
        _write_texts(connection, table, folder)
    (folder / "datapackage.json").write_text(
        json.dumps(data_package(tables, figures), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def _write_texts(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    source = f"read_parquet({sql_text(str(folder / f'{table.name}.parquet'))})"

    def copy(columns: list[str], file: Path, form: str) -> None:
        connection.execute(f"copy (select {', '.join(columns)} from {source}) to {sql_text(str(file))} ({form})")

    names = [name for name, _, _ in table.columns]
    copy(names, folder / f"{table.name}.json", "format json, array true")
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


def data_package(tables: list[Table], figures: Figures) -> dict[str, Any]:
    """A Frictionless Data Package that describes the plain CSV files, with the other forms beside each."""
    simulated = sorted(
        {f"{row.figure} {row.quota_year}" for row in figures.marts["figure_origins"] if row.simulated_rows}
    )
    return {
        "name": "arsplan",
        "title": "Årsplan: plan against outcome for the settlement of newly arrived refugees",
        "description": (
            f"Figures to {figures.as_of}. Simulated, wholly or in part: {', '.join(simulated) or 'nothing'}."
        ),
        "version": figures.build_id,
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
