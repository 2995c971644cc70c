"""Dagster remembers each build, so that its pages show row counts and outcomes of checks."""

from __future__ import annotations

import logging
from pathlib import Path

import dagster as dg
import pytest
from conftest import EXAMPLES, Build
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage

from dagster_project.pipeline.dagster_event_log import MOST_KEPT, KeptConnectionEventLogStorage


def test_pages_can_show_rows_and_checks_of_a_build(build: Build, tmp_path: Path) -> None:
    """As we store them, and as Dagster's own storage reads the same files."""
    assert build(EXAMPLES / "world-1" / "landing", "2026-01-31", tmp_path, whole=True).exit_code == 0
    with dg.DagsterInstance.get() as instance:
        kept = instance.event_log_storage
        assert isinstance(kept, KeptConnectionEventLogStorage)
        materialization = instance.get_latest_materialization_event(dg.AssetKey(["marts", "counties"]))
        assert materialization is not None
        assert materialization.asset_materialization is not None
        assert materialization.asset_materialization.metadata["dagster/row_count"].value == 21
        check = dg.AssetCheckKey(dg.AssetKey(["marts", "county_quotas"]), "kommuntal_reported")
        assert check in kept.get_latest_asset_check_execution_by_key([check])

        own = SqliteEventLogStorage(kept._base_dir)
        for run in instance.get_runs():
            assert len(own.get_logs_for_run(run.run_id)) == len(kept.get_logs_for_run(run.run_id)) > 0
        assert len(kept._engines) <= MOST_KEPT


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = KeptConnectionEventLogStorage(str(tmp_path))
    events = [EventLogEntry(None, logging.INFO, "", "one", float(second)) for second in range(3)]
    storing = KeptConnectionEventLogStorage.store_event

    def stores_but_one(self: KeptConnectionEventLogStorage, event: EventLogEntry) -> None:
        if event is events[-1]:
            raise OSError
        storing(self, event)

    with monkeypatch.context() as broken:
        broken.setattr(KeptConnectionEventLogStorage, "store_event", stores_but_one)
        with pytest.raises(OSError):
            storage.store_event_batch(events)
    assert len(storage.get_logs_for_run("one")) == 0
    storage.store_event_batch(events)
    storage.store_event(events[0])
    assert len(storage.get_logs_for_run("one")) == 4
    storage.dispose()


@pytest.mark.parametrize("looking", ["has_table", "has_secondary_index"])
def test_what_is_there_is_looked_for_once(looking: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = KeptConnectionEventLogStorage(str(tmp_path))
    there = {"one"}
    looked_for: list[str] = []

    def looks(_self: SqliteEventLogStorage, name: str) -> bool:
        looked_for.append(name)
        return name in there

    monkeypatch.setattr(SqliteEventLogStorage, looking, looks)
    has = getattr(storage, looking)
    assert not has("another")
    there.add("another")  # by a migration, say
    assert has("another")
    assert has("another")
    assert has("one")
    assert looked_for == ["another", "another", "one"]
    storage.dispose()
