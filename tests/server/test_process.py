"""The server as processes run it: gunicorn with uvicorn workers, a live socket, and an end by SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.server.serving import picture

ROOT = Path(__file__).parents[2]
START_S = 60
DRAIN_S = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "MOODMIRROR_HOME": str(home),
    }
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            wait_until_ready(process, port)
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    """End a server with its workers, which a killed manager would leave behind."""
    if process.poll() is not None:
        return
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    process.terminate()
    psutil.wait_procs(family[:-1], timeout=DRAIN_S)
    for member in family:
        if member.is_running():
            member.kill()


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"the server ended: {process.stderr.read() if process.stderr else ''}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("the server did not come up")


def gunicorn(application: str, port: int, worker: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "-k",
        worker,
        "-b",
        f"127.0.0.1:{port}",
        "--graceful-timeout",
        "8",
        application,
    ]


@pytest.mark.parametrize("worker", ["uvicorn_worker.UvicornWorker", "moodmirror.server.worker.MirrorWorker"])
def test_gunicorn_serves_the_page_the_api_and_a_live_socket_and_ends_in_time(tmp_path: Path, worker: str) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with running(gunicorn("tests.server.fakeapp:build()", port, worker), tmp_path, port) as process:
        with httpx.Client(base_url=base, trust_env=False, timeout=20) as http:
            assert http.get("/").status_code == 200
            faces = http.post("/api/v1/read", files={"photo": picture()}).json()["faces"]
            assert faces[0]["expression"] == "happy"
            kept = http.post("/api/v1/moods", json={"expression": "sad"}).json()["id"]
        with connect(f"ws://127.0.0.1:{port}/api/v1/live", additional_headers={"Origin": base}) as live:
            assert json.loads(live.recv())["type"] == "hello"
            live.send(json.dumps({"type": "start", "reads": "server"}))
            live.send(picture())
            assert json.loads(live.recv())["faces"][0]["expression"] == "happy"
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                live.recv(timeout=DRAIN_S + 5)
        process.wait(DRAIN_S + 5)
        assert time.monotonic() - asked <= DRAIN_S
    with running(gunicorn("tests.server.fakeapp:build()", port, worker), tmp_path, port):
        moods = httpx.get(f"{base}/api/v1/moods", trust_env=False, timeout=20).json()["moods"]
        assert [entry["id"] for entry in moods] == [kept]


@pytest.mark.parametrize("worker", ["uvicorn_worker.UvicornWorker", "moodmirror.server.worker.MirrorWorker"])
def test_an_oversize_frame_closes_the_socket_under_gunicorn_too(tmp_path: Path, worker: str) -> None:
    port = free_port()
    origin = {"Origin": f"http://127.0.0.1:{port}"}
    with (
        running(gunicorn("tests.server.fakeapp:build()", port, worker), tmp_path, port),
        connect(f"ws://127.0.0.1:{port}/api/v1/live", additional_headers=origin) as live,
    ):
        live.recv()
        live.send(b"\xff" * (256 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            live.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_a_manager_that_binds_every_address_opens_no_door_to_others(tmp_path: Path) -> None:
    port = free_port()
    others = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family is socket.AF_INET and not address.address.startswith("127.")
    ]
    if not others:
        pytest.skip("this machine has no address but loopback")
    command = gunicorn("tests.server.fakeapp:build()", port, "uvicorn_worker.UvicornWorker")
    with running([part.replace("127.0.0.1:", "0.0.0.0:") for part in command], tmp_path, port):
        answer = httpx.get(f"http://{others[0]}:{port}/healthz", headers={"Host": f"localhost:{port}"}, trust_env=False)
        assert answer.status_code == 403


def test_the_real_mirror_runs_under_gunicorn(tmp_path: Path) -> None:
    from moodmirror.expression.classify import SHIPPED_MODEL
    from moodmirror.vision.detect import MODELS

    if not SHIPPED_MODEL.exists() or not (MODELS / "detect.onnx").exists():
        pytest.skip("the graphs are not built; `make test` builds them")
    port = free_port()
    command = gunicorn("moodmirror.server.app:build()", port, "uvicorn_worker.UvicornWorker")
    with running(command, tmp_path, port):
        about = httpx.get(f"http://127.0.0.1:{port}/api/v1/about", trust_env=False, timeout=20).json()
        assert len(about["model"]["sha256"]) == 64
        blank = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/read", files={"photo": picture()}, trust_env=False, timeout=60
        )
        assert blank.json()["faces"] == []
