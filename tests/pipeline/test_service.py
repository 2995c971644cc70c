"""`arsplan up` as systemd and operators treat it: a killed build, a stop, a second service, foreign web pages."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread, Timer

import pytest
from pipeline.mail_server import free_port

from dagster_project.cli import main
from dagster_project.releases.build_json import read_description
from dagster_project.releases.build_record import BROKE, PUBLISHED
from dagster_project.service.journal import KILLED, ended_builds

ARSPLAN = str(Path(sys.executable).with_name("arsplan"))
LONGEST_WAIT = 240
DECISIONS = """\
decision_id,level,quota_year,area_code,persons,decided_date
D,kommuntal,2026,0765,12,2025-11-01
"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A landing folder with one decision and an empty output folder, as the environment names them."""
    (tmp_path / "landing" / "quota_decisions").mkdir(parents=True)
    (tmp_path / "landing" / "quota_decisions" / "1.csv").write_text(DECISIONS)
    monkeypatch.setenv("ARSPLAN_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("ARSPLAN_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("ARSPLAN_ARRIVALS_EVERY_SECONDS", "5")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return tmp_path


@pytest.fixture
def heartbeats(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a watcher elsewhere is told."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("ARSPLAN_HEARTBEAT_URL", f"http://127.0.0.1:{server.server_port}/uuid")
        yield told
        server.shutdown()


class Up:
    """A running service, and what it has said."""

    def __init__(self, port: int) -> None:
        command = [ARSPLAN, "up", "--port", str(port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self.said: list[str] = []
        self.patience = Timer(LONGEST_WAIT, self.process.kill)  # ends what this test would wait for for ever
        self.patience.start()

    def until(self, pattern: str) -> str:
        """Read on until a line fits."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"no line with {pattern}: {self.said}")


@contextmanager
def up(port: int) -> Iterator[Up]:
    service = Up(port)
    try:
        yield service
    finally:
        service.patience.cancel()
        os.killpg(service.process.pid, signal.SIGKILL)
        service.process.wait()


def asked(port: int, headers: dict[str, str]) -> int:
    """The answer to a mutation that would start a run."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/graphql", '{"query": "mutation { launchRun }"}', headers)
    return connection.getresponse().status


def test_a_killed_build_is_built_again_and_a_stop_waits(
    folders: Path, heartbeats: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    output, port = folders / "output", free_port()
    with up(port) as service:
        begins = service.until("a build begins, process")
        service.until("ingest     assignment_log")
        os.kill(int(re.findall(r"process (\d+)", begins)[0]), signal.SIGKILL)
        service.until("exit code -9")
        [killed] = ended_builds(output, 5)
        assert (killed.outcome, killed.cause) == (BROKE, KILLED)
        assert main(["status", "--output", str(output)]) == 2
        assert "the last build broke" in capsys.readouterr().out

        service.until("a build begins, .*: the build before did not come to its end")
        assert main(["up", "--port", str(free_port())]) == 1  # one service per output folder
        assert "is running already" in capsys.readouterr().err
        pages = f"Dagster's pages are at http://127.0.0.1:{port}"
        if not any(pages in line for line in service.said):
            service.until(pages)
        foreign = {"Content-Type": "text/plain; application/json", "Origin": "http://evil.example"}
        assert asked(port, foreign) == asked(port, foreign | {"Host": "evil.example"}) == 403
        os.killpg(service.process.pid, signal.SIGTERM)  # as systemd does
        service.until("stopping when the build under way has ended")
        service.until("Published release")
        service.until("stopped$")
        assert service.process.wait(LONGEST_WAIT) == 0
    assert [build.outcome for build in ended_builds(output, 5)] == [PUBLISHED, BROKE]
    published = read_description(output / "current")
    assert published is not None and published.findings == ()  # every page was made, without a year to show too
    assert heartbeats == ["/uuid/start", "/uuid/start", "/uuid"]


def test_nothing_is_left_when_the_service_is_killed(folders: Path) -> None:
    with up(free_port()) as service:
        service.until("a build begins")
        service.until("start")
        service.process.kill()
        # Its standard output ends when nobody has it open any more: all children had it.
        assert service.process.stdout is not None
        service.process.stdout.read()
    [killed] = ended_builds(folders / "output", 5)
    assert killed.outcome == BROKE
