"""A large log on DuckDB and on Spark, on the same machine, with equal marts; what Spark moved between its tasks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb

DIFFERENT = {"release", "check_results"}  # they name the build


def configure(folder: Path) -> dict[str, str]:
    """Let Spark take as much memory as DuckDB may, and write down what its tasks do; the environment that says so."""
    (folder / "events").mkdir(parents=True)
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2 // 2**30
    settings = {
        "spark.driver.memory": f"{gibibytes}g",
        "spark.local.dir": folder / "scratch",
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": (folder / "events").as_uri(),
    }
    text = "".join(f"{name} {value}\n" for name, value in settings.items())
    (folder / "spark-defaults.conf").write_text(text, encoding="utf-8")
    return {"SPARK_CONF_DIR": str(folder)}


def bytes_shuffled(folder: Path) -> int:
    """What tasks wrote for tasks of a next stage."""
    written = 0
    for file in (folder / "events").rglob("*"):
        if file.is_file():
            with file.open(encoding="utf-8") as lines:
                ended = (json.loads(line) for line in lines if '"SparkListenerTaskEnd"' in line)
                metrics = (event.get("Task Metrics") or {} for event in ended)
                written += sum(one.get("Shuffle Write Metrics", {}).get("Shuffle Bytes Written", 0) for one in metrics)
    return written


def differing_marts(here: Path, there: Path) -> list[str]:
    """Names of marts whose rows are not the same in two releases."""
    marts = sorted({place.stem for place in (here / "parquet").iterdir()} - DIFFERENT)
    with duckdb.connect() as connection:
        return [mart for mart in marts if _content(connection, here, mart) != _content(connection, there, mart)]


def _content(connection: duckdb.DuckDBPyConnection, release: Path, mart: str) -> list[tuple[int, int]]:
    place = release / "parquet" / mart
    files = f"{place}/*.parquet" if place.is_dir() else f"{place}.parquet"
    return connection.execute(f"select count(*), bit_xor(hash(mart)) from '{files}' as mart").fetchall()
