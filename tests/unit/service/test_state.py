"""The service's database: damaged, lost or of another program, a new one takes its place, with what is known again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from dagster_project.releases.build_json import Description, Finding
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.service.answers.outbox import (
    OUTBOX,
    SENT,
    UNCERTAIN,
    Answer,
    Prepared,
    known_answers,
    put,
    record_prepared,
)
from dagster_project.service.findings import around
from dagster_project.service.journal import recent_builds, record_end
from dagster_project.service.ledger import known_deliveries
from dagster_project.service.state import FILE_NAME, StateDamagedError, opened, read_only
from dagster_project.service.status import CRITICAL, status_of

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
FILES = ({"feed": "assignment_log", "file_name": "1.csv", "sha256": "12ab", "status": "loaded"},)


def answer(number: int) -> Answer:
    return Answer(f"{number:016}", "change_request", f"R{number}", "0765", date(2026, 11, 1), "content")


def prepare(output: Path, number: int) -> Path:
    """Put an answer into the outbox; its file."""
    message = EmailMessage()
    message["Subject"] = "Svar"
    put(output, answer(number), message, NOW)
    [file] = (output / OUTBOX).rglob(answer(number).file_name)
    return file


def noise(file: Path) -> None:
    file.write_bytes(b"\x00noise" * 1000)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def of_another_program(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("pragma user_version = 99")


def told(output: Path) -> list[Finding]:
    return [finding for finding in around(output, output / "landing", NOW) if finding.kind == "state"]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder with a release, its build in the journal, and two answers, one of them sent."""
    record_end(tmp_path, BuildRecord("R1", NOW, NOW, NOW.date(), PUBLISHED, None, {}, {}, {}, {}, "fingerprint"))
    folder = tmp_path / "releases" / "R1"
    folder.mkdir(parents=True)
    Description("R1", NOW, NOW.date(), "1", published=True, files=FILES).write(folder)
    (tmp_path / "current").symlink_to(folder)
    (tmp_path / OUTBOX / SENT).mkdir(parents=True)
    prepare(tmp_path, 1).rename(tmp_path / OUTBOX / SENT / answer(1).file_name)
    prepare(tmp_path, 2)
    record_prepared(tmp_path, "R1", Prepared(2, 0))
    return tmp_path


@pytest.mark.parametrize("hurt", [noise, cut, of_another_program, Path.unlink])
def test_what_can_be_known_again_is(hurt: Callable[[Path], None], output: Path) -> None:
    hurt(output / FILE_NAME)
    with opened(output):
        pass
    [build] = recent_builds(output, 5)
    assert (build.build_id, build.outcome, build.as_of) == ("R1", PUBLISHED, NOW.date())
    assert known_deliveries(output) == {"assignment_log/1.csv": "12ab"}
    assert {one.answer_id for one in known_answers(output)} == {answer(1).answer_id, answer(2).answer_id}


@pytest.mark.parametrize("hurt", [noise, cut, of_another_program])
def test_the_old_file_is_kept_aside_and_told_until_a_later_build_is_published(
    hurt: Callable[[Path], None], output: Path
) -> None:
    hurt(output / FILE_NAME)
    before = (output / FILE_NAME).read_bytes()
    [finding] = told(output)
    assert (finding.kind, finding.severity) == ("state", "error")
    assert (output / finding.facts["moved_to"]).read_bytes() == before
    later = datetime.now(UTC) + timedelta(seconds=1)
    record_end(output, BuildRecord("R2", later, later, later.date(), PUBLISHED, None, {}, {}, {}, {}))
    assert told(output) == []


def test_an_answer_that_may_have_been_sent_waits_for_a_person(output: Path) -> None:
    """A third answer, sent and taken away by hand, is forgotten with the database: the next build makes it again."""
    taken_away = prepare(output, 3)
    taken_away.unlink()
    noise(output / FILE_NAME)
    again = prepare(output, 3)
    assert again.parent == output / OUTBOX / UNCERTAIN
    assert (output / OUTBOX / answer(2).file_name).is_file()  # it never left: it still waits
    record_prepared(output, "R2", Prepared(1, 0))
    assert prepare(output, 4).parent == output / OUTBOX


def test_in_a_new_folder_nothing_is_uncertain(tmp_path: Path) -> None:
    assert prepare(tmp_path, 1).parent == tmp_path / OUTBOX
    assert told(tmp_path) == []


def test_who_only_reads_says_that_it_is_damaged(output: Path) -> None:
    noise(output / FILE_NAME)
    with pytest.raises(StateDamagedError), read_only(output):
        pass
    status = status_of(output, NOW, NOW.time())
    assert (status.code, "operations.sqlite: damaged" in status.lines[0]) == (CRITICAL, True)
    assert (output / FILE_NAME).read_bytes().startswith(b"\x00noise")


def test_whoever_dies_while_it_renews_loses_no_answer(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of_another_program(output / FILE_NAME)
    with monkeypatch.context() as dying:
        dying.setattr(Path, "replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), opened(output):
            pass
    for file in (output / OUTBOX).rglob("*.eml"):
        file.unlink()
    assert known_answers(output) == [answer(1), answer(2)]
