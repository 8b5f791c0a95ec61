"""Who is who: stable ids for the faces of a stream, by overlap and nearness, on the clock and not the frame count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moodmirror.types import BoxXYXY, Face

FORGET_AFTER_S: Final = 1.5
"""A face that was away for longer comes back as somebody new: the mood of one must not be given to another."""
MAX_DISTANCE: Final = 0.8
"""How far a face may jump between two readings, in its own widths."""
MAX_GROWTH: Final = 2.0
"""How much larger or smaller it may become between two readings."""


@dataclass(slots=True)
class _Track:
    id: int
    box: BoxXYXY
    seen_at: float


class Tracker:
    """Gives each face of a stream a number that stays with it.

    >>> tracker = Tracker()
    >>> tracker.update([Face((0, 0, 10, 10), 0.9)], at=0.0), tracker.update([Face((1, 0, 11, 10), 0.9)], at=0.1)
    ((1,), (1,))
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._next_id = 1

    def update(self, faces: Sequence[Face], at: float, frame_width: float = 1.0) -> tuple[int, ...]:
        """Ids of ``faces``, in their order. ``at``: seconds; where it runs backwards, all start anew.

        ``frame_width``, pixels, lets a stream change its resolution on the way: places are compared in widths of the frame.
        """
        boxes = [_scaled(face.bbox_xyxy, 1 / frame_width) for face in faces]
        self._tracks = [track for track in self._tracks if 0 <= at - track.seen_at <= FORGET_AFTER_S]
        ids = [0] * len(faces)
        free = list(self._tracks)
        for _, index, track in self._pairs(boxes):
            if ids[index] == 0 and track in free:
                ids[index] = track.id
                track.box, track.seen_at = boxes[index], at
                free.remove(track)
        for index, box in enumerate(boxes):
            if ids[index] == 0:
                ids[index] = self._next_id
                self._tracks.append(_Track(self._next_id, box, at))
                self._next_id += 1
        return tuple(ids)

    @property
    def ids(self) -> frozenset[int]:
        """The faces that are remembered."""
        return frozenset(track.id for track in self._tracks)

    def _pairs(self, boxes: Sequence[BoxXYXY]) -> list[tuple[float, int, _Track]]:
        """Plausible (distance, face, track), nearest first: greedy matching is exact enough for the few faces of a room."""
        pairs = []
        for index, box in enumerate(boxes):
            for track in self._tracks:
                distance = _distance(box, track.box)
                if distance is not None:
                    pairs.append((distance, index, track))
        return sorted(pairs, key=lambda pair: pair[:2])


def _scaled(box: BoxXYXY, factor: float) -> BoxXYXY:
    return (box[0] * factor, box[1] * factor, box[2] * factor, box[3] * factor)


def _distance(a: BoxXYXY, b: BoxXYXY) -> float | None:
    """Between centres, in mean widths; None where one face cannot be the other."""
    width_a, width_b = max(a[2] - a[0], 1e-6), max(b[2] - b[0], 1e-6)
    if max(width_a, width_b) > MAX_GROWTH * min(width_a, width_b):
        return None
    dx, dy = (a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2
    distance = float((dx * dx + dy * dy) ** 0.5 / ((width_a + width_b) / 2))
    return distance if distance <= MAX_DISTANCE else None
