"""Answers to municipalities: what they say, and that each leaves once, whatever crashes."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import SHIPPED_AS_OF, SHIPPED_LANDING, Built, note_build
from pipeline.mail_server import MailServer

from dagster_project.cli import main
from dagster_project.language import SWEDISH, month
from dagster_project.service.alert_and_answer_settings import AnswerSettings
from dagster_project.service.alert_and_answer_settings import MailServer as ServerSettings
from dagster_project.service.alerts import waiting_messages
from dagster_project.service.answers import mail as answers_mail
from dagster_project.service.answers import outbox
from dagster_project.service.answers.mail import send_waiting
from dagster_project.service.answers.outbox import OUTBOX, SENT, UNCERTAIN, Prepared, counts
from dagster_project.service.answers.prepare import prepare_answers
from dagster_project.service.answers.template import read_answer_settings
from dagster_project.service.state import opened
from dagster_project.service.status import status_of
from dagster_project.service.watch import look_for_problems
from dagster_project.settings import SettingError, settings_for

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
AS_OF = date.fromisoformat(SHIPPED_AS_OF)
SINCE = date(2026, 5, 1)
TRIAL = "prov@simulated.se"
DECIDED_SINCE = 8  # answers of the shipped release to decisions from then on


def release_of(shipped: Built) -> Path:
    return (shipped.output / "current").resolve()


def prepare(output: Path, release: Path, settings: AnswerSettings) -> Prepared:
    return prepare_answers(output, release, settings, NOW, AS_OF)


def changed(shipped: Built, folder: Path, statement: str) -> Path:
    """A release that is as the shipped one but for what a statement changes, and without documents."""
    release = folder / "changed"
    release.mkdir()
    shutil.copy(release_of(shipped) / "warehouse.duckdb", release)
    with duckdb.connect(str(release / "warehouse.duckdb")) as warehouse:
        warehouse.execute(statement)
    return release


def messages_in(folder: Path) -> list[EmailMessage]:
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in sorted(folder.glob("*.eml"))]


def body_of(message: Any) -> str:
    return str(message.get_body().get_content()).replace("\r\n", "\n")


def recipients_file(folder: Path, left_out: str = "") -> Path:
    """The shipped recipients with addresses that could be somebody's; tests send to this machine only."""
    with AnswerSettings().recipients.open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row[0] != left_out]
    changed = folder / "recipients.csv"
    with changed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[code, email.replace(".example", ".se")] for code, email in rows])
    return changed


@pytest.fixture
def sending(tmp_path: Path, mail: MailServer) -> AnswerSettings:
    server = ServerSettings(host="127.0.0.1", port=mail.port, security="none")
    recipients = recipients_file(tmp_path)
    return AnswerSettings(recipients=recipients, simulated_recipient=TRIAL, since=SINCE, mail_server=server)


@pytest.fixture
def waiting(tmp_path: Path, shipped: Built, sending: AnswerSettings) -> Path:
    """An output folder with answers that wait to be sent."""
    output = tmp_path / "output"
    output.mkdir()
    assert prepare(output, release_of(shipped), sending).answers == DECIDED_SINCE
    return output


# --- what they say ---------------------------------------------------------------------------------------------------


def test_every_decided_request_is_answered_to_everyone_it_concerns(shipped: Built) -> None:
    asked = shipped.query(
        "select 'kommun-' || municipality_code || '@simulated.example', request_id from marts.request_answers"
    )
    answers = messages_in(shipped.output / OUTBOX)
    assert len(answers) == 17
    assert Counter((str(one["To"]), str(one["Subject"]).split("(")[-1][:-1]) for one in answers) == Counter(asked)


def test_an_answer_says_month_by_month_what_the_plan_was_and_is(shipped: Built) -> None:
    rows = shipped.query(
        "select plan_month, planned_before_persons, wished_persons, planned_persons from marts.request_answer_months "
        "where request_id = 'Simulated wish 2026-2' order by plan_month"
    )
    [answer] = [one for one in messages_in(shipped.output / OUTBOX) if "(Simulated wish 2026-2)" in str(one["Subject"])]
    told = [line.split() for line in body_of(answer).splitlines()]
    assert len(rows) == 12
    assert any(before != planned for _, before, _, planned in rows)
    for plan_month, before, wished, planned in rows:
        shown = [month(plan_month, SWEDISH), str(before), "–" if wished is None else str(wished), str(planned)]
        assert [*shown, "*"] in told if before != planned else shown in told


@pytest.mark.parametrize(
    ("request_id", "sentence"),
    [
        ("Simulated wish 2026-2", "kunde bara delvis genomföras"),
        ("Simulated wish 2026-3", "avslogs den 20 maj 2026. Planen ändras inte."),
        ("Simulated wish 2026-4", "de månader ni angav har ändrats som ni önskade"),
        ("Simulated redistribution 2025-2", "Länsstyrelsen avslog omfördelningen den 22 september 2025."),
        ("Simulated redistribution 2026-1", "Kommuntalet ändras från 22 till 25."),
        ("Simulated redistribution 2026-4", "kommunerna ligger i olika län"),
    ],
)
def test_an_answer_says_what_became_of_the_request(request_id: str, sentence: str, shipped: Built) -> None:
    answers = [one for one in messages_in(shipped.output / OUTBOX) if f"({request_id})" in str(one["Subject"])]
    assert any(sentence in body_of(one) for one in answers)
    assert all(str(one["Subject"]).startswith("SIMULERAT: ") for one in answers)


def test_the_new_plan_is_attached(shipped: Built) -> None:
    for answer in messages_in(shipped.output / OUTBOX):
        [attached] = answer.iter_attachments()
        [released] = (release_of(shipped) / "public" / "documents").glob(f"*/latest/{attached.get_filename()}")
        assert attached.get_content() == released.read_bytes()


def test_county_boards_hear_of_redistributions(shipped: Built) -> None:
    copies = {str(one["Cc"]) for one in messages_in(shipped.output / OUTBOX) if "redistribution" in str(one["Subject"])}
    assert copies == {f"lan-{code}@simulated.example" for code in ("05", "07", "12", "14")}


def test_a_corrected_decision_is_answered_anew(tmp_path: Path, shipped: Built) -> None:
    corrected = tmp_path / "corrected"
    corrected.mkdir()
    shutil.copy(release_of(shipped) / "warehouse.duckdb", corrected)
    prepare(tmp_path, release_of(shipped), AnswerSettings())
    with duckdb.connect(str(corrected / "warehouse.duckdb")) as warehouse:
        warehouse.execute(
            "update marts.request_answers set decision = 'declined', status = 'declined', decided_date = '2026-05-28' "
            "where request_id = 'Simulated wish 2026-4'"
        )
    assert prepare(tmp_path, corrected, AnswerSettings()).answers == 1
    [answer] = [body_of(one) for one in messages_in(tmp_path / OUTBOX) if "28 maj 2026" in body_of(one)]
    assert "Svaret ersätter vårt svar om beslutet den 25 maj 2026." in answer
    assert "Önskemålet avslogs den 28 maj 2026." in answer


def test_a_correction_back_to_what_was_is_answered_too(tmp_path: Path, shipped: Built) -> None:
    other = changed(
        shipped,
        tmp_path,
        "update marts.change_request_months set wished_persons = 7 where request_id = 'Simulated wish 2026-4'",
    )
    prepare(tmp_path, release_of(shipped), AnswerSettings())
    rounds = [other, other, release_of(shipped), release_of(shipped)]
    assert [prepare(tmp_path, release, AnswerSettings()).answers for release in rounds] == [1, 0, 1, 0]


def test_real_decisions_are_not_answered_to_simulated_addresses(tmp_path: Path, shipped: Built) -> None:
    real = changed(
        shipped,
        tmp_path,
        "update marts.request_answers set is_simulated = false where request_id = 'Simulated wish 2026-4'",
    )
    assert prepare(tmp_path, real, AnswerSettings()) == Prepared(16, 1)


def test_an_id_cannot_write_headers(tmp_path: Path, shipped: Built) -> None:
    hostile = changed(
        shipped, tmp_path, "update marts.request_answers set request_id = 'R' || chr(13) || chr(10) || 'Bcc: a@b.se'"
    )
    assert prepare(tmp_path, hostile, AnswerSettings()).answers > 0
    assert {str(one["Bcc"]) for one in messages_in(tmp_path / OUTBOX)} == {"None"}


def test_operators_write_the_answer(tmp_path: Path, shipped: Built) -> None:
    template = tmp_path / "answer.txt"
    template.write_text("Hej {{ municipality }}\n\n{{ answer.status }} {{ months|length }}\n")
    prepare(tmp_path, release_of(shipped), AnswerSettings(template=template))
    found = {(str(one["Subject"]), body_of(one)) for one in messages_in(tmp_path / OUTBOX)}
    assert ("Hej Älmhult", "applied 12\n") in found


# --- that each is made once ------------------------------------------------------------------------------------------


def test_an_answer_that_was_taken_away_does_not_come_again(tmp_path: Path, shipped: Built) -> None:
    assert prepare(tmp_path, release_of(shipped), AnswerSettings()) == Prepared(17, 0)
    for file in (tmp_path / OUTBOX).glob("*.eml"):
        file.unlink()
    assert prepare(tmp_path, release_of(shipped), AnswerSettings()) == Prepared(0, 0)
    assert messages_in(tmp_path / OUTBOX) == []


@pytest.mark.parametrize("step", ["_remember", "move"])
@pytest.mark.parametrize("nth", [1, 2, 17])
def test_a_crash_while_preparing_loses_and_repeats_nothing(
    step: str, nth: int, tmp_path: Path, shipped: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends before the nth answer is remembered, or before it is moved; what had come is taken away."""
    calls: list[object] = []
    original = getattr(outbox, step)

    def ends(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == nth:
            raise SystemExit
        return original(*arguments)

    taken = []
    with monkeypatch.context() as crashing:
        crashing.setattr(outbox, step, ends)
        with pytest.raises(SystemExit):
            prepare(tmp_path, release_of(shipped), AnswerSettings())
    assert outbox.prepared_for(tmp_path, release_of(shipped).name) is None
    for file in list((tmp_path / OUTBOX).glob("*.eml")):
        taken.append(file.name)
        file.unlink()
    assert len(taken) == nth - 1
    prepare(tmp_path, release_of(shipped), AnswerSettings())
    taken += [file.name for file in (tmp_path / OUTBOX).glob("*.eml")]
    assert len(taken) == len(set(taken)) == 17
    assert outbox.prepared_for(tmp_path, release_of(shipped).name) is not None


def test_what_was_cut_off_before_it_was_remembered_does_not_leave(
    tmp_path: Path, shipped: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the next build the decision may be another."""
    with monkeypatch.context() as crashing:
        crashing.setattr(outbox, "_remember", lambda *_: sys.exit())
        with pytest.raises(SystemExit):
            prepare(tmp_path, release_of(shipped), AnswerSettings())
    prepare(tmp_path, release_of(shipped), AnswerSettings(since=date(2030, 1, 1)))
    assert list((tmp_path / OUTBOX).rglob("*.eml")) == []


def test_an_answer_waits_for_its_recipient(tmp_path: Path, shipped: Built) -> None:
    real = changed(shipped, tmp_path, "update marts.request_answers set is_simulated = false")
    without = AnswerSettings(recipients=recipients_file(tmp_path, left_out="0765"))
    assert prepare(tmp_path, real, without) == Prepared(14, 3)
    assert outbox.prepared_for(tmp_path, real.name) == Prepared(14, 3)
    complete = AnswerSettings(recipients=recipients_file(tmp_path))
    assert prepare(tmp_path, real, complete) == Prepared(3, 0)


def test_what_is_real_goes_to_the_municipality_and_a_copy_to_the_county_board(
    tmp_path: Path, shipped: Built, sending: AnswerSettings, mail: MailServer
) -> None:
    real = changed(shipped, tmp_path, "update marts.request_answers set is_simulated = false")
    output = tmp_path / "real"
    output.mkdir()
    prepare(output, real, sending)
    assert send_waiting(output, sending, NOW) == DECIDED_SINCE
    assert ["kommun-1280@simulated.se", "lan-12@simulated.se"] in [recipients for _, recipients, _ in mail.received]
    assert TRIAL not in {address for _, recipients, _ in mail.received for address in recipients}


@pytest.mark.parametrize("now_configured", [None, "other@simulated.se"])
def test_what_is_simulated_leaves_only_to_the_address_that_is_configured_now(
    now_configured: str | None, waiting: Path, sending: AnswerSettings, mail: MailServer
) -> None:
    later = sending.model_copy(update={"simulated_recipient": now_configured})
    assert send_waiting(waiting, later, NOW) == 0
    assert (mail.messages, counts(waiting).waiting) == ([], DECIDED_SINCE)


# --- that each is sent once ------------------------------------------------------------------------------------------


def test_each_answer_is_sent_once(waiting: Path, sending: AnswerSettings, mail: MailServer) -> None:
    files = {file.name: file.read_bytes() for file in (waiting / OUTBOX).glob("*.eml")}
    assert send_waiting(waiting, sending, NOW) == DECIDED_SINCE
    assert send_waiting(waiting, sending, NOW + timedelta(days=1)) == 0
    assert {file.name for file in (waiting / OUTBOX / SENT).glob("*.eml")} == set(files)
    originals = {str(one["Message-ID"]): one for one in messages_in(waiting / OUTBOX / SENT)}
    assert len(mail.messages) == len(originals) == DECIDED_SINCE
    for message in mail.messages:
        original = originals[str(message["Message-ID"])]
        assert body_of(message) == body_of(original)
        [sent], [attached] = message.iter_attachments(), original.iter_attachments()
        assert sent.get_content() == attached.get_content()
    assert {tuple(recipients) for _, recipients, _ in mail.received} == {(TRIAL,)}  # nobody else hears of it


def test_a_line_that_begins_with_a_dot_arrives_whole(
    tmp_path: Path, shipped: Built, sending: AnswerSettings, mail: MailServer
) -> None:
    template = tmp_path / "answer.txt"
    template.write_text("Svar\n\n.\n..två\nslut\n")
    settings = sending.model_copy(update={"template": template})
    prepare(tmp_path, release_of(shipped), settings)
    assert send_waiting(tmp_path, settings, NOW) == DECIDED_SINCE
    assert {body_of(message) for message in mail.messages} == {".\n..två\nslut\n"}


def test_what_was_decided_before_is_not_sent(tmp_path: Path, shipped: Built, sending: AnswerSettings) -> None:
    """A mail server is named when files from an earlier time still lie in the outbox."""
    prepare(tmp_path, release_of(shipped), sending.model_copy(update={"since": None}))
    assert send_waiting(tmp_path, sending, NOW) == DECIDED_SINCE
    assert counts(tmp_path).waiting == 17 - DECIDED_SINCE


def test_nothing_is_sent_to_simulated_recipients(
    tmp_path: Path, shipped: Built, sending: AnswerSettings, mail: MailServer
) -> None:
    simulated = sending.model_copy(update={"simulated_recipient": None})
    prepare(tmp_path, release_of(shipped), simulated)
    assert send_waiting(tmp_path, simulated, NOW) == 0
    assert (mail.messages, counts(tmp_path).waiting) == ([], DECIDED_SINCE)


def test_a_server_that_was_down_gets_each_answer_once(waiting: Path, sending: AnswerSettings, mail: MailServer) -> None:
    mail.stop()
    assert send_waiting(waiting, sending, NOW) == 0
    assert counts(waiting).refused == 1  # the others would have waited as long, in vain
    mail.start()
    assert send_waiting(waiting, sending, NOW + timedelta(seconds=30)) == DECIDED_SINCE - 1  # it is not due again yet
    assert send_waiting(waiting, sending, NOW + timedelta(minutes=2)) == 1
    assert len(mail.messages) == DECIDED_SINCE


def test_a_server_that_never_answers_costs_one_wait_a_round(
    waiting: Path, sending: AnswerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_mail, "SECONDS_TO_WAIT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server = ServerSettings(host="127.0.0.1", port=port, security="none")
        assert send_waiting(waiting, sending.model_copy(update={"mail_server": server}), NOW) == 0
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):  # nobody else has knocked
            silent.accept()
    assert counts(waiting).waiting == DECIDED_SINCE


@pytest.mark.parametrize("refuses", ["at_recipient", "at_message"])
def test_one_refused_answer_holds_up_no_other(
    refuses: str, waiting: Path, sending: AnswerSettings, mail: MailServer
) -> None:
    replies = iter(["550 No such mailbox"])
    setattr(mail, refuses, lambda *_: next(replies, "250 OK"))
    assert send_waiting(waiting, sending, NOW) == DECIDED_SINCE - 1
    assert (counts(waiting).refused, counts(waiting).uncertain) == (1, 0)
    assert send_waiting(waiting, sending, NOW + timedelta(minutes=2)) == 1
    assert len({str(message["Message-ID"]) for message in mail.messages}) == len(mail.messages) == DECIDED_SINCE


SENDER = """
import sys
from datetime import date, datetime, UTC
from pathlib import Path
from dagster_project.service.answers.mail import send_waiting
from dagster_project.service.alert_and_answer_settings import AnswerSettings, MailServer
server = MailServer(host="127.0.0.1", port=int(sys.argv[2]), security="none")
settings = AnswerSettings(since=date.min, mail_server=server, simulated_recipient="prov@simulated.se")
print("ready", flush=True)
sys.stdin.readline()
send_waiting(Path(sys.argv[1]), settings, datetime.now(UTC))
"""


def killed_while_sending(output: Path, mail: MailServer, moment: str) -> None:
    """A process that sends is killed by the mail server, at a moment of the first message."""
    with subprocess.Popen(
        [sys.executable, "-c", SENDER, str(output), str(mail.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()

        def kills(*_: object) -> str:
            os.kill(process.pid, signal.SIGKILL)
            return "250 OK"

        usual = getattr(mail, moment)
        setattr(mail, moment, kills)
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.wait(timeout=60) == -signal.SIGKILL
        setattr(mail, moment, usual)


def test_killed_before_the_message_was_handed_over_it_is_sent_by_the_next(
    waiting: Path, sending: AnswerSettings, mail: MailServer
) -> None:
    killed_while_sending(waiting, mail, "at_recipient")
    assert mail.messages == []
    assert send_waiting(waiting, sending, NOW) == DECIDED_SINCE
    assert len({str(message["Message-ID"]) for message in mail.messages}) == len(mail.messages) == DECIDED_SINCE


def test_killed_in_the_moment_of_handing_over_it_is_not_sent_again_but_told(
    waiting: Path, sending: AnswerSettings, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_while_sending(waiting, mail, "at_message")
    assert send_waiting(waiting, sending, NOW) == DECIDED_SINCE - 1
    assert len({str(message["Message-ID"]) for message in mail.messages}) == len(mail.messages) == DECIDED_SINCE
    assert len(list((waiting / OUTBOX / UNCERTAIN).glob("*.eml"))) == 1

    alerts = tmp_path / "alerts.toml"
    alerts.write_text('[[receiver]]\nurl = "json://127.0.0.1:1/"\n')
    monkeypatch.setenv("ARSPLAN_ALERTS", str(alerts))
    note_build(waiting, NOW)
    look_for_problems(settings_for(tmp_path, waiting, AS_OF), NOW, NOW.time())
    assert waiting_messages(waiting) == 1
    with opened(waiting) as connection:
        [(body,)] = connection.execute("select body from messages").fetchall()
    assert "Om 1 svar vet ingen om de skickades." in body
    assert "1 answers may have been sent or not" in status_of(waiting, NOW, NOW.time()).lines[0]


def test_the_watch_sends_from_the_service_s_own_folder_only(
    waiting: Path, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(
        f'since = {SINCE}\nrecipients = "recipients.csv"\nsimulated_recipient = "{TRIAL}"\n'
        f'[mail_server]\nhost = "127.0.0.1"\nport = {mail.port}\nsecurity = "none"\n'
    )
    monkeypatch.setenv("ARSPLAN_ANSWERS", str(file))
    note_build(waiting, NOW)
    monkeypatch.setenv("ARSPLAN_OUTPUT", str(tmp_path / "elsewhere"))
    look_for_problems(settings_for(tmp_path, waiting, AS_OF), NOW, NOW.time())
    assert mail.messages == []
    monkeypatch.setenv("ARSPLAN_OUTPUT", str(waiting))
    look_for_problems(settings_for(tmp_path, waiting, AS_OF), NOW, NOW.time())
    assert len(mail.messages) == DECIDED_SINCE


# --- settings --------------------------------------------------------------------------------------------------------

SERVER = '[mail_server]\nhost = "smtp.example.se"\n'


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("= nothing", "cannot be read"),
        ("letters = 1\n", "answers.toml: letters: Extra inputs"),
        ("since = 'November'\n", "since: .*date"),
        ("sender = 'nobody'\n", "sender: .*write an address"),
        (f"since = 2026-11-01\n{SERVER}port = 'twelve'\n", "mail_server, port: .*integer"),
        (SERVER, "needs since"),
        (f"since = 2026-11-01\n{SERVER}security = 'some'\n", "mail_server, security: .*'starttls', 'tls' or 'none'"),
        (f"since = 2026-11-01\n{SERVER}password_variable = 'UNSET'\n", "UNSET holds no password"),
        ("template = 'missing.txt'\n", "missing.txt cannot be read"),
        ("template = 'wrong.txt'\n", "wrong.txt line 2"),
        ("template = 'unknown.txt'\n", "unknown.txt names what is unknown: kommun"),
        ("recipients = 'wrong.csv'\n", "wrong.csv row 2, email"),
        ("recipients = 'foreign.csv'\n", "foreign.csv row 1, email"),
        ("recipients = 'code.csv'\n", "code.csv row 1, area_code"),
    ],
)
def test_wrong_settings_are_refused(content: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.txt").write_text("Svar\n{% if %}\n")
    (tmp_path / "unknown.txt").write_text("Svar till {{ kommun }}\n")
    (tmp_path / "wrong.csv").write_text("area_code,email\n0765,a@b.se\n0780,nobody\n")
    (tmp_path / "foreign.csv").write_text("area_code,email\n0765,å@b.se\n", encoding="utf-8")
    (tmp_path / "code.csv").write_text("area_code,email\nÄlmhult,a@b.se\n")
    file = tmp_path / "answers.toml"
    file.write_text(content)
    with pytest.raises(SettingError, match=complaint):
        read_answer_settings(file)


def test_a_build_with_wrong_settings_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARSPLAN_ANSWERS", str(tmp_path / "missing.toml"))
    assert main(["build", "--landing", str(SHIPPED_LANDING), "--output", str(tmp_path / "output")]) == 2
    assert not (tmp_path / "output").exists()


def test_a_slip_in_the_template_loses_nothing(tmp_path: Path, shipped: Built) -> None:
    template = tmp_path / "answer.txt"
    template.write_text("Svar\n\n{{ answer.stattus }}\n")
    with pytest.raises(SettingError, match="stattus"):
        prepare(tmp_path, release_of(shipped), AnswerSettings(template=template))
    template.write_text(AnswerSettings().template.read_text())
    assert prepare(tmp_path, release_of(shipped), AnswerSettings(template=template)) == Prepared(17, 0)
