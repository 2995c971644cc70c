"""A browser, and the shipped release's site served to it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from dagster_project.publish.site.server import SiteHandler

if TYPE_CHECKING:
    from conftest import Built

CHROMIUM = shutil.which("chromium")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Quiet(SiteHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def public(shipped: Built) -> Path:
    return (shipped.output / "current").resolve() / "public"


@pytest.fixture(scope="session")
def internal(shipped: Built) -> Path:
    return (shipped.output / "current").resolve() / "internal"


@pytest.fixture(scope="session")
def address(internal: Path) -> Iterator[str]:
    """Where the pages for those who log in are served, which show all that everyone's do and more."""
    with served(internal) as address:
        yield address


@pytest.fixture(scope="session")
def public_address(public: Path) -> Iterator[str]:
    """Where everyone's pages are served."""
    with served(public) as address:
        yield address


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:  # noqa: ARG001 (the release is built before the browser's loop runs)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport=DESKTOP, locale="sv-SE") as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
