"""Pages are compressed for whoever takes that, and served to nobody but this machine, and no file from elsewhere."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from dagster_project.publish.site.server import SECURITY_HEADERS, SiteHandler, takes_gzip
from dagster_project.releases.current_link import switch_current

PAGE = "<!DOCTYPE html><p>Å</p>" * 50


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder whose current release has a few pages, and links that lead out of them."""
    output = tmp_path_factory.mktemp("output")
    public = output / "releases" / "1" / "public"
    for folder in (public / "data", public / "empty", public.parent / "internal"):
        folder.mkdir(parents=True)
    for name in ("index.html", "data/index.html", "404.html", "../internal/index.html"):
        (public / name).write_text(PAGE, encoding="utf-8")
    (public / "plan.pdf").write_bytes(b"%PDF-")
    (public / "empty" / "index.htm").touch()
    (public / "same.html").hardlink_to(public / "index.html")
    (public / "within.html").symlink_to("index.html")
    (public / "out.html").symlink_to("../internal/index.html")
    (public / "out").symlink_to("../internal")
    switch_current(output, output / "releases" / "1")
    return output


@pytest.fixture(scope="module")
def port(output: Path) -> Iterator[int]:
    class Quiet(SiteHandler):
        def log_message(self, *_: object) -> None: ...

    handler = partial(Quiet, directory=str(output / "current" / "public"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(
    port: int, path: str, encoding: str = "", method: str = "GET", host: str = "localhost"
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request(method, path, headers={"Accept-Encoding": encoding, "Host": host})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def said_to(port: int, request: bytes) -> bytes:
    """The whole answer to a request as it is, which no library would make."""
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answer:
        connection.sendall(request)
        return answer.read()


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
    "path", ["/empty/", "/empty", "/out.html", "/out/", "/out", "/out/index.html", f"/{'a' * 300}"]
)
def test_no_folder_is_listed_and_no_link_leads_out(path: str, port: int) -> None:
    assert ask(port, path)[0].status == 404


@pytest.mark.parametrize("path", ["/same.html", "/within.html"])
def test_links_inside_are_followed(path: str, port: int) -> None:
    assert ask(port, path)[0].status == 200


def test_a_folder_without_its_slash_leads_to_its_page(port: int) -> None:
    answer, _ = ask(port, "/data?x=1")
    assert (answer.status, answer.getheader("Location")) == (301, "/data/?x=1")


def test_a_new_release_shows_at_once(output: Path, port: int) -> None:
    """Also to a connection that was made before: browsers make some in advance."""
    new = output / "releases" / "2" / "public"
    new.mkdir(parents=True)
    (new / "new.html").touch()
    assert ask(port, "/new.html")[0].status == 404
    before = HTTPConnection("127.0.0.1", port)
    before.connect()
    assert ask(port, "/")[0].status == 200  # by now the server has taken up the connection made before
    switch_current(output, new.parent)
    before.request("GET", "/new.html", headers={"Host": "localhost"})
    found = before.getresponse().status
    before.close()
    switch_current(output, output / "releases" / "1")
    assert found == 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8000"])
def test_this_machine_is_answered(host: str, port: int) -> None:
    assert ask(port, "/", host=host)[0].status == 200


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "evil.example:8000", "127.0.0.1.evil.example", "127.0.0.2"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_name_that_another_gave_this_machine_is_refused(host: str, method: str, port: int) -> None:
    answer, body = ask(port, "/", host=host, method=method)
    assert answer.status == 421
    assert PAGE.encode() not in body


def test_a_request_that_names_no_machine_is_refused(port: int) -> None:
    assert b" 421 " in said_to(port, b"GET / HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize(
    ("path", "method", "host", "status"),
    [
        ("/", "GET", "localhost", 200),
        ("/plan.pdf", "HEAD", "localhost", 200),
        ("/data", "GET", "localhost", 301),
        ("/none.html", "GET", "localhost", 404),
        ("/", "GET", "evil.example", 421),
        ("/", "POST", "localhost", 501),
    ],
)
def test_every_answer_says_what_a_browser_may_do(path: str, method: str, host: str, status: int, port: int) -> None:
    answer, _ = ask(port, path, method=method, host=host)
    assert answer.status == status
    assert {name: answer.headers.get_all(name) for name in SECURITY_HEADERS} == {
        name: [value] for name, value in SECURITY_HEADERS.items()
    }
    assert answer.getheader("Server") == "arsplan"


def test_a_request_that_is_no_request_is_answered_alike(port: int) -> None:
    answer = said_to(port, b"GET / and more HTTP/1.0\r\n\r\n")
    assert b" 400 " in answer.splitlines()[0]
    assert b"X-Content-Type-Options: nosniff\r\n" in answer


def test_a_page_may_load_its_own_files_alone() -> None:
    """And no style or script within it, which is how text of a page could become one."""
    rules = dict(rule.split(maxsplit=1) for rule in SECURITY_HEADERS["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert set(rules.values()) == {"'none'", "'self'"}


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
