"""The server's limits, each named once, and the counting that keeps them. One process, one person; times are arguments."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from moodmirror.errors import TooMany
from moodmirror.vision.decode import MAX_BYTES, MAX_PIXELS

MAX_UPLOAD_BYTES: Final = MAX_BYTES
MAX_UPLOAD_MEGAPIXELS: Final = MAX_PIXELS // 10**6
MULTIPART_ROOM_BYTES: Final = 64 * 1024
"""What the form around a photo may add."""
MAX_JSON_BYTES: Final = 64 * 1024
MAX_IMPORT_BYTES: Final = 64 * 1024 * 1024
"""Some 150,000 moods; ten years of forty a day."""
MAX_FRAME_BYTES: Final = 256 * 1024
MAX_FRAME_PX: Final = 1280
MAX_FACES: Final = 32
"""Faces that the page may send in one reading."""
MAX_WAITING_MESSAGES: Final = 64
"""Text messages that may wait on a socket; a client that sends more does not listen."""
DRAIN_S: Final = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one person may ask for. ``photos_per_min``, ``sockets`` at once, ``frames_per_s`` on each."""

    photos_per_min: int = 30
    sockets: int = 3
    frames_per_s: int = 30


class Window:
    """At most ``count`` in any ``seconds``.

    >>> window = Window(count=2, seconds=60)
    >>> window.try_take(at=0.0), window.try_take(at=1.0), window.try_take(at=2.0), window.try_take(at=60.5)
    (True, True, False, True)
    """

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def try_take(self, at: float) -> bool:
        """Take one if there is one left. ``at``: seconds on a clock that never goes back."""
        while self._taken and at - self._taken[0] >= self._seconds:
            self._taken.popleft()
        if len(self._taken) >= self._count:
            return False
        self._taken.append(at)
        return True

    def take(self, at: float, what: str) -> None:
        """Take one. Raises TooMany, which says when the next may come."""
        if not self.try_take(at):
            wait_s = max(1, math.ceil(self._taken[0] + self._seconds - at))
            raise TooMany(f"{self._count} {what} in {self._seconds:g} s is the limit. Try again in {wait_s} s.", wait_s)


class Seats:
    """At most ``count`` at once."""

    def __init__(self, count: int, what: str) -> None:
        self._free = count
        self._message = f"{count} {what} at once is the limit. Close one and try again."

    def take(self) -> None:
        """Take a seat. Raises TooMany."""
        if self._free <= 0:
            raise TooMany(self._message, 5)
        self._free -= 1

    def leave(self) -> None:
        """Give the seat back."""
        self._free += 1
