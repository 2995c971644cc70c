"""The pipeline, in the order of its data: landing → ingest → staging → intermediate → marts → checks → publish."""

import dagster as dg

from dagster_project.checks import check_results, contract_checks
from dagster_project.ingest.assets import DECISION_SOURCES, LANDING, REGISTER, ingest
from dagster_project.job import build_job, workplace_resource
from dagster_project.publish.assets import answers, documents, site, tables
from dagster_project.publish.release import release
from dagster_project.schedules import arrivals, nightly, watch
from dagster_project.transform import transform

defs = dg.Definitions(
    assets=[
        *LANDING,
        *(REGISTER, DECISION_SOURCES),
        *(ingest, transform, check_results, tables, documents, site, release, answers),
    ],
    asset_checks=[contract_checks],
    jobs=[build_job],
    schedules=[nightly],
    sensors=[arrivals, watch],
    resources={"workplace": workplace_resource},
)
