"""Pages are compressed for whoever takes that, and never for others."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from http.server import ThreadingHTTPServer

import pytest

from dagster_project.publish.site.server import SiteHandler, takes_gzip

PAGE = "<!DOCTYPE html><p>Å</p>" * 50


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("public")
    (folder / "data").mkdir()
    for name in ("index.html", "data/index.html", "404.html"):
        (folder / name).write_text(PAGE, encoding="utf-8")
    (folder / "plan.pdf").write_bytes(b"%PDF-")

    class Quiet(SiteHandler):
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, path: str, encoding: str = "", method: str = "GET") -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request(method, path, headers={"Accept-Encoding": encoding})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


@pytest.mark.parametrize("path", ["/", "/index.html", "/data/", "/index.html?x=1"])
def test_a_page_is_compressed_for_whoever_takes_it(path: str, port: int) -> None:
    plain, whole = ask(port, path)
    packed, small = ask(port, path, "br, gzip;q=0.8")
    assert whole.decode() == gzip.decompress(small).decode() == PAGE
    assert (plain.getheader("Content-Encoding"), packed.getheader("Content-Encoding")) == (None, "gzip")
    assert plain.getheader("Vary") == packed.getheader("Vary") == "Accept-Encoding"
    assert plain.getheader("Content-Type") == packed.getheader("Content-Type") == "text/html; charset=utf-8"
    assert packed.getheader("Content-Length") == str(len(small))


def test_other_files_are_sent_as_they_are(port: int) -> None:
    answer, body = ask(port, "/plan.pdf", "gzip")
    assert (answer.getheader("Content-Encoding"), answer.getheader("Content-Type")) == (None, "application/pdf")
    assert body == b"%PDF-"


def test_no_page_is_404_with_a_page(port: int) -> None:
    answer, body = ask(port, "/kommun/1999.html", "gzip")
    assert answer.status == 404
    assert gzip.decompress(body).decode() == PAGE
    assert ask(port, "/../../etc/passwd")[0].status == 404


def test_a_head_has_no_body(port: int) -> None:
    for path, status in (("/index.html", 200), ("/none.html", 404)):
        answer, body = ask(port, path, "gzip", "HEAD")
        assert (answer.status, body) == (status, b"")


@pytest.mark.parametrize(
    ("offer", "taken"),
    [
        ("gzip", True),
        ("deflate, GZIP ; q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
    ],
)
def test_offers_are_understood(offer: str, taken: bool) -> None:
    assert takes_gzip(offer) is taken
