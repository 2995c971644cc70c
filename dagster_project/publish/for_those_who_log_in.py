"""What those who log in see of a release beside its tables and documents: pages of all its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from dagster_project.digest import code_version
from dagster_project.publish.data.changes import Changes
from dagster_project.publish.data.public_tables import internal_downloads
from dagster_project.publish.data.publication_history import HISTORY_SHOWN
from dagster_project.publish.documents.plans import Editions
from dagster_project.publish.for_everyone import listed
from dagster_project.publish.mart_rows import MartRows, read_mart_rows
from dagster_project.publish.site.pages import write_internal_municipalities, write_internal_site
from dagster_project.publish.site.rendering import Written
from dagster_project.releases.build_record import BuildRecord
from dagster_project.releases.folder import ReleaseFolder
from dagster_project.settings import SiteSettings
from dagster_project.transform.documented_tables import internal_marts


def publish_municipalities(release: ReleaseFolder, as_of: date, build_id: str, site: SiteSettings) -> Written:
    """Write the pages of municipalities, half of a site's work, into a release's internal/.

    It reads the marts itself, so that it can run in a process of its own: nobody else may have the warehouse open.
    """
    with release.warehouse() as warehouse:
        marts = [table.name for table in internal_marts()]
        figures = read_mart_rows(warehouse, marts, as_of, build_id, code_version(), HISTORY_SHOWN)
    return write_internal_municipalities(release.internal, figures, site)


def publish_for_those_who_log_in(
    release: ReleaseFolder,
    figures: MartRows,
    changes: Changes,
    documents: Editions,
    rows: Mapping[str, int],
    builds: list[BuildRecord],
    site: SiteSettings,
) -> Written:
    """Write all other pages of a release's internal/. `rows` are counts by table, `builds` those that ended before."""
    tables = listed([one.table for one in internal_downloads()], rows)
    return write_internal_site(release.internal, figures, changes, documents, tables, builds, site)
