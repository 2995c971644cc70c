"""The pages of a release served on this machine: compressed, with a page for 404, and to this machine's names alone."""

from __future__ import annotations

import gzip
import io
import re
import shutil
from contextlib import suppress
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, BinaryIO

_COMPRESSED = (".html", ".css", ".js", ".svg", ".csv", ".json", ".txt", ".xml")

# Any web page can have its own name point to this machine, and then read what is served to that name (DNS rebinding).
_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)

# The pages load their own script, styles and pictures, and nothing else; no other site may show or load them.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def takes_gzip(accept_encoding: str) -> bool:
    """Whether a request's Accept-Encoding allows gzip: named, or by a star, and not with quality 0."""
    offers = {}
    for offer in accept_encoding.lower().split(","):
        name, _, quality = offer.partition(";")
        offers[name.strip()] = quality.replace(" ", "").rstrip(".0") != "q="
    return offers.get("gzip", offers.get("*", False))


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves a folder of pages."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
    }

    def version_string(self) -> str:
        """What the header Server says: no versions, which would tell what can be attacked."""
        return "arsplan"

    def parse_request(self) -> bool:
        """Whether to answer a request at all; one that was meant for another machine is refused."""
        if not super().parse_request():
            return False
        if not _THIS_MACHINE.fullmatch(self.headers.get("Host", "")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return False
        # The link `current` is followed once per request, and a connection has one: a new release shows at once.
        self.directory = str(Path(self.directory).resolve())
        return True

    def send_head(self) -> Any:
        """The file to send, text compressed where the browser takes that; None where there is nothing to send."""
        path = Path(self.translate_path(self.path))
        file = self._file_at(path)
        if file is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        lacks_slash = file != path and not self.path.partition("?")[0].endswith("/")
        if file.suffix not in _COMPRESSED or lacks_slash:
            return super().send_head()
        return self._begin(HTTPStatus.OK, file)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A page of the site where there is none at the address; all other errors as usual."""
        # A request that could not be understood (400) has no path.
        folder = "en" if code == HTTPStatus.NOT_FOUND and self.path.startswith("/en/") else ""
        page = self._file_at(Path(self.directory) / folder / "404.html")
        if code != HTTPStatus.NOT_FOUND or page is None:
            super().send_error(code, message, explain)
            return
        body = self._begin(HTTPStatus.NOT_FOUND, page)
        if self.command != "HEAD":
            shutil.copyfileobj(body, self.wfile)

    def end_headers(self) -> None:
        """Say in every answer, errors too, what browsers may do with it."""
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def _file_at(self, path: Path) -> Path | None:
        """The file to serve, for a folder its page; None where there is none, or a link leads out of what is served."""
        with suppress(OSError):  # a name that is too long, a folder that may not be read
            file = path / "index.html" if path.is_dir() else path
            if file.is_file() and file.resolve().is_relative_to(self.directory):
                return file
        return None

    def _begin(self, status: HTTPStatus, file: Path) -> BinaryIO:
        """Send the headers of an answer; its body. Asked for again each time, so that a new release shows at once."""
        content = file.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(file)))
        if takes_gzip(self.headers.get("Accept-Encoding", "")):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Vary", "Accept-Encoding")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return io.BytesIO(content)
