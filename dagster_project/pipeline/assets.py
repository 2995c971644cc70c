"""The steps of a build as Dagster's assets, in the order of the data. Each is thin: the work is done in the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from dagster_project.checks.contract import CHECKS, PUBLIC_TELLS_NO_HOUSEHOLD
from dagster_project.checks.run_checks import counties_below_lanstal, run_checks, write_check_results
from dagster_project.digest import code_version
from dagster_project.errors import ReportableError
from dagster_project.ingest.dbt_sources import REFERENCE_TABLES, on_threads, write_sources
from dagster_project.ingest.feeds import FEEDS
from dagster_project.ingest.parse import About
from dagster_project.pipeline.build import Build, progress
from dagster_project.pipeline.output_rights import PARSED
from dagster_project.publish.data.changes import Changes, new_files_by_feed
from dagster_project.publish.data.publication_history import HISTORY_SHOWN
from dagster_project.publish.data.write_tables import write_tables
from dagster_project.publish.documents.outcomes import write_outcome_documents
from dagster_project.publish.documents.plans import (
    Editions,
    keep_editions,
    link_documents,
    write_documents,
    write_workbooks,
)
from dagster_project.publish.failures import findings
from dagster_project.publish.for_everyone import publish_for_everyone
from dagster_project.publish.for_those_who_log_in import publish_for_those_who_log_in, publish_municipalities
from dagster_project.publish.mart_rows import MartRows, read_mart_rows
from dagster_project.publish.outcome_edition import (
    OutcomeEdition,
    outcome_edition,
    secrecy_findings,
    write_edition_pages,
)
from dagster_project.publish.public_day import public_day
from dagster_project.publish.site.assessments import write_assessments
from dagster_project.releases.build_json import ERROR, CheckResult, Description
from dagster_project.releases.current_link import current_release
from dagster_project.releases.folder import INTERNAL, PUBLIC
from dagster_project.releases.put_in_place import put_in_place
from dagster_project.releases.warehouse_queries import file_remarks, landed_files, row_counts
from dagster_project.service.answers.prepare import prepare_answers
from dagster_project.service.answers.template import read_answer_settings
from dagster_project.service.child_process import other_process
from dagster_project.service.journal import ended_builds
from dagster_project.settings import answers_file, site_settings
from dagster_project.transform.dbt_manifest import EDITION_MODELS, manifest, names_of_marts
from dagster_project.transform.documented_tables import CHECK_RESULTS, describe_tables, internal_marts, public_marts
from dagster_project.transform.run_dbt import build_models, dbt_variables, drop_views, read_outcomes, write_outcomes
from dagster_project.transform.spark import LOG_MODELS, build_log, on_workers, say_where_the_log_is
from expectations.check_outcome import Outcome, counted

BUILDS_SHOWN = 30

LANDING = [
    dg.AssetSpec(
        ["landing", feed.name], group_name="landing", description=f"Delivered files of {feed.name}: {feed.grain}."
    )
    for feed in FEEDS
]
REFERENCE = [
    dg.AssetSpec(["reference", name], group_name="landing", description=description)
    for name, description in zip(
        REFERENCE_TABLES,
        (
            "The official register of municipalities.",
            "Where the real figures of shipped decisions come from.",
            "The government's decisions on länstal, with their national totals.",
            "All persons received in 2018, by category of reception.",
        ),
        strict=True,
    )
]
_ALL_LANDING = [spec.key for spec in LANDING]


def _parsed(name: str, description: str, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["parsed", name], group_name="ingest", description=description, deps=deps, kinds={"polars", "parquet"}
    )


@dg.multi_asset(
    name="ingest",
    specs=[
        *(_parsed(spec.key.path[-1], spec.description or "", [spec.key]) for spec in REFERENCE),
        *(
            _parsed(feed.name, f"Rows that fit: {feed.grain}.", [dg.AssetKey(["landing", feed.name]), REFERENCE[0].key])
            for feed in FEEDS
        ),
        _parsed("rejected_rows", "Delivered rows that do not fit, with reason.", _ALL_LANDING),
        _parsed("deliveries", "Delivered files with their counts.", _ALL_LANDING),
    ],
)
def ingest(build: dg.ResourceParam[Build]) -> Iterator[dg.MaterializeResult[None]]:
    """Read and validate every delivered file; a file that was parsed before is not parsed again."""
    read: dict[str, list[int]] = {}

    def feed_read(feed: str, files: list[About]) -> None:
        read[feed] = [len(files), sum(file.rows_read for file in files), sum(file.rows_unfit for file in files)]
        progress.info(
            "ingest     %s: %s, %d rows read, %d do not fit", feed, counted(len(files), "file"), *read[feed][1:]
        )

    with build.step("ingest"):
        kept, master = build.settings.output / PARSED, build.settings.spark_master
        of_each = on_workers(master) if master else on_threads
        write_sources(build.settings.landing, build.sources, kept, feed_read, of_each)
    for name in (*REFERENCE_TABLES, "deliveries"):
        yield dg.MaterializeResult(asset_key=["parsed", name])
    for feed, (files, rows_read, rows_unfit) in read.items():
        counts = {"files": files, "rows_read": rows_read, "rows_unfit": rows_unfit}
        yield dg.MaterializeResult(asset_key=["parsed", feed], metadata=counts)
    unfit = sum(rows_unfit for _, _, rows_unfit in read.values())
    yield dg.MaterializeResult(asset_key=["parsed", "rejected_rows"], metadata={"dagster/row_count": unfit})


class LayerTranslator(DagsterDbtTranslator):
    """Groups dbt's assets by layer and leaves SQL out of their descriptions."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Layer of the model: its schema."""
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Description from dbt, or the comment that the model begins with."""
        described = dbt_resource_props.get("description") or ""
        comment = [line[2:].strip() for line in dbt_resource_props.get("raw_code", "").splitlines() if line[:2] == "--"]
        return described or " ".join(comment)


TRANSLATOR = LayerTranslator()


@dbt_assets(manifest=manifest(), dagster_dbt_translator=TRANSLATOR, name="transform", exclude=EDITION_MODELS)
def transform(build: dg.ResourceParam[Build]) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Build and test all models in one dbt invocation."""
    with build.step("transform"):
        variables = dbt_variables(build.settings.as_of, build.settings.known_at, build.build_id)
        folders, master, results = (build.sources, build.dbt_target), build.settings.spark_master, []
        if master:
            results = build_log(master, *folders, build.log_parts, variables, build.release.warehouse)
        without = LOG_MODELS if master else ""
        results += build_models(build.release.warehouse_file, *folders, variables, without)
        write_outcomes(results, build.dbt_outcomes)
        with build.release.warehouse() as warehouse:
            rows = row_counts(warehouse, "marts")
            describe_tables(warehouse)
            if master:
                say_where_the_log_is(warehouse)
    of_type = [result.node.resource_type for result in results]
    progress.info("transform  %d models built, %d tests of them run", of_type.count("model"), of_type.count("test"))
    checks = {key.name: key for key in transform.check_keys}
    for result in results:
        node = manifest()["nodes"][result.node.unique_id]
        if node["name"] in checks:
            yield _tested(checks[node["name"]], node, result)
        elif node["resource_type"] != "test" and node["config"]["materialized"] != "ephemeral":
            row_count = {"dagster/row_count": rows[node["name"]]} if node["schema"] == "marts" else {}
            yield dg.MaterializeResult(
                asset_key=TRANSLATOR.get_asset_key(node), metadata=_seconds_of(result) | row_count
            )


def _tested(key: dg.AssetCheckKey, node: Mapping[str, Any], result: Any) -> dg.AssetCheckResult:
    """Dagster's asset check for a dbt test."""
    failing_rows = result.failures or 0
    is_warning = node["config"]["severity"].lower() == "warn"
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failing_rows,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        metadata=_seconds_of(result) | {"failing_rows": failing_rows},
    )


def _seconds_of(result: Any) -> dict[str, Any]:
    return {"seconds": round(result.execution_time, 3)}


OUTCOMES = dg.AssetKey(["edition", "outcome_months"])


@dg.asset(
    key=OUTCOMES,
    group_name="publish",
    deps=[dg.AssetKey(["marts", "area_year_summaries"])],
    description="What everyone sees of outcomes: made once per public day from the same models, and kept.",
)
def edition(build: dg.ResourceParam[Build]) -> dg.MaterializeResult[OutcomeEdition | None]:
    """Make the tables of the public day's edition, unless one is kept; without pages there is none."""
    if not build.settings.with_site:
        return dg.MaterializeResult(value=None, metadata={"left_out": True})
    day = public_day(build.settings)
    with build.step("edition"):
        made = outcome_edition(build.settings, day, build.edition, build.sources, build.build_id)
    progress.info("edition    outcomes to %s, %s", day.day, "made" if made.is_new else "as first published")
    return dg.MaterializeResult(value=made, metadata={"public_day": f"{day.day}", "is_new": made.is_new})


@dg.asset(
    key=["marts", CHECK_RESULTS],
    group_name="checks",
    ins={"edition": dg.AssetIn(OUTCOMES)},
    deps=sorted({dg.AssetKey(list(check.asset)) for check in CHECKS} - {OUTCOMES}),
    description="Outcome of every check of the contract: one row per check.",
    kinds={"greatexpectations", "duckdb"},
)
def check_results(
    build: dg.ResourceParam[Build], edition: OutcomeEdition | None
) -> dg.MaterializeResult[list[CheckResult]]:
    """Run the suites, gather what dbt's tests found, make sure that nothing is missing, and write it down."""
    with build.step("checks"), build.release.warehouse() as warehouse:
        found = tuple(secrecy_findings(edition)) if edition else ()
        of_pages = [Outcome(PUBLIC_TELLS_NO_HOUSEHOLD, not found, len(found), found)] if edition else []
        results = run_checks(warehouse, read_outcomes(build.dbt_outcomes), build.settings, of_pages)
        write_check_results(results, warehouse)
    failed = [result.check_name for result in results if not result.passed]
    progress.info("checks     %d of %d passed", len(results) - len(failed), len(results))
    return dg.MaterializeResult(
        value=results, metadata={"dagster/row_count": len(results), "failed": ", ".join(failed) or "none"}
    )


@dg.multi_asset_check(
    name="contract_checks",
    specs=[
        dg.AssetCheckSpec(
            check.name,
            asset=dg.AssetKey(list(check.asset)),
            description=check.advice,
            additional_deps=[dg.AssetKey(["marts", CHECK_RESULTS])],
        )
        for check in CHECKS
    ],
    ins={"results": dg.AssetIn(["marts", CHECK_RESULTS])},
)
def contract_checks(results: list[CheckResult]) -> Iterator[dg.AssetCheckResult]:
    """Show the outcomes on the assets that they guard."""
    by_name = {result.check_name: result for result in results}
    for check in CHECKS:
        result = by_name.get(check.name, CheckResult(check.name, check.severity, True, 0))
        yield dg.AssetCheckResult(
            asset_key=dg.AssetKey(list(check.asset)),
            check_name=check.name,
            passed=result.passed,
            severity=dg.AssetCheckSeverity.ERROR if check.severity == ERROR else dg.AssetCheckSeverity.WARN,
            metadata={"failing_rows": result.failing_rows, "findings": "\n".join(result.findings) or "none"},
        )


@dg.asset(
    group_name="publish",
    deps=[dg.AssetKey(["marts", mart]) for mart in (*names_of_marts(), CHECK_RESULTS)],
    description="Every mart as a Parquet file; each readership's tables in every form, with a data dictionary.",
)
def tables(build: dg.ResourceParam[Build]) -> dg.MaterializeResult[Changes]:
    """Write the marts as files, and find in them what has changed since the release before."""
    with build.step("tables"), build.release.warehouse() as warehouse:
        previous = build.predecessor.folder
        written = write_tables(
            warehouse, build.release, build.log_parts, previous, build.build_id, build.began_at, build.settings
        )
        if written.history_rebuilt:
            build.found(written.history_rebuilt)
    progress.info("tables     %d marts, %d of them for everyone", written.marts, len(public_marts()))
    return dg.MaterializeResult(value=written.changes, metadata={"marts": written.marts})


@dg.asset(group_name="publish", deps=[tables], description="The marts that pages and documents show, in memory.")
def figures(build: dg.ResourceParam[Build]) -> dg.MaterializeResult[MartRows | None]:
    """Read every mart that names no single assignment once; without documents and pages none."""
    if not build.settings.with_site:
        return dg.MaterializeResult(value=None, metadata={"left_out": True})
    with build.step("documents"), build.release.warehouse() as warehouse:
        names = [table.name for table in internal_marts()]
        about = build.settings.as_of, build.build_id, code_version(), HISTORY_SHOWN
        read = read_mart_rows(warehouse, names, *about)
    return dg.MaterializeResult(value=read)


@dg.asset(group_name="publish", description="Plans as PDF, workbooks, and the page of undecided requests.")
def documents(build: dg.ResourceParam[Build], figures: MartRows | None) -> dg.MaterializeResult[Editions | None]:
    """Write the documents, and keep those of earlier editions at their addresses."""
    before = build.predecessor.folder
    public, internal, previous = build.release.public, build.release.internal, before / PUBLIC if before else None
    if figures is None:
        keep_editions(public, previous)
        return dg.MaterializeResult(value=None, metadata={"left_out": True})
    with build.step("documents"):
        with build.release.warehouse() as warehouse:
            of_page = write_assessments(warehouse, build.release.path, build.settings.as_of, build.build_id)
        editions, of_documents = write_documents(public, figures, public_day(build.settings), previous)
        link_documents(public, internal)
        of_documents += write_outcome_documents(internal, figures, before / INTERNAL if before else None)
        of_documents += write_workbooks(internal, figures)
    for finding in (*findings("page", of_page), *findings("document", of_documents)):
        build.found(finding)
    progress.info("documents  %d years", len(editions.names))
    return dg.MaterializeResult(value=editions, metadata={"years": len(editions.names)})


@dg.asset(
    group_name="publish",
    ins={"edition": dg.AssetIn(OUTCOMES)},
    description="The web pages of both readerships, in Swedish and English.",
)
def site(
    build: dg.ResourceParam[Build],
    figures: MartRows | None,
    tables: Changes,
    documents: Editions | None,
    edition: OutcomeEdition | None,
) -> dg.MaterializeResult[None]:
    """Write the pages for those who log in and everyone's; those of a kept edition are as they were."""
    if figures is None or documents is None or edition is None:
        return dg.MaterializeResult(metadata={"left_out": True})
    settings = site_settings()
    with build.step("site"):
        with build.release.warehouse() as warehouse:
            rows = row_counts(warehouse, "marts") | row_counts(warehouse, "history")
        builds = ended_builds(build.settings.output, BUILDS_SHOWN)
        with other_process() as other:
            about = build.release, build.settings.as_of, build.build_id, settings
            municipalities = other.submit(publish_municipalities, *about)
            if edition.is_new:
                write_edition_pages(edition, settings)
            written = [
                publish_for_everyone(build.release.public, figures, edition, documents, rows, settings),
                publish_for_those_who_log_in(build.release, figures, tables, documents, rows, builds, settings),
                municipalities.result(),
            ]
    failures = [one for part in written for one in part.failures]
    for finding in (*findings("page", failures), *edition.findings()):
        build.found(finding)
    pages = sum(part.pages for part in written)
    progress.info("site       %d pages", pages)
    return dg.MaterializeResult(metadata={"pages": pages})


class BuildBlockedError(ReportableError):
    """A blocking check failed: nothing is published, and the build is kept under blocked/."""


@dg.asset(
    group_name="publish",
    deps=[tables, documents, site],
    ins={"results": dg.AssetIn(["marts", CHECK_RESULTS]), "edition": dg.AssetIn(OUTCOMES)},
    description="The checked warehouse, its files and pages, published in one atomic step.",
)
def release(
    build: dg.ResourceParam[Build], results: list[CheckResult], edition: OutcomeEdition | None
) -> dg.MaterializeResult[None]:
    """Publish when every blocking check passed; otherwise keep the build as blocked and fail."""
    output = build.settings.output
    with build.step("publish"):
        description = _describe(build, results)
        with build.release.warehouse() as warehouse:
            drop_views(warehouse)
        if edition and edition.is_new and description.published:
            edition.keep(output)  # before the release: what everyone has seen once must be found again
        folder = put_in_place(build.release.path, description, output, build.settings.keep_releases)
    if not description.published:
        blocking = ", ".join(check.check_name for check in description.failed(ERROR))
        raise BuildBlockedError(f"{blocking}; kept in {folder}")
    progress.info("publish    %s", folder)
    return dg.MaterializeResult(metadata={"build_id": build.build_id, "folder": str(folder)})


def _describe(build: Build, results: list[CheckResult]) -> Description:
    """What build.json says of this build."""
    with build.release.warehouse() as warehouse:
        files, remarks = landed_files(warehouse), file_remarks(warehouse)
        rows = row_counts(warehouse, "marts")
        below = counties_below_lanstal(warehouse, build.settings.as_of)
    return Description(
        build_id=build.build_id,
        built_at=datetime.now(UTC),
        as_of=build.settings.as_of,
        known_at=build.settings.known_at,
        code_version=code_version(),
        published=all(result.passed for result in results if result.severity == ERROR),
        with_site=build.settings.with_site,
        files=tuple(files),
        remarks=tuple(remarks),
        new_files_by_feed=new_files_by_feed(files, build.predecessor.description),
        rows_by_mart=rows,
        checks=tuple(results),
        findings=build.findings(),
        counties_below_lanstal=tuple(below),
        seconds_by_step=build.seconds_by_step(),
    )


@dg.asset(
    group_name="publish",
    deps=[release],
    description="Answers to municipalities whose requests have been decided, with the new plan, in the outbox.",
)
def answers(build: dg.ResourceParam[Build]) -> dg.MaterializeResult[None]:
    """Put an answer into the outbox for every decision that has none yet; without documents they wait."""
    published = current_release(build.settings.output)
    if published is None or not build.settings.with_site:
        return dg.MaterializeResult(metadata={"left_out": True})
    with build.step("answers"):
        settings, output, as_of = read_answer_settings(answers_file()), build.settings.output, build.settings.as_of
        prepared = prepare_answers(output, published, settings, datetime.now(UTC), as_of)
    progress.info("answers    %d prepared", prepared.answers)
    return dg.MaterializeResult(metadata={"answers": prepared.answers, "without_recipient": prepared.without_recipient})
