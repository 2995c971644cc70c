"""The pipeline, in the order of its data: landing → ingest → staging → intermediate → marts → checks → publish."""

import dagster as dg

from dagster_project.pipeline.assets import (
    LANDING,
    REFERENCE,
    answers,
    check_results,
    contract_checks,
    documents,
    edition,
    figures,
    ingest,
    release,
    site,
    tables,
    transform,
)
from dagster_project.pipeline.job import build_job, build_resource

defs = dg.Definitions(
    assets=[
        *LANDING,
        *REFERENCE,
        *(ingest, transform, edition, check_results, tables, figures, documents, site, release, answers),
    ],
    asset_checks=[contract_checks],
    jobs=[build_job],
    # Steps run in one process, and hand values on in its memory.
    resources={"build": build_resource, "io_manager": dg.mem_io_manager},
)
