"""Alerts, against a real mail server and a real web server on this machine, which go down and come back."""

from __future__ import annotations

import csv
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Build, note_build
from pipeline.mail_server import MailServer

from dagster_project.releases.build_json import ERROR, WARN, CheckResult, Description
from dagster_project.releases.build_record import PUBLISHED, BuildRecord
from dagster_project.service.alert_and_answer_settings import AlertSettings, Receiver, read_alert_settings
from dagster_project.service.alerts import Problem, deliver, report
from dagster_project.service.problems import report_build
from dagster_project.service.state import opened
from dagster_project.service.watch import look_for_problems
from dagster_project.settings import SettingError, settings_for

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
NIGHTLY_AT = time(4, 15)
KINDS = ("build", "check", "county")
AS_OF = "2026-03-01"
HEAD = ("decision_id", "level", "quota_year", "area_code", "persons", "decided_date")


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server that takes JSON: its Apprise URL, and what it was given."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


def check(name: str = "no_log_issues", cases: int = 8, severity: str = WARN) -> Problem:
    return Problem(f"check:{name}", severity, cases, {"check": name, "areas": []})


def tell(output: Path, settings: AlertSettings, found: list[Problem], now: datetime = NOW) -> None:
    report(output, settings, KINDS, found, now, "HOST:/output")
    deliver(output, settings, now)


def test_a_problem_is_told_once_when_worse_and_when_good_again(tmp_path: Path, mail: MailServer) -> None:
    settings = AlertSettings(receiver=[Receiver(name="operators", url=mail.url)])
    nights = [[], [check()], [check()], [check(cases=6)], [check(cases=7)], [], []]
    told = []
    for night, found in enumerate(nights):
        tell(tmp_path, settings, found, NOW + timedelta(hours=night))
        told.append([subject for subject, _, _ in mail.received])
        mail.received.clear()
    new, good = "Årsplan: nya problem 1, kvarstår 0, åter bra 0", "Årsplan: nya problem 0, kvarstår 0, åter bra 1"
    assert told == [[], [new], [], [], [new], [good], []]


def test_a_message_says_what_how_many_where_and_what_to_do(tmp_path: Path, mail: MailServer) -> None:
    settings = AlertSettings(receiver=[Receiver(name="operators", url=mail.url)])
    broke = Problem("build", ERROR, 1, {"cause": "transform: there is no space left on the disk"})
    tell(tmp_path, settings, [check(), broke])
    [(_, receivers, body)] = mail.received
    assert receivers == ["drift@example.org"]
    assert "Anvisningsloggen är följdriktig (varnar): 8 fall. Se marts.log_issues, och be om rättade händelser." in body
    assert "Bygget avbröts: transform: there is no space left on the disk." in body
    assert "HOST:/output" in body


def test_a_problem_that_stays_is_told_again_after_the_reminder_time(tmp_path: Path, mail: MailServer) -> None:
    settings = AlertSettings(receiver=[Receiver(name="operators", url=mail.url)], reminder_hours=5)
    hours = []
    for hour in range(12):
        tell(tmp_path, settings, [check()], NOW + timedelta(hours=hour))
        hours += [hour] * len(mail.received)
        mail.received.clear()
    assert hours == [0, 5, 10]


def test_nothing_is_lost_or_sent_twice_while_a_receiver_is_down(
    tmp_path: Path, mail: MailServer, hook: tuple[str, list[dict[str, Any]]]
) -> None:
    """One receiver is down: the other hears at once; the first hears when it is back, each message once, in order."""
    url, posted = hook
    settings = AlertSettings(
        receiver=(Receiver(name="mail", url=mail.url), Receiver(name="hook", url=url, language="en"))
    )
    mail.stop()
    tell(tmp_path, settings, [check()])
    tell(tmp_path, settings, [], NOW + timedelta(minutes=1))
    assert [post["title"] for post in posted] == [
        "Årsplan: new problems 1, still there 0, good again 0",
        "Årsplan: new problems 0, still there 0, good again 1",
    ]
    assert mail.received == []

    assert deliver(tmp_path, settings, NOW + timedelta(minutes=1)) == 0  # not due again yet
    mail.start()
    for minute in range(2, 10):
        deliver(tmp_path, settings, NOW + timedelta(minutes=minute))
    assert [subject.split(", ")[-1] for subject, _, _ in mail.received] == ["åter bra 0", "åter bra 1"]
    assert len(posted) == 2


def test_a_message_of_a_process_that_ended_is_sent_by_the_next(tmp_path: Path) -> None:
    settings = AlertSettings(receiver=[Receiver(name="operators", url="json://unused")])
    report(tmp_path, settings, KINDS, [check()], NOW, "HOST")

    def ends(_url: str, _subject: str, _body: str) -> bool:
        raise SystemExit

    with pytest.raises(SystemExit):
        deliver(tmp_path, settings, NOW, ends)
    sent: list[str] = []

    def takes(_url: str, subject: str, _body: str) -> bool:
        sent.append(subject)
        return True

    deliver(tmp_path, settings, NOW + timedelta(minutes=1), takes)
    assert sent == []  # the other process may still be at it
    for minute in (11, 12):
        deliver(tmp_path, settings, NOW + timedelta(minutes=minute), takes)
    assert len(sent) == 1


def test_receivers_hear_what_concerns_them(tmp_path: Path) -> None:
    kronoberg = Problem(
        "county:07:2026", ERROR, 3, {"county": "Kronobergs län", "year": 2026} | {"kommuntal": 27, "lanstal": 30}, "07"
    )
    receivers = (
        Receiver(name="all", url="all"),
        Receiver(name="errors", url="errors", severities=[ERROR]),
        Receiver(name="kronoberg", url="kronoberg", counties=["07"]),
        Receiver(name="skåne", url="skåne", counties=["12"]),
    )
    heard: dict[str, str] = {}

    def takes(url: str, _subject: str, body: str) -> bool:
        heard[url] = body
        return True

    settings = AlertSettings(receiver=receivers)
    report(tmp_path, settings, KINDS, [check(), check("files_readable", 1, ERROR), kronoberg], NOW, "HOST")
    deliver(tmp_path, settings, NOW, takes)
    assert set(heard) == {"all", "errors", "kronoberg"}
    assert "följdriktig" in heard["all"] and "går att läsa" in heard["all"]
    assert "följdriktig" not in heard["errors"]
    assert "Kronobergs län 2026: kommuntalen summerar till 27, länstalet är 30." in heard["kronoberg"]
    assert "Kronobergs län" not in heard["all"]


def test_nobody_is_blamed_while_the_log_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overdue receptions are neither told nor said to be good again: their news may lie in what has not come."""
    settings = tmp_path / "alerts.toml"
    settings.write_text('[[receiver]]\nurl = "json://127.0.0.1:1/"\n')
    monkeypatch.setenv("ARSPLAN_ALERTS", str(settings))

    def told(*failed: str) -> list[str]:
        checks = tuple(CheckResult(name, WARN, False, 3, (), ("Älmhult",)) for name in failed)
        record = BuildRecord("B", NOW, NOW, NOW.date(), PUBLISHED, None, {}, {}, {}, {})
        finished = Description("B", NOW, NOW.date(), "1", published=True, checks=checks)
        report_build(tmp_path, record, finished, (), None)
        with opened(tmp_path) as connection:
            return [name for (name,) in connection.execute("select problem from problems order by 1")]

    fresh, overdue = "feeds_are_fresh", "no_overdue_receptions"
    assert told(fresh, overdue) == [f"check:{fresh}"]
    assert told(overdue) == [f"check:{overdue}"]
    assert told(fresh) == [f"check:{fresh}", f"check:{overdue}"]
    assert told() == []
    with opened(tmp_path) as connection:
        bodies = [body for (body,) in connection.execute("select body from messages")]
    assert any("Gäller Älmhult." in body for body in bodies)


def test_every_outcome_of_a_build_is_told(
    build: Build, tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A county below its länstal blocks, the mended one is good again, a broken build is told: no values of rows."""
    settings = tmp_path / "alerts.toml"
    settings.write_text(
        f'[[receiver]]\nname = "drift"\nurl = "{mail.url}"\n'
        f'[[receiver]]\nname = "kronoberg"\nurl = "{mail.url}&to=07@example.org"\ncounties = ["07"]\n'
    )
    monkeypatch.setenv("ARSPLAN_ALERTS", str(settings))
    landing, output = tmp_path / "landing", tmp_path / "output"
    decisions = landing / "quota_decisions"
    decisions.mkdir(parents=True)

    def decide(kommuntal: int) -> None:
        with (decisions / "1.csv").open("w", newline="") as file:
            rows = [("hemlig-L", "lanstal", 2026, "07", 30, "2025-10-01")]
            csv.writer(file).writerows([HEAD, *rows, ("hemlig-K", "kommuntal", 2026, "0765", kommuntal, "2025-11-01")])

    decide(27)
    assert build(landing, AS_OF, output).exit_code == 3
    subjects = {tuple(to): body for _, to, body in mail.received}
    assert "Inget läns kommuntal är eller blir lägre än länstalet (stoppar publicering): 1 fall." in "".join(
        body for to, body in subjects.items() if "drift@example.org" in to
    )
    [of_county] = [body for _, _, body in mail.received if "kommuntalen summerar" in body]
    assert "Kronobergs län 2026: kommuntalen summerar till 27, länstalet är 30." in of_county
    mail.received.clear()

    decide(30)
    assert build(landing, AS_OF, output).exit_code == 0
    assert any("Åter bra:" in body and "Kronobergs län 2026" in body for _, _, body in mail.received)
    mail.received.clear()

    with monkeypatch.context() as broken:
        broken.setattr("dagster_project.pipeline.assets.write_sources", lambda *_: 1 / 0)
        assert build(landing, AS_OF, output).exit_code == 1
    [(_, _, body)] = mail.received
    assert "Bygget avbröts: ingest: ZeroDivisionError" in body
    mail.received.clear()
    assert build(landing, AS_OF, output).exit_code == 0
    [(_, _, body)] = mail.received
    assert "Åter bra:\n- Bygget" in body.replace("\r\n", "\n")
    with opened(output) as connection:
        bodies = connection.execute("select group_concat(body) from messages").fetchone()[0]
    assert "hemlig" not in bodies


def test_a_late_feed_and_a_missed_night_are_told(tmp_path: Path) -> None:
    (tmp_path / "landing" / "assignment_log").mkdir(parents=True)
    file = tmp_path / "landing" / "assignment_log" / "1.csv"
    file.touch()
    alerts = tmp_path / "alerts.toml"
    alerts.write_text('[[receiver]]\nurl = "json://127.0.0.1:1/"\n[expected]\nassignment_log = "03:00"\n')
    settings = settings_for(tmp_path / "landing", tmp_path / "output", date(2026, 11, 23))

    def told(at: datetime) -> list[str]:
        look_for_problems(settings, at, NIGHTLY_AT)
        with opened(settings.output) as connection:
            return [name for (name,) in connection.execute("select problem from problems order by 1")]

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ARSPLAN_ALERTS", str(alerts))
        settings.output.mkdir()
        note_build(settings.output, NOW - timedelta(hours=3))
        came = NOW - timedelta(hours=6)  # 02:00 in Stockholm
        os.utime(file, (came.timestamp(), came.timestamp()))
        assert told(NOW) == []
        assert told(NOW + timedelta(hours=18)) == []  # 02:00 the night after: not yet expected
        assert told(NOW + timedelta(hours=20)) == ["feed:assignment_log"]
        assert told(NOW + timedelta(hours=23)) == ["feed:assignment_log", "night"]
        os.utime(file, ((NOW + timedelta(hours=23)).timestamp(),) * 2)
        note_build(settings.output, NOW + timedelta(hours=23))
        assert told(NOW + timedelta(hours=23)) == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[receiver]]\nname = 'x'\n", "alerts.toml: receiver 1, url: Field required"),
        ("[[receiver]]\nurl = 'x'\nseverities = ['loud']\n", "receiver 1, severities 1: .*'error' or 'warn'"),
        ("[[receiver]]\nurl = 'x'\nlanguage = 'fi'\n", "receiver 1, language: .*'sv' or 'en'"),
        ("[[receiver]]\nurl = 'x'\n\n[[receiver]]\nurl = 'y'\ncounties = '07'\n", "receiver 2, counties: .*valid list"),
        ("[[receiver]]\nurl = 'x'\nseverities = 'error'\n", "receiver 1, severities: .*valid list"),
        ("[[receiver]]\nurl = 'x'\ncounties = [7]\n", "receiver 1, counties 1: .*string"),
        ("[[receiver]]\nurl = 'x'\ncounties = ['7']\n", "receiver 1, counties 1: .*write two digits"),
        ("[[receiver]]\nurl = 'x'\ncounties = ['02']\n", "'02' is no county's code"),
        ("reminder_hours = 'soon'\n", "reminder_hours: .*number"),
        ("[expected]\nassignment_log = 'early'\n", "expected, assignment_log: .*time"),
        ("[expected]\nletters = '03:00'\n", "expected, letters: .*write one of quota_decisions"),
        ("receivers = []\n", "receivers: Extra inputs"),
        ("= nothing", "cannot be read"),
    ],
)
def test_wrong_settings_are_refused(content: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(content)
    with pytest.raises(SettingError, match=complaint):
        read_alert_settings(file)


def test_a_refusal_holds_no_address(tmp_path: Path) -> None:
    """An Apprise URL may hold a password."""
    file = tmp_path / "alerts.toml"
    file.write_text("[[receiver]]\nurl = 'mailto://user:hemlig@example.se'\ncounties = '07'\n")
    with pytest.raises(SettingError) as refused:
        read_alert_settings(file)
    assert "hemlig" not in str(refused.value)
