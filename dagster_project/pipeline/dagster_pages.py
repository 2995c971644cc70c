"""Dagster's web pages of this pipeline: to look at, not to run anything from, and for no foreign web page.

Dagster's own server would let any page in the same browser start runs. Its app is read-only here, and stands behind a
check of the Host and Origin headers. WorkspaceProcessContext has no public counterpart.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import dagster as dg
import uvicorn
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dagster_project.settings import default_output, name_dagster_home

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


class OwnPagesOnly:
    """Lets through what a browser asks from pages of this same address, under one of its own names."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a foreign Host or Origin."""
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            host, origin = headers.get("host", ""), headers.get("origin")
            is_own = origin is None or urlsplit(origin).netloc == host
            if not is_own or _without_port(host) not in self.hosts:
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008})
                else:
                    await PlainTextResponse("Not from here.\n", 403)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def serve(host: str, port: int) -> int:
    """Show the pages until the process is ended."""
    name_dagster_home(default_output())
    origin = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name="dagster_project.definitions"), location_name="arsplan"
    )
    target = InProcessWorkspaceLoadTarget(origin)
    with dg.DagsterInstance.get() as instance, WorkspaceProcessContext(instance, target, read_only=True) as context:
        app = create_app_from_workspace_process_context(context)
        config = uvicorn.Config(OwnPagesOnly(app, (*_THIS_MACHINE, host)), log_level="warning")
        with socket.create_server((host, port)) as listening:
            print(f"Dagster's pages are at http://{host}:{port}", flush=True)
            uvicorn.Server(config).run([listening])
    return 0
