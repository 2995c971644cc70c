"""What nights bring: kills at any moment, a full disk, a read-only folder; the old release stays whole."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLES, Build, Built, copied

ARSPLAN = str(Path(sys.executable).with_name("arsplan"))
LANDING = str(EXAMPLES / "world-1" / "landing")
AS_OF = "2026-01-31"


@pytest.fixture
def output(first_example: Built, tmp_path: Path) -> Path:
    """A copy of an output folder with one good release, for a test that hurts it."""
    return copied(first_example, tmp_path / "output")


def command(output: Path, with_site: bool = False) -> list[str]:
    build = [ARSPLAN, "build", "--landing", LANDING, "--output", str(output), "--as-of", AS_OF]
    return build if with_site else [*build, "--without-site"]


def assert_current_is_whole(output: Path) -> Path:
    current = (output / "current").resolve()
    for line in (current / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((current / name).read_bytes()).hexdigest() == digest, name
    return current


def kill_after_line(output: Path, beginning: str) -> None:
    """Kill a build, and all that it started, as soon as it has shown a line."""
    with subprocess.Popen(command(output, True), stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert any(beginning in line for line in process.stdout), f"no line with {beginning}"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def kill_after_seconds(output: Path, seconds: float) -> None:
    with subprocess.Popen(command(output), stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()


def assert_next_build_heals(build: Build, output: Path, good: Built) -> None:
    built = build(Path(LANDING), AS_OF, output)
    assert built.exit_code == 0, built.text
    assert_current_is_whole(output)
    assert built.digests() == good.digests()
    assert not (output / "building").exists()


def test_killed_early_and_late(build: Build, first_example: Built, output: Path) -> None:
    before = (output / "current").resolve()
    for step in ("ingest     redistributions", "documents"):
        kill_after_line(output, step)
        assert assert_current_is_whole(output) == before
    assert_next_build_heals(build, output, first_example)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(seed: int, build: Build, first_example: Built, output: Path) -> None:
    kill_after_seconds(output, random.Random(seed).uniform(0.2, 20))
    assert_current_is_whole(output)
    assert_next_build_heals(build, output, first_example)


def in_own_mount(script: str, output: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a mount namespace of its own; $good is an output folder to copy, $place where to mount."""
    place = folder / "place"
    place.mkdir()
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-e", "-c", script],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "good": str(output), "place": str(place), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


CHECK_CURRENT = """
cd "$place/current/"
sha256sum --quiet -c SHA256SUMS && echo current is whole
"""


def test_no_space_left(output: Path, tmp_path: Path) -> None:
    kilobytes = sum(path.stat().st_size for path in output.rglob("*") if path.is_file()) // 1024
    build = " ".join(command(Path("$place")))
    script = f"""
        mount -t tmpfs -o size={kilobytes + 3000}k tmpfs "$place"
        cp -a "$good/." "$place/"
        {build} || echo "exit code $?"
        {CHECK_CURRENT}
    """
    done = in_own_mount(script, output, tmp_path)
    assert "exit code 1" in done.stdout, done.stdout + done.stderr
    assert "make room and build again" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "current is whole" in done.stdout


def test_read_only_folder(output: Path, tmp_path: Path) -> None:
    build = " ".join(command(Path("$place")))
    script = f"""
        mount --bind "$good" "$place"
        mount -o remount,bind,ro "$place"
        {build} || echo "exit code $?"
        {CHECK_CURRENT}
    """
    done = in_own_mount(script, output, tmp_path)
    assert "exit code 1" in done.stdout, done.stdout + done.stderr
    assert "the output folder is read-only" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "current is whole" in done.stdout
