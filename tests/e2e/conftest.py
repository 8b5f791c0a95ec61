"""A real mirror in a process of its own, and a real browser with a fake camera before it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests import needs

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
TIMEOUT_MS = 60_000
"""A busy machine may take its time; a feed changes its scene only after half a minute."""
STATIC = Path(__file__).resolve().parents[2] / "src" / "moodmirror" / "server" / "static"


@dataclass(frozen=True)
class RunningMirror:
    """A served mirror. ``url`` ends without a slash; ``home`` is its data folder."""

    url: str
    home: Path


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[RunningMirror]:
    if not (STATIC / "index.html").exists():
        pytest.fail("the page is not built; `make test` builds it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home, url = tmp_path / "home", f"http://localhost:{port}"
    command = [sys.executable, "-m", "moodmirror", "serve", "--port", str(port), "--home", str(home)]
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        _wait_until_ready(url, process, tmp_path / "serve.log")
        yield RunningMirror(url, home)
    finally:
        process.terminate()
        # uvicorn ends in order and then hands the signal on, as a shell expects.
        assert process.wait(timeout=20) in {0, -signal.SIGTERM}, (tmp_path / "serve.log").read_text()
        assert "Traceback" not in (tmp_path / "serve.log").read_text()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"not ready after 60 s: {log.read_text()}")


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page() -> Iterator[OpenPage]:
    """``open_page(feed=None, **context)``: a page in a fresh browser; ``feed`` is the fake camera's file, None for no camera."""
    path = needs.chromium()
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())

        def start(feed: Path | None = None, camera: bool = True, **context: object) -> Page:
            flags = [flag for flag in FLAGS if camera or not flag.startswith("--use-fake")]
            if feed is not None:
                flags.append(f"--use-file-for-fake-video-capture={feed}")
            browser = playwright.chromium.launch(executable_path=path, args=flags)
            stack.callback(browser.close)
            page = browser.new_context(locale="en", **context).new_page()  # type: ignore[arg-type]
            page.set_default_timeout(TIMEOUT_MS)
            expect.set_options(timeout=TIMEOUT_MS)
            return page

        yield start
