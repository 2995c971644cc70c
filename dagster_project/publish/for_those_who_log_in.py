"""What those who log in see of a release beside its tables and documents: pages of all its figures."""

from __future__ import annotations

from datetime import date

from dagster_project.digest import code_version
from dagster_project.publish.data.changes import Changes
from dagster_project.publish.data.public_tables import internal_downloads
from dagster_project.publish.data.publication_history import HISTORY_SHOWN
from dagster_project.publish.documents.plans import Editions
from dagster_project.publish.for_everyone import listed
from dagster_project.publish.mart_rows import read_mart_rows
from dagster_project.publish.site.pages import write_internal_site
from dagster_project.publish.site.rendering import Written
from dagster_project.releases.build_record import BuildRecord
from dagster_project.releases.folder import ReleaseFolder
from dagster_project.releases.warehouse_queries import row_counts
from dagster_project.settings import SiteSettings
from dagster_project.transform.documented_tables import internal_marts


def publish_for_those_who_log_in(
    release: ReleaseFolder,
    as_of: date,
    build_id: str,
    changes: Changes,
    documents: Editions,
    builds: list[BuildRecord],
    site: SiteSettings,
) -> Written:
    """Write the pages of a release's internal/. `builds` are the finished ones before this.

    It reads the marts itself, so that it can run in a process of its own: nobody else may have the warehouse open.
    """
    with release.warehouse() as warehouse:
        marts = [table.name for table in internal_marts()]
        figures = read_mart_rows(warehouse, marts, as_of, build_id, code_version(), HISTORY_SHOWN)
        rows = row_counts(warehouse, "marts") | row_counts(warehouse, "history")
    tables = listed([one.table for one in internal_downloads()], rows)
    return write_internal_site(release.internal, figures, changes, documents, tables, builds, site)
