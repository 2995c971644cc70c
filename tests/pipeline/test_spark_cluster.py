"""On a real cluster, a standalone master and two workers on loopback: workers and drivers that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from conftest import EXAMPLES, Built
from pipeline.mail_server import free_port
from pipeline.test_crashes import assert_current_is_whole
from pipeline.test_spark import SECRET, SMALL, marts_of

pytestmark = [pytest.mark.spark, pytest.mark.long]

ARSPLAN = str(Path(sys.executable).with_name("arsplan"))
WORLD, AS_OF = EXAMPLES / "world-1" / "landing", "2026-01-31"
LONGEST_WAIT = 180


def until(holds: Callable[[], object]) -> None:
    """Wait for something that other processes do."""
    end = monotonic() + LONGEST_WAIT
    while not holds():
        assert monotonic() < end, "waited in vain"
        Event().wait(0.05)


class Cluster:
    """Spark's own daemons, each in a group of processes with what it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder, port = folder, free_port()
        self.url = f"spark://127.0.0.1:{port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("master.Master", "--port", str(port))

    def add_worker(self) -> subprocess.Popen[bytes]:
        number = len(self.processes)
        work = ["--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / f"work-{number}")]
        worker = self._start("worker.Worker", *work, self.url)
        until(lambda: self.said().count("Registering worker") == number)
        return worker

    def said(self) -> str:
        """What the master has logged."""
        return (self.folder / "1.log").read_text()

    def _start(self, daemon: str, *options: str) -> subprocess.Popen[bytes]:
        import pyspark  # noqa: PLC0415 (an extra)

        home = Path(pyspark.__file__).parent
        command = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{daemon}", "--host", "127.0.0.1"]
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "256m"}
        with (self.folder / f"{len(self.processes) + 1}.log").open("w") as log:
            process = subprocess.Popen(
                [*command, "--webui-port", "0", *options], env=environment, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process


def kill(process: subprocess.Popen[bytes]) -> None:
    """A daemon and all that it has started, as when a machine is lost."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """With one worker, and room on it for small executors."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "spark-defaults.conf").write_text(f"{SMALL}spark.executor.memory 512m\nspark.driver.host 127.0.0.1\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SPARK_CONF_DIR", str(folder))
        cluster = Cluster(folder)
        try:
            cluster.add_worker()
            yield cluster
        finally:
            for process in cluster.processes:
                kill(process)


@contextmanager
def half_way(cluster: Cluster, output: Path) -> Iterator[subprocess.Popen[str]]:
    """A build that has settled the log and is about to go on."""
    command = [ARSPLAN, "build", "--landing", WORLD, "--output", output, "--as-of", AS_OF, "--without-site"]
    command += ["--engine", "spark", "--master", cluster.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as build:
        until(lambda: build.poll() is not None or [*output.glob("building/*/log/staging/stg_assignment_log/_SUCCESS")])
        assert build.poll() is None, build.communicate()
        yield build


def run(cluster: Cluster, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """A script that works with the cluster, in a process of its own, as every driver is."""
    command = [sys.executable, "-c", script, cluster.url, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_worker_and_its_executor_are_killed(cluster: Cluster, first_example: Built, tmp_path: Path) -> None:
    other = cluster.add_worker()
    with half_way(cluster, tmp_path) as build:
        kill(other)
        said, _ = build.communicate()
    assert build.returncode == 0, said
    assert "lost executor" in cluster.said()
    assert marts_of(Built(0, tmp_path, said)) == marts_of(first_example)
    assert_current_is_whole(tmp_path)


def test_a_driver_is_killed(cluster: Cluster, first_example: Built, tmp_path: Path) -> None:
    """The next build succeeds."""
    with half_way(cluster, tmp_path) as build:
        build.kill()
    with half_way(cluster, tmp_path) as build:
        said, _ = build.communicate()
    assert build.returncode == 0, said
    assert marts_of(Built(0, tmp_path, said)) == marts_of(first_example)
    assert not (tmp_path / "building").exists()


TWICE = """
import os, sys
from functools import partial
from pathlib import Path
from threading import Event
from dagster_project.ingest.area_register import read_register
from dagster_project.ingest.dbt_sources import _parsed
from dagster_project.ingest.landing import deliveries_in
from dagster_project.settings import REFERENCE
from dagster_project.transform.spark import on_workers

def together(delivery):
    (met / f"{os.getpid()}").touch()
    while len(list(met.iterdir())) < 2:
        Event().wait(0.01)
    return _parsed("assignment_log", register, kept, delivery)

url, landing, folder = sys.argv[1], *map(Path, sys.argv[2:])
register, kept, met = read_register(REFERENCE / "municipalities.csv"), folder / "kept", folder / "met"
log, *_ = [one for one in deliveries_in(landing) if one.feed == "assignment_log"]
for made in on_workers(url)(together, [log, log]):
    print(made.about.rows_read, made.fitting)
"""


def test_two_attempts_of_one_file_at_once(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add_worker()
    for name in ("kept", "met"):
        (tmp_path / name).mkdir()
    done = run(cluster, TWICE, WORLD, tmp_path)
    first, second = done.stdout.splitlines()
    assert first == second, done.stderr
    assert len([*(tmp_path / "kept").iterdir()]) == 1


BREAKS = """
import sys
from dagster_project.transform.spark import session
spark = session(sys.argv[1])
try:
    spark.range(1).selectExpr(f"cast(concat('{sys.argv[2]}', id) as int)").collect()
except Exception as error:
    print(type(error).__name__, sys.argv[2] in str(error))
"""


def test_neither_driver_nor_executors_log_a_value(cluster: Cluster) -> None:
    done = run(cluster, BREAKS, SECRET)
    assert done.stdout == "NumberFormatException True\n", done.stderr
    logs = [*cluster.folder.rglob("stderr"), *cluster.folder.rglob("stdout")]
    assert logs
    assert SECRET not in done.stderr + "".join(log.read_text() for log in logs)
