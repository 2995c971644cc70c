"""A backup is restored on an empty machine, and goes on: no answer is sent twice because of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from dagster_project.cli import main
from dagster_project.releases.build_json import Description
from dagster_project.service.answers.outbox import OUTBOX, SENT, UNCERTAIN, Answer, known_answers, put
from dagster_project.service.state import opened

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ANSWERS = [Answer(f"{n:016}", "change_request", f"R{n}", "0765", date(2026, 11, 1), "content") for n in range(4)]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output folder with two releases, an edition, a sent answer and a waiting one."""
    folder = tmp_path / "output"
    folder.mkdir()
    with opened(folder):
        pass
    for name in ("R1", "R2"):
        (folder / "releases" / name).mkdir(parents=True)
        Description(name, NOW, NOW.date(), "1", published=True).write(folder / "releases" / name)
    (folder / "current").symlink_to("releases/R2")
    public = folder / "editions" / "2026-10-31" / "public"
    public.mkdir(parents=True)
    (public / "index.html").write_text("page")
    (folder / "releases" / "R2" / "index.html").hardlink_to(public / "index.html")
    for answer in ANSWERS[:2]:
        put(folder, answer, EmailMessage(), NOW)
    (folder / OUTBOX / SENT).mkdir()
    (folder / OUTBOX / ANSWERS[0].file_name).rename(folder / OUTBOX / SENT / ANSWERS[0].file_name)
    return folder


def test_goes_on_where_it_was(output: Path, tmp_path: Path) -> None:
    kept, new = tmp_path / "kept", tmp_path / "new"
    assert main(["backup", str(kept), "--output", str(output)]) == 0
    put(output, ANSWERS[2], EmailMessage(), NOW)  # and sent, after the backup
    assert main(["restore", str(kept), "--output", str(new)]) == 0
    assert (new / "current").resolve() == (new / "releases" / "R2").resolve()
    assert [folder.name for folder in (new / "releases").iterdir()] == ["R2"]
    page = new / "editions" / "2026-10-31" / "public" / "index.html"
    assert page.samefile(new / "releases" / "R2" / "index.html")  # kept once, as it was
    assert {answer.answer_id for answer in known_answers(new)} == {answer.answer_id for answer in ANSWERS[:2]}
    assert [file.name for file in (new / OUTBOX / SENT).iterdir()] == [ANSWERS[0].file_name]
    assert list((new / OUTBOX).glob("*.eml")) == []  # what waited may have been sent since
    put(new, ANSWERS[2], EmailMessage(), NOW)
    uncertain = {file.name for file in (new / OUTBOX / UNCERTAIN).iterdir()}
    assert uncertain == {ANSWERS[1].file_name, ANSWERS[2].file_name}


def test_nothing_is_written_over(output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept"
    assert main(["backup", str(kept), "--output", str(output)]) == 0
    assert main(["backup", str(kept), "--output", str(output)]) == 2
    assert main(["restore", str(kept), "--output", str(output)]) == 2
    assert main(["restore", str(tmp_path), "--output", str(tmp_path / "new")]) == 2
    said = capsys.readouterr().err
    assert "is not empty" in said
    assert "is in use" in said
    assert "is no backup" in said
