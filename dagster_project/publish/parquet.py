"""The marts as Parquet files. What has to be put in order takes long, and is written while dbt makes other models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from dagster_project.manifest import orders_of_marts
from dagster_project.sql import sql_text

OpenWarehouse = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


class MartFiles:
    """The Parquet files of one build, one per mart, in `folder`, which it makes."""

    def __init__(self, folder: Path, warehouse: OpenWarehouse) -> None:
        self._folder = folder
        self._warehouse = warehouse
        self._beside = ThreadPoolExecutor(1)
        self._begun: dict[str, Future[int]] = {}

    def begin(self, model: str) -> None:
        """Begin to write what dbt has just made, where it is a mart that has to be put in order."""
        if model in orders_of_marts():
            self._begun[model] = self._beside.submit(self._write_beside, model)

    def finish(self, marts: Iterable[str]) -> dict[str, int]:
        """Write those of the marts that were not begun, and wait for those that were; rows by mart."""
        # One after the other: dbt lets DuckDB write in any order for as long as anybody has the warehouse open.
        rows = {mart: begun.result() for mart, begun in self._begun.items()}
        with self._warehouse() as warehouse:
            return {mart: rows[mart] if mart in rows else self._write(warehouse, mart) for mart in marts}

    def close(self) -> None:
        """Wait for what is being written, whatever comes of it, and begin nothing more."""
        self._beside.shutdown()

    def _write_beside(self, mart: str) -> int:
        with self._warehouse() as warehouse:
            return self._write(warehouse, mart)

    def _write(self, warehouse: duckdb.DuckDBPyConnection, mart: str) -> int:
        self._folder.mkdir(exist_ok=True)
        order = orders_of_marts().get(mart)
        in_order = f"from marts.{mart}" + (f" order by {order}" if order else "")
        file = sql_text(self._folder / f"{mart}.parquet")
        written = warehouse.execute(f"copy ({in_order}) to {file} (format parquet)").fetchone()
        return written[0] if written else 0
