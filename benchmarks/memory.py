"""Resident memory of the server over 1,000 frames of a live socket."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import psutil
from websockets.sync.client import connect
from websockets.typing import Origin

from benchmarks import record
from benchmarks.scenes import jpeg, portrait_scene
from benchmarks.startup import free_port, start_server, wait_until_ready

FRAMES, EVERY = 1000, 100


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        process = start_server(Path(folder), port)
        try:
            wait_until_ready(port)
            at_start = _resident_mb(process.pid)
            curve = _stream(port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)
    figures = {
        "at_start_mb": at_start,
        "after_frames_mb": curve,
        "growth_of_second_half_mb": round(curve[-1] - curve[len(curve) // 2 - 1], 1),
    }
    record.write(
        "memory", f"{FRAMES} answered frames of 640x480 over one live socket; resident set every {EVERY}", figures
    )


def _resident_mb(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return round(sum(member.memory_info().rss for member in family) / 1e6, 1)


def _stream(port: int, pid: int) -> list[float]:
    frames = [jpeg(portrait_scene(640, 480, shift=step)) for step in range(40)]
    curve = []
    origin = Origin(f"http://127.0.0.1:{port}")
    with connect(f"ws://127.0.0.1:{port}/api/v1/live", origin=origin, compression=None) as ws:
        ws.send(json.dumps({"type": "start", "reads": "server"}))
        for step in range(FRAMES):
            ws.send(frames[step % len(frames)])
            while json.loads(ws.recv(timeout=20))["type"] != "state":
                pass
            if (step + 1) % EVERY == 0:
                curve.append(_resident_mb(pid))
    return curve
