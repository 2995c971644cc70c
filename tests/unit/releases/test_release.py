"""Switching and pruning releases, and who may read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dagster_project.releases.current_link import current_release, switch_current
from dagster_project.releases.put_in_place import let_everyone_read, prune, restrict


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


@pytest.fixture(params=[0, 0o022, 0o027, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def a_release(folder: Path) -> Path:
    """A release with a document that both readerships have, as one file."""
    for place in ("public/documents", "internal/documents", "parquet"):
        (folder / place).mkdir(parents=True)
    for file in ("build.json", "public/index.html", "public/documents/plan.pdf", "internal/index.html"):
        (folder / file).touch()
    (folder / "internal" / "documents" / "plan.pdf").hardlink_to(folder / "public" / "documents" / "plan.pdf")
    return folder


def modes(folder: Path) -> dict[str, str]:
    """The rights of a folder and all below it, by path."""
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.stat().st_mode):o}" for path in [folder, *folder.rglob("*")]
    }


@pytest.mark.usefixtures("umask")
def test_everyone_reads_what_is_public_and_nothing_else(tmp_path: Path) -> None:
    release = a_release(tmp_path / "release")
    restrict(release)
    assert modes(release) == {
        ".": "751",
        "build.json": "440",
        "parquet": "750",
        "internal": "750",
        "internal/index.html": "440",
        "internal/documents": "750",
        "internal/documents/plan.pdf": "444",
        "public": "755",
        "public/index.html": "444",
        "public/documents": "755",
        "public/documents/plan.pdf": "444",
    }


@pytest.mark.usefixtures("umask")
def test_everyone_reads_an_edition_whole(tmp_path: Path) -> None:
    let_everyone_read(a_release(tmp_path / "edition"))
    assert set(modes(tmp_path / "edition").values()) == {"755", "444"}


def test_a_document_of_the_current_release_is_never_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release under construction has it too, as the same file, in both folders."""
    release = a_release(tmp_path / "release")
    chmod: Callable[[Path, int], None] = Path.chmod
    given: list[int] = []

    def noted(path: Path, mode: int) -> None:
        chmod(path, mode)
        given.append(stat.S_IMODE((release / "public" / "documents" / "plan.pdf").stat().st_mode))

    restrict(release)
    monkeypatch.setattr(Path, "chmod", noted)
    restrict(release)
    assert set(given) == {0o444}
