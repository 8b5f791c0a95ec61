"""Seconds from typing a command to its answer: `read`, `serve`, `--version`."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks import record
from benchmarks.scenes import jpeg, portrait_scene

RUNS = 7


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        photo.write_bytes(jpeg(portrait_scene(640, 480)))
        figures = {
            "python_s": record.percentiles([_command(sys.executable, "-c", "pass") for _ in range(RUNS)]),
            "version_s": record.percentiles([_moodmirror("--version") for _ in range(RUNS)]),
            "read_s": record.percentiles([_moodmirror("read", str(photo), "--json") for _ in range(RUNS)]),
            "serve_s": record.percentiles([_serve(Path(folder) / str(run)) for run in range(RUNS)]),
        }
    conditions = (
        f"{RUNS} runs each, fresh processes, files in the page cache; serve: until /readyz answers, empty data folder; "
        "python: an empty interpreter, the floor"
    )
    record.write("startup", conditions, figures)


def _command(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def _moodmirror(*arguments: str) -> float:
    return _command(str(Path(sys.executable).parent / "moodmirror"), *arguments)


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(home: Path, port: int) -> subprocess.Popen[bytes]:
    """`moodmirror serve` in a process of its own; returns at once."""
    command = [str(Path(sys.executable).parent / "moodmirror"), "serve", "--port", str(port), "--home", str(home)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until_ready(port: int, timeout_s: float = 30) -> None:
    """Return when /readyz answers."""
    until = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _serve(home: Path) -> float:
    port = free_port()
    started = time.perf_counter()
    process = start_server(home, port)
    try:
        wait_until_ready(port)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(timeout=20)
