"""Thirty nights that nobody watches, each with a fault at random: nothing is lost, nothing is sent twice, all is told.

The service's own loop is run look by look, with real builds, mail and webhook; only its clock is ours.
"""

from __future__ import annotations

import json
import random
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest
from pipeline.mail_server import MailServer

from dagster_project.cli import main
from dagster_project.releases.build_json import read_description
from dagster_project.service import loop
from dagster_project.service.answers.outbox import OUTBOX, SENT, UNCERTAIN
from dagster_project.service.state import FILE_NAME, opened
from dagster_project.settings import today_in_stockholm

NIGHTS = 30
LOG = "event_id,event_type,event_date,assignment_id,municipality_code,persons,category\n"
REQUESTS = "request_id,municipality_code,quota_year,plan_month,wished_persons,requested_date,decision,decided_date\n"
DECISIONS = "decision_id,level,quota_year,area_code,persons,decided_date\n"
BLOCKED, GONE, REPLACED = "(blocks publication)", "is gone from the landing folder", "was replaced by another file"
# What the receiver is told of each fault; one of these.
TOLD = {
    "killed": ("its process was killed",),
    "full disk": ("The build broke: ",),
    "half file": (BLOCKED, REPLACED),
    "late file": ("has not come: it was expected by",),
    "file gone": (GONE,),
    "mail down": ("not been taken by the mail server",),
    "receiver slow": (GONE,),
    "clock jump": ("The clock is wrong",),
    "state corrupted": ("was missing or could not be used",),
}


class Receiver:
    """A webhook that remembers the id of every message it took, and can be too slow to be believed."""

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}
        self.times: Counter[str] = Counter()
        self.slow = threading.Event()
        self.quick = threading.Event()
        self.quick.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["message"]
                message_id = body.strip().rsplit(" ", 1)[-1]
                receiver.bodies[message_id] = body
                receiver.times[message_id] += 1
                receiver.quick.wait()  # longer than the sender waits
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/"

    def told(self, words: str, good: bool = False) -> bool:
        """Whether a message tells of it, as new or as good again."""
        parts = [body.partition("Good again:") for body in self.bodies.values()]
        return any(words in (after if good else before) for before, _, after in parts)


class Nights:
    """A landing folder, a service, and what has been delivered."""

    def __init__(self, folder: Path, mail: MailServer, receiver: Receiver, random_: random.Random) -> None:
        self.landing, self.output = folder / "landing", folder / "output"
        self.mail, self.receiver, self.random = mail, receiver, random_
        self.service = loop.Service()
        self.ahead = timedelta()
        self.delivered = 0
        self.longest_build_seconds = 0.0
        self.happened: Counter[str] = Counter()
        self.today = today_in_stockholm()
        self.output.mkdir()
        self.write("quota_decisions/1.csv", DECISIONS + f"D,kommuntal,{self.today.year},0765,1200,{self.today}\n")

    def now(self, zone: tzinfo) -> datetime:
        return datetime.now(zone) + self.ahead

    def write(self, name: str, text: str) -> Path:
        file = self.landing / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def deliver(self) -> Path:
        """A night's delivery: one assignment, and one request that has been decided; the log's file."""
        self.delivered += 1
        number, year = self.delivered, self.today.year
        wish = f"R{number:02},0765,{year},{year}-12-01,{number},{self.today},accepted,{self.today}\n"
        self.write(f"change_requests/{number:02}.csv", REQUESTS + wish)
        event = f"E{number},assigned,{self.today},A{number},0765,1,quota_refugee\n"
        return self.write(f"assignment_log/{number:02}.csv", LOG + event)

    def look(self) -> None:
        for step in (self.service._end_build, self.service._start_build, self.service._watch):
            step()

    def until_quiet(self, at_start: Callable[[], None] = lambda: None) -> None:
        """Look until nothing is left to build; `at_start` is done to the first build that begins."""
        quiet = 0
        while quiet < 2:
            self.look()
            if self.service.build is None:
                quiet += 1
                continue
            quiet = 0
            at_start()
            at_start = lambda: None  # noqa: E731
            began = time.monotonic()
            self.service.build.join()
            self.longest_build_seconds = max(self.longest_build_seconds, time.monotonic() - began)

    def person_decides(self) -> None:
        """What nobody knows of a person looks up in the mail server's log, as the documents say."""
        taken = {str(message["Message-ID"]) for message in self.mail.messages}
        for file in (self.output / OUTBOX / UNCERTAIN).glob("*.eml"):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            place = SENT if str(message["Message-ID"]) in taken else "."
            file.rename(self.output / OUTBOX / place / file.name)
            self.happened["a person decided"] += 1
        self.look()

    # --- faults --------------------------------------------------------------------------------------------------

    def killed(self) -> None:
        killed = False

        def kill() -> None:
            nonlocal killed
            assert self.service.build is not None
            self.service.build.join(self.random.uniform(0, self.longest_build_seconds))
            killed = self.service.build.is_alive()
            self.service.build.kill()

        while not killed:
            self.deliver()
            self.until_quiet(kill)
            self.happened["killed" if killed else "killed too late"] += 1

    def full_disk(self) -> None:
        self.deliver()

        def fill() -> None:
            assert self.service.build is not None and self.service.build.pid is not None
            resource.prlimit(self.service.build.pid, resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

        self.until_quiet(fill)

    def half_file(self) -> None:
        file = self.deliver()
        whole = file.read_text()
        file.write_text(whole[: self.random.randrange(1, len(whole))])
        self.until_quiet()
        file.write_text(whole)
        self.until_quiet()
        if self.receiver.told(REPLACED):  # what was cut could be read
            self.happened["a half file that could be read"] += 1
            assert main(["deliveries", "forget", f"{file.parent.name}/{file.name}"]) == 0
            self.until_quiet()

    def late_file(self) -> None:
        self.ahead = timedelta(days=2)
        self.service._watch()
        self.ahead = timedelta()
        self.deliver()
        self.until_quiet()

    def file_gone(self) -> None:
        file = self.landing / "assignment_log" / "01.csv"
        aside = file.rename(self.landing.parent / "aside.csv")
        self.deliver()
        before = (self.output / "current").resolve()
        self.until_quiet()
        assert (self.output / "current").resolve() == before  # scheduled builds wait
        assert main(["status"]) == 2
        aside.rename(file)
        self.until_quiet()

    def mail_down(self) -> None:
        self.mail.stop()
        self.deliver()
        self.until_quiet()
        self.look()
        self.mail.start()
        self.ahead = timedelta(hours=2)
        self.service._watch()
        self.ahead = timedelta()

    def receiver_slow(self) -> None:
        file = self.landing / "assignment_log" / "01.csv"
        aside = file.rename(self.landing.parent / "aside.csv")
        self.receiver.quick.clear()
        self.look()  # sent, and not believed
        self.receiver.quick.set()
        aside.rename(file)
        self.ahead = timedelta(hours=2)
        self.service._watch()
        self.ahead = timedelta()
        self.deliver()
        self.until_quiet()

    def clock_jump(self) -> None:
        self.deliver()
        self.until_quiet()
        self.ahead = -timedelta(hours=self.random.randint(1, 12))
        self.service._watch()
        self.ahead = timedelta()

    def state_corrupted(self) -> None:
        (self.output / FILE_NAME).write_bytes(self.random.randbytes(20_000))
        self.deliver()
        self.until_quiet()


@contextmanager
def settings(folder: Path, mail: MailServer, receiver: Receiver) -> Iterator[None]:
    (folder / "recipients.csv").write_text("area_code,email\n0765,kommun@example.org\n")
    (folder / "answers.toml").write_text(
        'sender = "arsplan@example.org"\nrecipients = "recipients.csv"\nsince = 2020-01-01\n'
        f'[mail_server]\nhost = "127.0.0.1"\nport = {mail.port}\nsecurity = "none"\n'
    )
    (folder / "alerts.toml").write_text(
        f'reminder_hours = 10000\n[[receiver]]\nurl = "{receiver.url}"\nlanguage = "en"\n'
        '[expected]\nassignment_log = "00:00"\n'
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ARSPLAN_LANDING", str(folder / "landing"))
        environment.setenv("ARSPLAN_OUTPUT", str(folder / "output"))
        environment.setenv("ARSPLAN_ANSWERS", str(folder / "answers.toml"))
        environment.setenv("ARSPLAN_ALERTS", str(folder / "alerts.toml"))
        environment.delenv("DAGSTER_HOME", raising=False)
        yield


@pytest.mark.long
def test_nothing_is_lost_or_sent_twice_and_all_is_told(
    tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)
    receiver = Receiver()
    with settings(tmp_path, mail, receiver):
        nights = Nights(tmp_path, mail, receiver, random.Random(seed))
        clock = type("Clock", (datetime,), {"now": staticmethod(nights.now)})
        monkeypatch.setattr(loop, "datetime", clock)
        nights.deliver()
        nights.until_quiet()
        faults = [*TOLD, *TOLD, *TOLD]
        faults += nights.random.choices(list(TOLD), k=NIGHTS - len(faults))
        nights.random.shuffle(faults)
        for night, fault in enumerate(faults, start=1):
            print("night", night, fault, flush=True)
            receiver.bodies.clear()
            getattr(nights, fault.replace(" ", "_"))()
            nights.happened[fault] += fault != "killed"  # which counts its kills itself
            nights.look()
            nights.person_decides()
            assert any(map(receiver.told, TOLD[fault])), (fault, list(receiver.bodies.values()))
            assert_well_again(nights)
        assert all(nights.happened[fault] >= 3 for fault in TOLD)
        counts = assert_nothing_is_lost(nights)
        again = sum(times - 1 for times in receiver.times.values())
    with capsys.disabled():
        print(f"\n{counts}, {len(receiver.times)} alerts told, {again} of them twice; {dict(nights.happened)}")


def assert_well_again(nights: Nights) -> None:
    """What was told is told to be good again, and the newest delivery is in a whole release."""
    with opened(nights.output) as connection:
        wrong = [name for (name,) in connection.execute("select problem from problems")]
    assert [name for name in wrong if not name.startswith("check:")] == []
    current = read_description(nights.output / "current")
    assert current is not None
    files = {file["file_name"] for file in current.files if file["feed"] == "assignment_log"}
    assert len(files) == nights.delivered
    assert main(["verify"]) == 0


def assert_nothing_is_lost(nights: Nights) -> str:
    """Every assignment is counted, every answer is sent once or waits for a person; the counts."""
    with duckdb.connect(str((nights.output / "current").resolve() / "warehouse.duckdb"), read_only=True) as warehouse:
        [(persons,)] = warehouse.execute("select sum(open_persons) from marts.quota_year_counts").fetchall()
    assert persons == nights.delivered
    sent = Counter(str(message["Message-ID"]) for message in nights.mail.messages)
    assert max(sent.values()) == 1
    outbox = nights.output / OUTBOX
    waiting, kept, uncertain = (len(list((outbox / place).glob("*.eml"))) for place in (".", SENT, UNCERTAIN))
    assert (waiting, uncertain, kept) == (0, 0, len(sent))
    with opened(nights.output) as connection:
        [(answers,)] = connection.execute("select count(*) from answers").fetchall()
        unsent = connection.execute("select count(*) from messages where state <> 'sent'").fetchone()
    assert unsent == (0,)
    assert kept == answers >= nights.delivered
    return f"{nights.delivered} deliveries, {len(sent)} answers sent, each once"
