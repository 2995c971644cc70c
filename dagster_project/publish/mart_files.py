"""The marts as files, written beside what a build does next: putting a large one in order takes long."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from dagster_project.manifest import orders_of_marts
from dagster_project.publish.downloads import public_marts, write_downloads
from dagster_project.sql import sql_text

OpenWarehouse = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


class MartFiles:
    """The files of the marts of one build: a Parquet file each in `parquet`, the public ones in every form in `data`.

    It makes both folders. Marts are written one after the other in a thread of its own.
    """

    def __init__(self, parquet: Path, data: Path, warehouse: OpenWarehouse) -> None:
        self._parquet = parquet
        self._data = data
        self._warehouse = warehouse
        self._beside = ThreadPoolExecutor(1)
        self._written: list[Future[dict[str, int]]] = []

    def begin(self, marts: Collection[str]) -> None:
        """Begin all files of these marts; not while dbt runs, with whose settings rows come in any order."""
        self._written.append(self._beside.submit(self._write, marts))

    def finish(self) -> dict[str, int]:
        """Wait until all that was begun is written, and raise what went wrong; rows by mart."""
        return {mart: rows for written in self._written for mart, rows in written.result().items()}

    def close(self) -> None:
        """Wait for what is being written, whatever comes of it, and begin nothing more."""
        self._beside.shutdown()

    def _write(self, marts: Collection[str]) -> dict[str, int]:
        self._parquet.mkdir(exist_ok=True)
        with self._warehouse() as warehouse:
            # What dbt made comes to its place in the file meanwhile, and not while everybody waits for the end.
            warehouse.execute("force checkpoint")
            rows = {mart: self._write_parquet(warehouse, mart) for mart in marts}
            write_downloads(warehouse, self._data, [table for table in public_marts() if table.name in marts])
        return rows

    def _write_parquet(self, warehouse: duckdb.DuckDBPyConnection, mart: str) -> int:
        order = orders_of_marts().get(mart)
        in_order = f"from marts.{mart}" + (f" order by {order}" if order else "")
        file = sql_text(self._parquet / f"{mart}.parquet")
        written = warehouse.execute(f"copy ({in_order}) to {file} (format parquet)").fetchone()
        return written[0] if written else 0
