"""Nothing leaves the machine: a whole build works, and publishes, where there is no network at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import EXAMPLES

# Counts attempts too: a library that tries and gives up silently would otherwise pass.
WATCHED = """
import sys
attempts = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        attempts.append((event, repr(arguments[1:])))
sys.addaudithook(watch)
from dagster_project.cli import main
code = main(sys.argv[1:])
print("attempts:", attempts)
sys.exit(code)
"""


def test_a_build_without_network(tmp_path: Path) -> None:
    landing = EXAMPLES / "world-1" / "landing"
    build = ["build", "--landing", str(landing), "--output", str(tmp_path), "--as-of", "2026-01-31"]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", sys.executable, "-c", WATCHED, *build],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "attempts: []" in done.stdout
    assert (tmp_path / "current" / "build.json").is_file()
    assert (tmp_path / "current" / "public" / "index.html").is_file()
