"""The journal of builds: a build that began and did not end was killed, unless its process still holds its lock."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.releases.build_record import BROKE, RUNNING
from dagster_project.service.journal import KILLED, broken_in_a_row, ended_builds, recent_builds
from dagster_project.service.problems import broken
from dagster_project.service.status import CRITICAL, status_of

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
BEGINS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from dagster_project.service.journal import written_down

output = Path(sys.argv[1])
(output / "building" / "B1").mkdir(parents=True)
at = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
with written_down(output, "B1", at, at.date(), "fingerprint"):
    print("running", flush=True)
    sys.stdin.read()
"""


def test_a_killed_build_is_known_as_such(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BEGINS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        [running] = recent_builds(tmp_path, 5)
        assert (running.outcome, running.landing) == (RUNNING, "fingerprint")
        assert ended_builds(tmp_path, 5) == list(broken(tmp_path)) == []
        process.kill()
    [killed] = ended_builds(tmp_path, 5)
    assert (killed.outcome, killed.cause, killed.seconds) == (BROKE, KILLED, None)
    assert broken_in_a_row([killed]) == [killed]
    [problem] = broken(tmp_path)
    assert (problem.name, problem.severity, problem.facts) == ("build", "error", {"cause": KILLED})
    status = status_of(tmp_path, NOW, NOW.time())
    assert (status.code, "the last build broke" in status.lines[0]) == (CRITICAL, True)
