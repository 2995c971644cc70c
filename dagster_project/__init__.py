"""Årsplan's pipeline: landing → ingest → staging → intermediate → marts → checks → publish."""

from dagster_project.settings import switch_telemetry_off

# Before any library that reports home is imported, whoever imports this package.
switch_telemetry_off()
