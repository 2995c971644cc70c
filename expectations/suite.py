"""How a suite of expectations is written, run, and turned into outcomes of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations import Expectation

from dagster_project.errors import ReportableError
from expectations.check_outcome import Outcome

MOST_FINDINGS = 20
ROWS = "rows"
AS_OF = "as_of"
Row = Mapping[str, Any]  # a row of a suite's query, by its columns


class ExpectationBrokeError(ReportableError):
    """An expectation could not be evaluated: an error of the build, not a failed check."""


class StructureError(ReportableError):
    """An expectation that no contract check stands for does not hold: a defect of this program."""


@dataclass(frozen=True)
class Suite:
    """Expectations on one table.

    `query` selects or aggregates what they look at ($as_of may occur in it); a column `rows` says how many rows of
    the table a row stands for. `describe` makes a sentence of a failing row. An expectation with a `check` in its
    meta decides that contract check; one without must always hold. Limits are parameters: {"$PARAMETER": name}.
    """

    table: str
    query: str
    expectations: tuple[Expectation, ...]
    describe: Callable[[Row], str]


def deciding(check: str, severity: Literal["critical", "warning"] = "critical") -> dict[str, Any]:
    """Arguments of an expectation that decides the contract check of this name; critical ones block publication."""
    return {"meta": {"check": check}, "severity": severity}


def run_suites(
    suites: Iterable[Suite], warehouse: duckdb.DuckDBPyConnection, parameters: Mapping[str, Any]
) -> list[Outcome]:
    """Outcomes of the contract checks that the suites decide; `parameters` are the as-of date and the limits.

    Raises ExpectationBrokeError and StructureError.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    tables = context.data_sources.add_pandas("warehouse").add_dataframe_asset("tables")
    batches = tables.add_batch_definition_whole_dataframe("whole table")
    outcomes: list[Outcome] = []
    for suite in suites:
        frame = _frame(suite, warehouse, parameters)
        batch = batches.get_batch(batch_parameters={"dataframe": frame})
        results = batch.validate(
            gx.ExpectationSuite(name=suite.table, expectations=list(suite.expectations)),
            result_format={"result_format": "COMPLETE"},
            expectation_parameters={name: value for name, value in parameters.items() if name != AS_OF},
        ).results
        if len(results) != len(suite.expectations):
            raise ExpectationBrokeError(f"{suite.table}: {len(results)} of {len(suite.expectations)} expectations ran")
        outcomes += [outcome for result in results if (outcome := _outcome(suite, frame, result))]
    return outcomes


def _frame(suite: Suite, warehouse: duckdb.DuckDBPyConnection, parameters: Mapping[str, Any]) -> pd.DataFrame:
    used = {AS_OF: parameters[AS_OF]} if f"${AS_OF}" in suite.query else {}
    return warehouse.execute(suite.query, used).df()


def _outcome(suite: Suite, frame: pd.DataFrame, result: ExpectationValidationResult) -> Outcome | None:
    config = result.expectation_config
    assert config is not None
    if _raised(result.exception_info or {}):
        raise ExpectationBrokeError(f"{suite.table}: {config.type} could not be evaluated")
    failing = _failing(frame, result)
    failing_rows = int(failing[ROWS].sum()) if ROWS in failing else len(failing)
    check = (config.meta or {}).get("check")
    if check is None:
        if not result.success:
            which = _sentences(suite, failing, 1)[0]
            raise StructureError(f"{suite.table}: {config.type} does not hold for {failing_rows} rows, such as {which}")
        return None
    findings = _sentences(suite, failing, MOST_FINDINGS)
    return Outcome(check, bool(result.success), failing_rows, findings, _areas(failing))


def _sentences(suite: Suite, failing: pd.DataFrame, most: int) -> tuple[str, ...]:
    shown = failing.head(most).astype(object)
    rows = shown.where(shown.notna(), None).to_dict("records")
    return tuple(suite.describe({str(name): value for name, value in row.items()}) for row in rows)


def _areas(failing: pd.DataFrame) -> tuple[str, ...]:
    """Names of the areas that rows are about, each once, in the order of the rows."""
    names = next((name for name in ("municipality_name", "county_name") if name in failing), None)
    return tuple(map(str, failing[names].unique())) if names else ()


def _raised(exception_info: Mapping[str, Any]) -> bool:
    """True when anything was raised: the info is one record, or one per metric."""
    records = exception_info.values() if "raised_exception" not in exception_info else [exception_info]
    return any(record.get("raised_exception") for record in records)


def _failing(frame: pd.DataFrame, result: ExpectationValidationResult) -> pd.DataFrame:
    if result.success:
        return frame.head(0)
    positions = result.result.get("unexpected_index_list")
    return frame if positions is None else frame.loc[positions]
