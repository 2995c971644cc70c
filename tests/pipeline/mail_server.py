"""A mail server on this machine, for tests of what is sent."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def takes() -> str:
    return "250 OK"


@dataclass
class MailServer:
    """A real SMTP server that keeps what it is given. It can be down, and refuse or act at a recipient or a message."""

    port: int = field(default_factory=free_port)
    received: list[tuple[str, list[str], Any]] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)
    at_recipient: Callable[[str], str] = field(default=lambda _address: takes())
    at_message: Callable[[], str] = field(default=takes)
    running: Controller | None = None

    async def handle_RCPT(  # noqa: N802
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        reply = self.at_recipient(address)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        reply = self.at_message()
        if reply.startswith("250"):
            message = message_from_bytes(envelope.content, policy=policy.default)
            self.messages.append(message)
            self.received.append((str(message["Subject"]), envelope.rcpt_tos, message.get_body().get_content()))
        return reply

    def start(self) -> None:
        self.running = Controller(self, hostname="127.0.0.1", port=self.port)
        self.running.start()

    def stop(self) -> None:
        if self.running:
            self.running.stop()
            self.running = None

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}/?from=arsplan@example.org&to=drift@example.org"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()
