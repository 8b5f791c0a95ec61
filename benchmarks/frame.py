"""Milliseconds for one 640x480 JPEG frame with one face, from bytes to a settled mood, on one core."""

from __future__ import annotations

import time

import psutil

from benchmarks import record
from benchmarks.scenes import jpeg, portrait_scene
from moodmirror.config import Settings
from moodmirror.mirror import Mirror
from moodmirror.vision.decode import decode_image

FRAMES, WARM_UP = 600, 60


def run() -> None:
    psutil.Process().cpu_affinity([0])
    frames = [jpeg(portrait_scene(640, 480, shift=step % 40)) for step in range(40)]
    figures = {
        "whole": record.percentiles(_whole("auto", frames)),
        "haar_peer": record.percentiles(_whole("haar", frames)),
    }
    figures |= {name: record.percentiles(values) for name, values in _parts(frames).items()}
    conditions = (
        f"{FRAMES} frames after {WARM_UP} of warm-up, none skipped; 640x480 JPEG, quality 80, one face of some 170 px; "
        "process pinned to one core; the peer is the same chain with OpenCV's Haar cascade"
    )
    record.write("frame", conditions, figures)


def _whole(detector: str, frames: list[bytes]) -> list[float]:
    session = Mirror(Settings(detector=detector, threads=1)).session()
    took = []
    for step in range(WARM_UP + FRAMES):
        started = time.perf_counter()
        readings = session.update(decode_image(frames[step % len(frames)], at=step / 15))
        took.append((time.perf_counter() - started) * 1e3)
        if len(readings) != 1:
            raise RuntimeError(f"{detector} found {len(readings)} faces in frame {step}, where there is one")
    return took[WARM_UP:]


def _parts(frames: list[bytes]) -> dict[str, list[float]]:
    mirror = Mirror(Settings(threads=1))
    parts: dict[str, list[float]] = {"decode": [], "detect": [], "express": []}
    for step in range(WARM_UP + FRAMES):
        start = time.perf_counter()
        frame = decode_image(frames[step % len(frames)])
        decoded = time.perf_counter()
        faces = mirror.detector.detect(frame)
        detected = time.perf_counter()
        mirror.classifier.classify(frame, faces)
        for name, seconds in zip(
            parts, (decoded - start, detected - decoded, time.perf_counter() - detected), strict=True
        ):
            parts[name].append(seconds * 1e3)
    return {name: values[WARM_UP:] for name, values in parts.items()}
