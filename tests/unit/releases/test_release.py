"""Switching and pruning releases."""

from __future__ import annotations

from pathlib import Path

from dagster_project.releases.current_link import current_release, switch_current
from dagster_project.releases.put_in_place import prune


def releases(output: Path, *names: str) -> list[Path]:
    folders = [output / "releases" / name for name in names]
    for folder in folders:
        folder.mkdir(parents=True)
    return folders


def test_switch_replaces_the_link_and_nothing_else(tmp_path: Path) -> None:
    first, second = releases(tmp_path, "1", "2")
    assert current_release(tmp_path) is None
    switch_current(tmp_path, first)
    assert current_release(tmp_path) == first
    switch_current(tmp_path, second)
    assert current_release(tmp_path) == second
    assert (tmp_path / "current").readlink() == Path("releases/2")
    assert first.is_dir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "releases"]


def test_prune_keeps_the_newest_and_the_current_one(tmp_path: Path) -> None:
    oldest, *_ = releases(tmp_path, "1", "2", "3", "4")
    prune(tmp_path / "releases", 2, aside=tmp_path, keep=oldest)
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == ["1", "3", "4"]


def test_prune_of_nothing(tmp_path: Path) -> None:
    prune(tmp_path / "blocked", 2, aside=tmp_path)
    assert not (tmp_path / "blocked").exists()
