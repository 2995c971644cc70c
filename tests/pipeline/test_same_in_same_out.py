"""A build is a function of its input: not of the clock, time zone, locale, cores, or how a delivery was cut up."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLES, Build, Built

from dagster_project.pipeline.output_rights import PARSED

WORLD = EXAMPLES / "world-1"
AS_OF = "2026-01-31"
ARSPLAN = str(Path(sys.executable).with_name("arsplan"))


def clean_landing(folder: Path, cut: int = 1, again: bool = False) -> Path:
    """The world without rows that do not fit, each file cut in `cut` parts, the whole log once more if `again`."""
    with (WORLD / "expected" / "rejected_rows.csv").open(encoding="utf-8") as file:
        unfit = {
            (row["feed"], row["file_name"], int(row["row_number"]))
            for row in csv.DictReader(file)
            if row["reason"] != "superseded"
        }
    for path in sorted((WORLD / "landing").rglob("*.csv")):
        feed = path.parent.name
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        rows = [row for number, row in enumerate(rows, start=1) if (feed, path.name, number) not in unfit]
        into = folder / feed
        into.mkdir(parents=True, exist_ok=True)
        size = -(-len(rows) // cut)
        for part in range(cut):
            lines = [header, *rows[part * size : (part + 1) * size]]
            (into / f"{path.stem}-{part}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if again:
        log = sorted((folder / "assignment_log").glob("*.csv"))
        header = log[0].read_text().splitlines()[0]
        rows = [row for path in log for row in path.read_text().splitlines()[1:]]
        (folder / "assignment_log" / "the-whole-log-again.csv").write_text("\n".join([header, *rows]))
    return folder


@pytest.fixture(scope="module")
def plain(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("plain")
    built = build(clean_landing(folder / "landing"), AS_OF, folder / "output")
    assert built.exit_code == 0, built.text
    return built


def test_place_and_time_do_not_matter(plain: Built, tmp_path: Path) -> None:
    """Another time zone, locale, hash seed, umask and number of cores give equal rows in the same order."""
    landing = plain.output.parent / "landing"
    for path in sorted(landing.rglob("*.csv"), reverse=True):
        os.utime(path)  # the other order on disk, by time
    world = ["--landing", landing, "--without-site"]
    done = subprocess.run(
        ["taskset", "-c", "0", ARSPLAN, "build", *world, "--output", tmp_path, "--as-of", AS_OF],
        env=os.environ | {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Built(0, tmp_path, "").digests() == plain.digests()


@pytest.mark.parametrize(("cut", "again"), [(3, False), (1, True)], ids=["cut in three", "whole log again"])
def test_how_it_was_delivered_does_not_matter(
    cut: int, again: bool, plain: Built, build: Build, tmp_path: Path
) -> None:
    if again:  # the night after: what was parsed before is not parsed again
        shutil.copytree(plain.output / PARSED, tmp_path / "output" / PARSED)
    other = build(clean_landing(tmp_path / "landing", cut, again), AS_OF, tmp_path / "output")
    assert other.exit_code == 0, other.text
    differing = {mart for mart, digest in other.digests().items() if plain.digests()[mart] != digest}
    # Files are counted, and remarked on one by one; superseded rows are named by the file that they stand in.
    of_files = {"landed_files", "feed_deliveries"}
    assert differing - {"file_remarks", "file_remark_counts"} == (of_files | {"rejected_rows"} if cut > 1 else of_files)
    superseded = "select feed, reason, raw_row from marts.rejected_rows order by all"
    assert other.query(superseded) == plain.query(superseded)
