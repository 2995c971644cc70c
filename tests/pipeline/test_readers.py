"""Readers and builds together: no reader ever fails or sees half a release, no build ever waits for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import EXAMPLES, Build, Built, copied

READERS = 1  # `make bench PARTS=readers` has many
BUILDS = 2

# Reads until the file `stop` appears: opens whatever is current, counts all marts, compares with its build.json.
READER = """
import json, pathlib, sys
import duckdb
output, stop = map(pathlib.Path, sys.argv[1:])
reads, seen = 0, set()
while not stop.exists() or not reads:
    release = (output / "current").resolve()
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as connection:
        counted = {
            mart: connection.execute(f"select count(*) from marts.{mart}").fetchone()[0]
            for (mart,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts'"
            ).fetchall()
        }
    assert counted == json.loads((release / "build.json").read_text())["rows_by_mart"], "half a release"
    reads, seen = reads + 1, seen | {release.name}
print(reads, len(seen))
"""


def test_readers_never_fail_while_builds_run(build: Build, first_example: Built, tmp_path: Path) -> None:
    landing = EXAMPLES / "world-1" / "landing"
    output, stop = copied(first_example, tmp_path / "output"), tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(output), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    try:
        codes = [build(landing, "2026-01-31", output).exit_code for _ in range(BUILDS)]
    finally:
        stop.touch()
        told = [reader.communicate() for reader in readers]

    assert codes == [0] * BUILDS
    assert [reader.returncode for reader in readers] == [0] * READERS, told
    for out, _ in told:
        reads, releases = map(int, out.split())
        assert reads > BUILDS
        assert releases > 1
