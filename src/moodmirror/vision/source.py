"""Cameras, video files and network streams as an iterator of frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from moodmirror.errors import SourceError
from moodmirror.types import Frame

READ_TIMEOUT_S = 5.0
"""A live source that gives nothing for so long is taken to be unplugged."""


def open_source(source: str) -> FrameSource:
    """Open a camera by number (``"0"``), a video file by path, or a stream by URL; raises ``SourceError``.

    A file is read whole, frame by frame, with its own time stamps. A camera or a stream is live: a thread reads it, and
    the iterator gives the newest frame, so that a slow reader never lags behind; what was passed over is counted.
    """
    if source.isdecimal():
        return LiveSource(_open(int(source)), f"camera {source}")
    if "://" in source:
        return LiveSource(_open(source), source)
    if not Path(source).is_file():
        raise SourceError(f"{source} is neither a camera number, a URL nor a file. Cameras are numbered from 0.")
    return FileSource(_open(source), source)


def _open(source: int | str) -> cv2.VideoCapture:
    # OpenCV logs each backend that it tries; the one message that counts is ours.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(source)
    if not capture.isOpened():
        capture.release()
        what = f"Camera {source}" if isinstance(source, int) else source
        advice = (
            "Is it connected, free, and allowed? `moodmirror doctor` lists cameras."
            if isinstance(source, int)
            else "Is it a video, and complete? For a stream: is the address right?"
        )
        raise SourceError(f"{what} cannot be opened. {advice}")
    return capture


class FrameSource:
    """Frames of an open source; a context manager that releases it. ``dropped``: frames passed over so far."""

    def __init__(self, capture: cv2.VideoCapture, name: str) -> None:
        self._capture = capture
        self.name = name
        self.dropped = 0

    def __iter__(self) -> Iterator[Frame]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the device or file; safe to call twice."""
        self._capture.release()


class FileSource(FrameSource):
    """Every frame of a video file, ``at`` its time in the video, seconds."""

    def __iter__(self) -> Iterator[Frame]:
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        step = 1.0 / fps if np.isfinite(fps) and fps > 0 else 1 / 25
        count = 0
        while True:
            ok, bgr = self._capture.read()
            if not ok:
                break
            yield Frame(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), count * step)
            count += 1
        if count == 0:
            raise SourceError(f"{self.name} holds no frame that can be decoded. Is it a video, and complete?")


class LiveSource(FrameSource):
    """The newest frame of a camera or stream, ``at`` seconds of the monotonic clock."""

    def __init__(self, capture: cv2.VideoCapture, name: str) -> None:
        super().__init__(capture, name)
        self._newest: Frame | None = None
        self._ended = False
        self._arrived = threading.Condition()
        self._thread = threading.Thread(target=self._read, name=f"read {name}", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._ended:
            ok, bgr = self._capture.read()
            with self._arrived:
                if ok:
                    self.dropped += self._newest is not None
                    self._newest = Frame(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), time.monotonic())
                else:
                    self._ended = True
                self._arrived.notify()

    def __iter__(self) -> Iterator[Frame]:
        while True:
            with self._arrived:
                arrived = self._arrived.wait_for(lambda: self._newest is not None or self._ended, READ_TIMEOUT_S)
                frame, self._newest = self._newest, None
            if frame is not None:
                yield frame
            elif not arrived:
                raise SourceError(f"{self.name} gave no picture for {READ_TIMEOUT_S:g} s. Is it still connected?")
            else:
                raise SourceError(f"{self.name} stopped giving pictures. Is it still connected?")

    def close(self) -> None:
        """Stop the reading thread and release the device."""
        self._ended = True
        self._thread.join(timeout=READ_TIMEOUT_S)
        super().close()
