"""Who may ask Dagster's pages: pages of the same address, under one of this machine's names."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from dagster_project.pipeline.dagster_pages import OwnPagesOnly

OWN = "localhost:3000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": OWN}, 200),
        ({"Host": "127.0.0.1:3000"}, 200),
        ({"Host": "[::1]:3000"}, 200),
        ({"Host": "arsplan.internal"}, 200),  # named by --host
        ({"Host": OWN, "Origin": f"http://{OWN}"}, 200),
        ({"Host": OWN, "Origin": "http://evil.example"}, 403),
        ({"Host": OWN, "Origin": "http://localhost:8000"}, 403),
        ({"Host": OWN, "Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost.evil.example:3000", "Origin": "http://localhost.evil.example:3000"}, 403),
        ({"Host": ""}, 403),
    ],
)
def test_foreign_pages_are_refused(headers: dict[str, str], status: int) -> None:
    app = OwnPagesOnly(PlainTextResponse("ran"), ("localhost", "127.0.0.1", "[::1]", "arsplan.internal"))
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": pairs}
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == status
