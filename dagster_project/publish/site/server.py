"""The pages of a release served on this machine: compressed for browsers that take it, with a page for 404."""

from __future__ import annotations

import gzip
import io
import shutil
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any, BinaryIO

_COMPRESSED = (".html", ".css", ".js", ".svg", ".csv", ".json", ".txt", ".xml")


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

    def send_head(self) -> Any:
        """The file to send, text compressed where the browser takes that; None where there is nothing to send."""
        path = Path(self.translate_path(self.path))
        file = path / "index.html" if path.is_dir() and self.path.partition("?")[0].endswith("/") else path
        if file.suffix not in _COMPRESSED or not file.is_file():
            return super().send_head()
        return self._begin(HTTPStatus.OK, file)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A page of the site where there is none at the address; all other errors as usual."""
        folder = "en/" if self.path.startswith("/en/") else ""
        page = Path(self.directory) / folder / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = self._begin(HTTPStatus.NOT_FOUND, page)
        if self.command != "HEAD":
            shutil.copyfileobj(body, self.wfile)

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
