"""Who is let in, what is too much, and the headers on whatever is answered."""

from __future__ import annotations

import io
import json
import logging
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from moodmirror.config import Settings
from moodmirror.errors import SetupError
from moodmirror.server.app import uvicorn_options
from moodmirror.server.limits import Limits
from moodmirror.server.routes.reading import InMemoryParser
from tests.server.serving import Served, picture, serving

HOSTILE_ORIGINS = (
    "null",
    "",
    "http://evil.example",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example/127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "file://",
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>mirror</title>")
    (page / "assets" / "app-1a2b.js").write_text("export {}")
    (page / "assets" / "app-1a2b.js.br").write_bytes(b"packed")
    (tmp_path / "secret.txt").write_text("canary")
    with serving(tmp_path / "home", page=page) as running:
        yield running


def port_of(served: Served) -> str:
    return served.base.rpartition(":")[2]


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_a_socket_from_another_site_is_refused_before_it_opens(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, served.socket({"Origin": origin.format(port=port_of(served))}):
        pass
    assert refused.value.response.status_code == 403
    assert "frame-ancestors 'none'" in refused.value.response.headers["Content-Security-Policy"]


def test_a_refused_socket_is_no_fault_in_the_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    for path, headers in (("live", {}), ("none", {"Origin": served.base})):
        address = f"{served.base.replace('http', 'ws')}/api/v1/{path}"
        with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
            pass
        assert json.loads(refused.value.response.body)["error"]["message"]
    with served.socket(), served.socket(), served.socket(), pytest.raises(InvalidStatus), served.socket():
        pass
    # An answer shows that the server is through with those before.
    assert served.http.get("/healthz").status_code == 200
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_socket_without_an_origin_is_refused(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused, served.socket({}):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", HOSTILE_ORIGINS)
def test_another_sites_page_may_not_change_anything(served: Served, origin: str) -> None:
    headers = {"Origin": origin.format(port=port_of(served))}
    assert served.http.post("/api/v1/moods", json={"expression": "sad"}, headers=headers).status_code == 403
    assert served.http.request("DELETE", "/api/v1/data", headers=headers).status_code == 403
    assert served.store.counts()["moods"] == 0


def test_the_mirrors_own_page_and_programs_may(served: Served) -> None:
    own = {"Origin": served.base}
    assert served.http.post("/api/v1/moods", json={"expression": "sad"}, headers=own).status_code == 201
    assert served.http.post("/api/v1/moods", json={"expression": "sad"}).status_code == 201
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert served.http.post("/api/v1/moods", json={"expression": "sad"}, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "", "a b"]
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(served: Served, host: str) -> None:
    for path in ("/", "/api/v1/moods", "/healthz"):
        answer = served.http.get(path, headers={"Host": host})
        assert answer.status_code in {400, 403}


def test_every_loopback_name_is_answered(served: Served) -> None:
    for host in ("localhost", "127.0.0.1", "[::1]", "mirror.localhost", "LOCALHOST"):
        assert served.http.get("/healthz", headers={"Host": f"{host}:{port_of(served)}"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/assets/app-1a2b.js"),
        ("GET", "/api/v1/about"),
        ("GET", "/api/v1/none"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("POST", "/api/v1/moods"),
        ("POST", "/api/v1/read"),
        ("DELETE", "/healthz"),
        ("OPTIONS", "/api/v1/moods"),
    ],
)
def test_every_answer_carries_the_headers(served: Served, method: str, path: str) -> None:
    for extra in ({}, {"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        headers = served.http.request(method, path, headers=extra).headers
        csp = headers["content-security-policy"]
        for rule in ("default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "img-src 'self' blob:",
                     "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):  # fmt: skip
            assert rule in csp.split("; ")
        assert "unsafe-inline" not in csp
        assert headers["permissions-policy"].startswith("camera=(self)")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_the_page_is_asked_for_anew_and_its_assets_never(served: Served) -> None:
    index = served.http.get("/")
    assert (index.headers["cache-control"], index.headers["content-type"]) == ("no-cache", "text/html; charset=utf-8")
    packed = served.http.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert packed.text == "export {}"
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["content-type"].startswith("text/javascript")
    with served.http.stream("GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": "br"}) as small:
        assert small.headers["content-encoding"] == "br"
        assert b"".join(small.iter_raw()) == b"packed"
    assert served.http.get("/api/v1/moods").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2f..%2fsecret.txt", "/a%00b", "/" + "x" * 400]
)
def test_no_path_leads_out_of_the_page(served: Served, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(port_of(served)))) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        raw.settimeout(10)
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"canary" not in answer


def test_an_unbuilt_page_says_how_to_build_it(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert "make run" in served.http.get("/").text


def png(width: int, height: int) -> bytes:
    """A black picture that is tiny on the wire whatever its size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width + 1)) for _ in range(height)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def gif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "GIF")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "status", "kind"),
    [
        ("empty", b"", 415, "NotAnImage"),
        ("text", b"hello " * 100, 415, "NotAnImage"),
        ("gif", gif(), 415, "NotAnImage"),
        ("cut.jpg", picture(640, 480)[:3000], 415, "NotAnImage"),
        ("cut.png", picture(64, 64, "PNG")[:-30], 415, "NotAnImage"),
        ("bomb.png", png(9000, 9000), 413, "ImageTooLarge"),
        ("speck.png", png(3, 3), 415, "NotAnImage"),
        ("polyglot.jpg", b"<script>alert(1)</script>" + picture(), 415, "NotAnImage"),
        ("large.jpg", picture() + b"\0" * (10 * 2**20 + 10), 413, "ImageTooLarge"),
        ("huge.jpg", b"\0" * (11 * 2**20), 413, "ImageTooLarge"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else None,
)
def test_a_photo_that_cannot_be_used_is_a_plain_refusal(
    served: Served, name: str, data: bytes, status: int, kind: str
) -> None:
    before = psutil.Process().memory_info().rss
    started = time.monotonic()
    answer = served.http.post("/api/v1/read", files={"photo": (name, data)})
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == kind
    assert len(answer.json()["error"]["message"]) > 20
    assert time.monotonic() - started < 5
    assert psutil.Process().memory_info().rss - before < 200 * 2**20


def test_a_form_must_hold_exactly_one_photo(served: Served) -> None:
    photo = ("a.jpg", picture())
    for files, data in (
        ([("photo", photo), ("photo", photo)], None),
        ([("other", photo)], None),
        ([("photo", photo)], {"more": "text"}),
    ):
        answer = served.http.post("/api/v1/read", files=files, data=data)
        assert answer.status_code == 400
        assert "exactly one file" in answer.json()["error"]["message"]
    assert served.http.post("/api/v1/read", content=picture()).status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert served.http.post("/api/v1/read", content=b"--y\r\n", headers=broken).status_code == 400
    assert (
        served.http.post("/api/v1/read", content=b"", headers={"Content-Type": "multipart/form-data"}).status_code
        == 400
    )


def test_a_body_without_a_stated_length_is_counted_as_it_comes(served: Served) -> None:
    def endless() -> Iterator[bytes]:
        yield from (b"x" * 2**16 for _ in range(2))

    answer = served.http.post("/api/v1/moods", content=endless())
    assert answer.status_code == 413
    assert answer.json()["error"]["type"] == "TooLarge"
    stated = served.http.post("/api/v1/moods", content=b"x" * 2**17)
    assert (stated.status_code, stated.json()["error"]["type"]) == (413, "TooLarge")


def test_a_refusal_arrives_even_where_the_body_is_slow_to_come(served: Served) -> None:
    size = 40 * 2**20
    head = f"POST /api/v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n"
    with socket.create_connection(("127.0.0.1", int(port_of(served))), timeout=20) as raw:
        raw.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode())
        raw.sendall(b"x" * 2**16)
        # Long enough for the answer: from here on the server knows all that it needs.
        time.sleep(0.5)
        for _ in range(size // 2**16 - 1):
            raw.sendall(b"x" * 2**16)
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["type"] == "ImageTooLarge"


def test_who_asks_before_sending_is_refused_without_being_let_send(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", int(port_of(served))), timeout=5) as raw:
        raw.sendall(
            b"POST /api/v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"100 Continue" not in answer


def test_a_photo_never_spills_to_the_disk() -> None:
    assert InMemoryParser.spool_max_size > 10 * 2**20


def test_too_many_photos_are_told_when_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path, limits=Limits(photos_per_min=2)) as served:
        for _ in range(2):
            assert served.http.post("/api/v1/read", files={"photo": picture()}).status_code == 200
        answer = served.http.post("/api/v1/read", files={"photo": picture()})
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_a_fourth_socket_is_refused_until_one_is_closed(served: Served) -> None:
    with served.socket() as first, served.socket(), served.socket():
        with pytest.raises(InvalidStatus) as refused, served.socket():
            pass
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["Retry-After"]
        first.close()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                with served.socket() as again:
                    again.recv()
                break
            except InvalidStatus:
                time.sleep(0.05)
        else:
            pytest.fail("the seat was not given back")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "example.org"])
def test_an_address_that_others_could_reach_refuses_to_start(host: str) -> None:
    with pytest.raises(SetupError, match="accounts"):
        uvicorn_options(Settings(host=host))
