"""Hands waiting answers to the mail server, each at most once.

Everything but the final dot is sent, the file is moved to `sending/`, and only then is the dot sent. Where that is
interrupted before the dot, the server discards the message; its reply to the dot confirms delivery. A file that lies in
`sending/` while nobody sends was interrupted in between: it is kept for a person, and never sent again by itself.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from pathlib import Path

from dagster_project.service.alert_and_answer_settings import AnswerSettings, MailServer
from dagster_project.service.answers.outbox import (
    OUTBOX,
    SENDING,
    SENT,
    UNCERTAIN,
    count_attempt,
    due,
    move,
    sole_sender,
)
from dagster_project.service.delivery_queue import in_time
from dagster_project.service.email_addresses import SIMULATED_HEADER, is_nobody

SECONDS_TO_WAIT = 20
REPLY_TIMEOUT_SECONDS = 120  # a server may scan a message before it accepts it
_TAKEN, _GO_ON = 250, 354


class NotTakenError(Exception):
    """The mail server did not take a message, for certain."""


def send_waiting(output: Path, settings: AnswerSettings, now: datetime) -> int:
    """Send what is due; how many answers the mail server took. Without a mail server nothing is sent."""
    if settings.mail_server is None or settings.since is None or not (output / OUTBOX).is_dir():
        return 0
    with sole_sender(output) as alone:
        if not alone:
            return 0
        for cut_off in sorted((output / OUTBOX / SENDING).glob("*.eml")):
            move(cut_off, output / OUTBOX / UNCERTAIN)
        waiting = [
            file for file in due(output, settings.since, now) if _may_be_sent(file, settings.simulated_recipient)
        ]
        return _send_in_time(output, settings.mail_server, waiting, now)


def _send_in_time(output: Path, server: MailServer, files: list[Path], now: datetime) -> int:
    """Send files until the round is over, or the server does not answer as one should; how many it took."""
    taken = 0
    for file in in_time(files):
        try:
            with _connected(server) as connection:
                hand_over(connection, file)
            taken += 1
        except NotTakenError:
            _not_taken(output, file, now)
        except (OSError, smtplib.SMTPException):
            _not_taken(output, file, now)
            break  # the next letter would wait as long
    return taken


def _not_taken(output: Path, file: Path, now: datetime) -> None:
    if file.exists():  # otherwise it was cut off while being handed over
        count_attempt(output, file, now)
    else:
        move(output / OUTBOX / SENDING / file.name, output / OUTBOX / UNCERTAIN)


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A connection that sends QUIT only after success: within a message it would become part of its text."""
    connection = _connect(server)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    with suppress(smtplib.SMTPException, OSError):
        connection.quit()


def _connect(server: MailServer) -> smtplib.SMTP:
    secure = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS_TO_WAIT, context=secure)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS_TO_WAIT)
    if server.security == "starttls":
        connection.starttls(context=secure)
    if server.user:
        connection.login(server.user, server.password)
    return connection


def hand_over(connection: smtplib.SMTP, file: Path) -> None:
    """Hand one waiting answer to a connected server. Raises NotTakenError where it refuses."""
    content = file.read_bytes()
    message = _read(content)
    connection.ehlo_or_helo_if_needed()
    _expect(_TAKEN, connection.mail(parseaddr(str(message["From"]))[1]))
    for address in _addresses(message):
        _expect(_TAKEN, connection.rcpt(address))
    _expect(_GO_ON, connection.docmd("DATA"))
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    connection.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")
    sending = move(file, file.parent / SENDING)
    if connection.sock:
        connection.sock.settimeout(REPLY_TIMEOUT_SECONDS)
    connection.send(b".\r\n")
    code, _ = connection.getreply()
    if code == _TAKEN:
        move(sending, file.parent / SENT)
    else:
        move(sending, file.parent)
        raise NotTakenError


def _expect(wanted: int, reply: tuple[int, bytes]) -> None:
    if reply[0] != wanted:
        raise NotTakenError


def _read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.SMTP)
    if not isinstance(message, EmailMessage):
        raise TypeError("this policy makes no EmailMessage")
    return message


def _addresses(message: EmailMessage) -> list[str]:
    return [address for _, address in getaddresses([*message.get_all("To", []), *message.get_all("Cc", [])])]


def _may_be_sent(file: Path, simulated_recipient: str | None) -> bool:
    """Not to nobody; and what is simulated only to the address that is configured for it now."""
    message = _read(file.read_bytes())
    addresses = _addresses(message)
    if message[SIMULATED_HEADER] and addresses != [simulated_recipient]:
        return False
    return not any(is_nobody(address) for address in addresses)
