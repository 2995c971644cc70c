"""The log chain on Apache Spark, for whoever outgrows one machine: the same models, as Parquet that DuckDB reads.

Landing folder and output folder lie on storage that all machines of the cluster see under the same path, with the
same Python environment. What else Spark is to know (memory, keys, YARN, Kubernetes) it reads from its own
spark-defaults.conf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from dagster_project.errors import ReportableError, WrongUsageError, reportable
from dagster_project.settings import has_java, name_spark_python
from dagster_project.sql import sql_text
from dagster_project.transform.dbt_manifest import SPARK, nodes
from dagster_project.transform.run_dbt import invoke_dbt

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOG, SMALL = "log", "small"
LOG_MODELS = f"tag:{LOG}"
_SOURCES = ("assignment_log", "deliveries.parquet", "municipalities.parquet")
_LOGGING = Path(__file__).with_name("spark_logs_nothing.properties")
_OPTIONS = {
    "spark.app.name": "arsplan",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING}",
    "spark.executor.defaultJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING}",
}

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerError(ReportableError):
    """A task on a worker broke; the message is the one that may be shown."""


def require_spark() -> None:
    """Raises WrongUsageError with the command that brings what is missing."""
    try:
        import dbt.adapters.spark  # noqa: F401, PLC0415 (heavy, and an extra)
        import pyspark  # noqa: F401, PLC0415 (heavy, and an extra)
    except ImportError:
        raise WrongUsageError("--engine spark needs pyspark and dbt-spark: make spark") from None
    if not has_java():
        raise WrongUsageError("--engine spark needs Java 17 or newer: apt-get install openjdk-17-jre-headless")


@cache
def session(master: str) -> SparkSession:
    """The one session of this process with the cluster; it ends with the process.

    With settings of its own dbt-spark would turn ANSI off at every query, and a number that does not fit would be
    another in silence.
    """
    from dbt.adapters.spark import session as of_dbt  # noqa: PLC0415 (heavy, and an extra)
    from pyspark.logger import PySparkLogger  # noqa: PLC0415 (heavy, and an extra)
    from pyspark.sql import SparkSession  # noqa: PLC0415 (heavy, and an extra)

    of_dbt.Connection.cursor = lambda _: of_dbt.Cursor()
    name_spark_python()
    builder = SparkSession.builder.master(master)
    for name, value in _OPTIONS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    for logger in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(logger).disabled = True
    return spark


def on_workers(master: str) -> Callable[[Callable[[Item], Result], list[Item]], Iterable[Result]]:
    """A `map` whose calls are tasks on the cluster. Raises WorkerError."""

    def each(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        def task(item: Item) -> tuple[Result | None, str | None]:
            try:
                return function(item), None
            except Exception as error:  # Spark would log it with its message
                return None, f"{reportable(error)}"

        if not items:
            return []
        done = session(master).sparkContext.parallelize(items, len(items)).map(task).collect()
        for _, fault in done:
            if fault:
                raise WorkerError(fault)
        return [result for result, _ in done]

    return each


def build_log(
    master: str,
    sources: Path,
    target: Path,
    into: Path,
    variables: Mapping[str, str],
    warehouse: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
    selected: Iterable[str] = (),
) -> list[Any]:
    """Build and test the models tagged `log` into folders SCHEMA/MODEL of Parquet parts below `into`; dbt's results.

    DuckDB finds them in the warehouse that `warehouse` opens. `selected` narrows them down to what other models stand
    on, and leaves their tests out. Raises TransformError.
    """
    spark = session(master)
    for schema in ("parsed", *sorted({node["schema"] for node in _log_models()})):
        spark.sql(f"drop database if exists {schema} cascade")  # of a build before: its files stay where they are
        spark.sql(f"create database {schema}")
    for name in _SOURCES:
        place = (sources / name).as_posix()
        spark.sql(f"create view parsed.{name.removesuffix('.parquet')} as select * from parquet.`{place}`")
    select = [f"{model},{LOG_MODELS}" for model in selected] or [LOG_MODELS]
    tests = "empty" if selected else "cautious"
    command = ["build", "--select", *select, f"--indirect-selection={tests}", "--exclude-resource-type=unit_test"]
    variables = {**variables, "log_folder": into.as_posix()}
    results = invoke_dbt(command, target / "none.duckdb", target, variables, engine=SPARK)
    with warehouse() as connection:
        _attach(connection, into)
    return results


def _attach(warehouse: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """What Spark wrote below a folder: small tables as tables, the others as views."""
    for node in _log_models():
        schema, name = node["schema"], node["name"]
        if (folder / schema / name).is_dir():
            kind = "table" if SMALL in node["tags"] else "view"
            parts = sql_text(f"{folder / schema / name}/*.parquet")
            warehouse.execute(f"create schema if not exists {schema}")
            warehouse.execute(f"create {kind} {schema}.{name} as from read_parquet({parts})")


def say_where_the_log_is(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Tell whoever opens the file how to read the marts that do not lie in it."""
    said = (
        "What this release is, in one row. Its long marts are Parquet parts beside this file: "
        "create view marts.assignments as from 'parquet/assignments/*.parquet';"
    )
    warehouse.execute(f"comment on table marts.release is {sql_text(said)}")


def _log_models() -> Iterator[dict[str, Any]]:
    return (node for node in nodes() if node["resource_type"] == "model" and LOG in node["tags"])
