"""One build as a Dagster job: all assets, in this process, in a folder of its own."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from dagster_project.errors import reportable
from dagster_project.ingest.landing import check_landing
from dagster_project.pipeline.build import Build, new_build
from dagster_project.settings import default_landing, default_output, known_at_of, settings_for, today_in_stockholm


@dg.resource(
    config_schema={
        "landing": dg.Field(str, is_required=False, description="folder that deliveries land in"),
        "output": dg.Field(str, is_required=False, description="folder that releases go to"),
        "as_of": dg.Field(str, is_required=False, description="as-of date, YYYY-MM-DD; default today in Stockholm"),
        "known_at": dg.Field(str, is_required=False, description="known-at moment, as for the command; default none"),
    }
)
def build_resource(context: dg.InitResourceContext) -> Iterator[Build]:
    """One build for the whole run."""
    config: dict[str, Any] = context.resource_config or {}
    settings = settings_for(
        Path(config.get("landing") or default_landing()),
        Path(config.get("output") or default_output()),
        date.fromisoformat(config["as_of"]) if "as_of" in config else today_in_stockholm(),
        known_at_of(config["known_at"]) if "known_at" in config else None,
    )
    check_landing(settings.landing)
    with new_build(settings) as build:
        yield build


build_job = dg.define_asset_job(
    "build",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Build a release from the landing folder and publish it when every blocking check passed.",
)


KEPT_RUNS = 100


def forget_old_runs(instance: dg.DagsterInstance) -> None:
    """Delete what Dagster keeps of builds beyond the newest ones that have ended."""
    ended = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    )
    for run in instance.get_runs(ended)[KEPT_RUNS:]:
        instance.delete_run(run.run_id)


def run_in_process(job: dg.JobDefinition, build: Build) -> str | None:
    """Run the job in this process; None when it succeeded, otherwise the step and why it broke."""
    try:
        # What Dagster prints when it cannot write its storage may hold values; the failure itself is reported below.
        with contextlib.redirect_stderr(io.StringIO()), dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(
                instance=instance,
                resources={"build": build, "io_manager": dg.mem_io_manager},
                # The command shows its own lines; Dagster's go to its event log.
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
            forget_old_runs(instance)
    except KeyboardInterrupt:
        return "the middle: it was interrupted"
    except Exception as error:  # Dagster could not write its own storage
        return f"Dagster's event log: {reportable(error)}"
    return None if result.success else build.cause() or _first_failure(result.all_events)


def _first_failure(events: Iterable[dg.DagsterEvent]) -> str:
    """The step and why it broke, as Dagster knows it: where the build could not write it down."""
    for event in events:
        if event.is_step_failure and (error := event.step_failure_data.error):
            return f"{event.step_key}: {(error.cause or error).message.strip().split(': ', 1)[-1]}"
    return "start: see Dagster's event log"
