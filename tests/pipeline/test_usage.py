"""Wrong usage and bad places: one clear sentence, the right exit code, nothing published."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLES, Build
from pipeline.mail_server import free_port

from dagster_project.cli import main
from dagster_project.service import loop

ARSPLAN = Path(sys.executable).with_name("arsplan")
WORLD = EXAMPLES / "world-1" / "landing"


def test_help_explains_the_commands() -> None:
    shown = subprocess.run([ARSPLAN, "--help"], capture_output=True, text=True, check=True).stdout
    assert "build" in shown
    assert "simulate" in shown
    assert "exit codes" in shown


def test_whoever_does_not_read_on_disturbs_nothing(tmp_path: Path) -> None:
    """As `arsplan status | true`."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [ARSPLAN, "status", "--output", tmp_path]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, "")


def test_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["bild"])
    assert stop.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_bad_date_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["build", "--as-of", "31/10/2026"])
    assert stop.value.code == 2
    assert "write it as YYYY-MM-DD" in capsys.readouterr().err


def test_no_landing_folder(build: Build, tmp_path: Path) -> None:
    built = build(tmp_path / "nowhere", "2026-01-31", tmp_path / "output")
    assert built.exit_code == 2
    assert "There is no landing folder" in built.text


def test_empty_landing_folder(build: Build, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    built = build(tmp_path / "landing", "2026-01-31", tmp_path / "output")
    assert built.exit_code == 2
    assert "holds no file in quota_decisions/" in built.text


def test_a_setting_that_is_no_number(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARSPLAN_REJECTED_ROWS_LIMIT", "5%")
    built = build(WORLD, "2026-01-31", tmp_path / "output")
    assert built.exit_code == 2
    assert "ARSPLAN_REJECTED_ROWS_LIMIT is '5%': write a share such as 0.05" in built.text


def test_output_that_cannot_be_written(build: Build, tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file where a folder should be")
    built = build(WORLD, "2026-01-31", tmp_path / "output")
    assert built.exit_code == 1
    assert "a file stands where the output folder should be" in built.text
    assert "Traceback" not in built.text


def test_of_two_builds_at_once_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    """The first goes on to its end, also when nobody reads on, as with `arsplan build | head -1`."""
    build = [ARSPLAN, "build", "--landing", WORLD, "--output", tmp_path, "--as-of", "2026-01-31", "--without-site"]
    with subprocess.Popen(build, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stderr is not None
        assert "start" in first.stdout.readline()
        first.stdout.close()
        second = subprocess.run(build, capture_output=True, text=True, check=False)
        assert first.stderr.read() == ""
    assert first.returncode == 0
    assert second.returncode == 1
    assert "Another build is running" in second.stderr
    assert len(list((tmp_path / "releases").iterdir())) == 1
    assert (tmp_path / "current" / "build.json").is_file()


def test_what_libraries_log_is_not_shown(tmp_path: Path) -> None:
    """Some give Python's log a place on the screen as soon as they are imported."""
    a_command = f"from dagster_project.cli import main; main(['status', '--output', {str(tmp_path)!r}])"
    a_library = "import logging; logging.basicConfig(); logging.getLogger('library').error('what a library logs')"
    ran = subprocess.run(
        [sys.executable, "-c", f"{a_command}; {a_library}"], capture_output=True, text=True, check=True
    )
    assert "library" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("command", ["up", "site"])
def test_a_taken_port_is_told(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = tmp_path / "current" / "public"
    public.mkdir(parents=True)
    (public / "index.html").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main([command, "--port", port, *(["--output", str(tmp_path)] if command == "site" else [])]) == 1
    assert f"port {port}, cannot be listened on" in capsys.readouterr().err


def test_the_service_has_its_own_umask(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its builds and messages make has the rights that are documented, whoever starts it."""
    monkeypatch.setattr(loop, "serve", lambda *_: os.umask(0o026))
    before = os.umask(0)
    try:
        assert main(["up", "--port", str(free_port())]) == 0o026
    finally:
        os.umask(before)


def test_a_site_of_a_damaged_release_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = tmp_path / "current"
    link.symlink_to("releases/R1")
    assert main(["site", "--output", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"arsplan: there is no site in {link / 'public'}: {link} leads to no release. Build one (make run).\n"
    )
    (link.resolve()).mkdir(parents=True)
    (link / "build.json").write_text('{"build_id": "R')
    assert main(["site", "--output", str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"{link / 'build.json'} cannot be read" in line
