"""The whole chain, one method a step: a picture or a stream in, readings out.

Knows nothing of the web, the database or recommendations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.config import Settings
from moodmirror.errors import NotAnImage
from moodmirror.expression.classify import Classifier, OnnxClassifier
from moodmirror.mood.rest import NotAtRest, RestCapture, RestingFace, RestingMood
from moodmirror.mood.smooth import MoodSmoother, photo_mood
from moodmirror.mood.unclear import UnclearRule
from moodmirror.types import Face, Frame, Reading, Scores
from moodmirror.vision.decode import decode_image, frame_from_array, read_image
from moodmirror.vision.detect import Detector, open_detector
from moodmirror.vision.source import open_source
from moodmirror.vision.track import Tracker

if TYPE_CHECKING:
    import pandas as pd

ASIDE: Final = 0.25
"""A face of at most so much of the largest one's area is in the background, and may be there while a resting face is captured."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The faces of one picture, largest first. ``width``, ``height``: pixels of the frame that the boxes refer to.

    ``rested``: whether the (only) face was read with a resting face.
    """

    width: int
    height: int
    faces: tuple[Reading, ...]
    took_ms: float
    rested: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "width": self.width,
            "height": self.height,
            "took_ms": self.took_ms,
            "rested": self.rested,
            "faces": [face.to_dict() for face in self.faces],
        }

    def to_pandas(self) -> pd.DataFrame:
        """One row a face: box, expression (None where unclear), confidence, valence, arousal, seven probabilities."""
        return _table([(0.0, face) for face in self.faces]).drop(columns=["at", "track_id"])


@dataclass(frozen=True, slots=True)
class LiveResult:
    """The faces of one frame of a stream, largest first, each with its track's mood.

    ``dropped``: frames passed over so far. ``rested``: the track that was read with a resting face, or None.
    """

    frame: Frame
    faces: tuple[Reading, ...]
    took_ms: float
    dropped: int = 0
    rested: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; the pixels stay here."""
        return {
            "at": self.frame.at,
            "took_ms": self.took_ms,
            "dropped": self.dropped,
            "rested": self.rested,
            "faces": [face.to_dict() for face in self.faces],
        }

    def to_pandas(self) -> pd.DataFrame:
        """One row a face, as :meth:`ReadResult.to_pandas` has it, with ``at`` and ``track_id``."""
        return _table([(self.frame.at, face) for face in self.faces])


class Mirror:
    """Reads expressions from pictures and streams.

    Opens its two models once; safe to share between threads. Raises ``ModelError`` where one is missing or altered.

    >>> import numpy as np
    >>> mirror = Mirror()
    >>> mirror.read(np.zeros((120, 160, 3), np.uint8)).faces
    ()
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        detector: Detector | None = None,
        classifier: Classifier | None = None,
    ) -> None:
        settings = settings or Settings()
        self.detector = detector or open_detector(settings.detector, settings.threads)
        self.classifier = classifier or OnnxClassifier(settings.model, settings.threads)
        self.rule = UnclearRule(min_confidence=self.classifier.card.min_confidence)

    def read(self, picture: str | Path | bytes | NDArray[np.uint8], rest: RestingFace | None = None) -> ReadResult:
        """Read every face of a picture: a path, the bytes of a JPEG, PNG or WebP, or uint8 RGB pixels (h, w, 3).

        ``rest``: the resting face of the person in it. With several faces it is left out, for nobody says whose it is.
        Raises ``InputError`` (of which ``NotAnImage`` and ``ImageTooLarge`` are kinds) for what cannot be read.
        A picture without a face is an answer: no faces.
        """
        started = time.perf_counter()
        frame = _to_frame(picture)
        faces, scores = self.score(frame)
        rested = rest is not None and len(faces) == 1
        if rest is not None and rested:
            scores = (rest.shift(scores[0]),)
        readings = []
        for face, score in zip(faces, scores, strict=True):
            mood, why = photo_mood(score, self.rule)
            readings.append(Reading(face, score, mood, why_unclear=why))
        return ReadResult(frame.width, frame.height, tuple(readings), (time.perf_counter() - started) * 1e3, rested)

    def score(self, frame: Frame) -> tuple[tuple[Face, ...], tuple[Scores, ...]]:
        """Faces of a frame, largest first, and what the network says of each."""
        faces = tuple(sorted(self.detector.detect(frame), key=_area, reverse=True))
        return faces, self.classifier.classify(frame, faces)

    def session(self, rest: RestingFace | None = None) -> MirrorSession:
        """A fresh memory of faces and moods, for one stream. ``rest``: as :attr:`MirrorSession.rest`."""
        return MirrorSession(self, rest)

    def stream(self, source: str | int | Path, rest: RestingFace | None = None) -> Iterator[LiveResult]:
        """Read a camera (``0`` or ``"0"``), a video file or a URL until it ends; raises ``SourceError``.

        Live sources give their newest frame; what was passed over is counted in ``dropped``. ``rest``: as
        :attr:`MirrorSession.rest`.
        """
        session = self.session(rest)
        with open_source(str(source)) as frames:
            for frame in frames:
                started = time.perf_counter()
                readings = session.update(frame)
                took_ms = (time.perf_counter() - started) * 1e3
                yield LiveResult(frame, readings, took_ms, frames.dropped, session.rested)

    def rest_capture(self) -> RestCapture:
        """A capture of a resting face by this mirror's rule and model, to be fed from a session without one."""
        return RestCapture(self.rule, self.classifier.card.sha256)

    def capture_rest(self, source: str | int | Path, progress: Callable[[float], None] | None = None) -> RestingFace:
        """Capture the resting face of the one person before a camera, or in a video file or stream.

        ``progress`` gets 0 to 1. Raises ``NotAtRest`` where they move, turn, hold an expression or are not alone, and
        ``SourceError``.
        """
        capture = self.rest_capture()
        for seen in self.stream(source):
            if any(_area(other.face) > ASIDE * _area(seen.faces[0].face) for other in seen.faces[1:]):
                raise NotAtRest("another", "There is more than one face in view. Be alone, and start again.")
            rest = capture.update(seen.faces[0] if seen.faces else None, seen.frame.at, seen.frame.width)
            if progress is not None:
                progress(capture.progress)
            if rest is not None:
                return rest
        raise NotAtRest("short", f"{source} ended before the capture was complete. Ten seconds are needed.")


class MirrorSession:
    """One stream's memory: who is who, and each face's mood so far. Not shared between threads.

    ``rest``: one person's resting face, which shifts their readings alone; None undoes it from the next frame on, to the
    digit. The person is the largest face, who stays it while remembered; everyone else is read as without. ``rested``:
    their track where the last frame was read so, else None. A session knows no person by sight: before another one, set None.
    """

    def __init__(self, mirror: Mirror, rest: RestingFace | None = None) -> None:
        self._mirror = mirror
        self._tracker = Tracker()
        self._smoothers: dict[int, MoodSmoother] = {}
        self._mine: int | None = None
        self._resting: RestingMood | None = None
        self.rested: int | None = None
        self.rest = rest

    @property
    def rest(self) -> RestingFace | None:
        """The resting face in use, or None."""
        return None if self._resting is None else self._resting.rest

    @rest.setter
    def rest(self, rest: RestingFace | None) -> None:
        if rest != self.rest:
            self._resting = None if rest is None else RestingMood(rest, self._mirror.rule)

    def update(self, frame: Frame) -> tuple[Reading, ...]:
        """Read one frame; readings come largest face first. ``frame.at`` orders the stream, seconds."""
        faces, scores = self._mirror.score(frame)
        return self.update_scores(faces, scores, frame.at, frame.width)

    def update_scores(
        self, faces: Sequence[Face], scores: Sequence[Scores], at: float, frame_width: float
    ) -> tuple[Reading, ...]:
        """Take readings that were made elsewhere (the page) through tracking and smoothing; ``frame_width`` in pixels."""
        ids = self._tracker.update(faces, at, frame_width)
        known = self._tracker.ids
        self._smoothers = {id_: smoother for id_, smoother in self._smoothers.items() if id_ in known}
        if self._mine not in known:
            self._mine = ids[0] if ids else None
        readings = []
        for id_, face, score in zip(ids, faces, scores, strict=True):
            smoother = self._smoothers.setdefault(id_, MoodSmoother(self._mirror.rule))
            mood = smoother.update(score, at)
            readings.append(Reading(face, score, mood, id_, smoother.why_unclear))
        return self._rest_mine(readings, at)

    def _rest_mine(self, readings: list[Reading], at: float) -> tuple[Reading, ...]:
        resting, self.rested = self._resting, None
        if resting is None or self._mine not in {reading.track_id for reading in readings}:
            return tuple(readings)
        self.rested = self._mine
        return tuple(resting.update(reading, at) if reading.track_id == self._mine else reading for reading in readings)


def _to_frame(picture: str | Path | bytes | NDArray[np.uint8]) -> Frame:
    if isinstance(picture, bytes):
        return decode_image(picture)
    if isinstance(picture, np.ndarray):
        return frame_from_array(picture)
    if isinstance(picture, str | Path):
        return read_image(Path(picture))
    raise NotAnImage(f"a {type(picture).__name__} is no picture. Give a path, bytes, or uint8 RGB pixels (h, w, 3).")


def _area(face: Face) -> float:
    left, top, right, bottom = face.bbox_xyxy
    return (right - left) * (bottom - top)


def _table(rows: Sequence[tuple[float, Reading]]) -> pd.DataFrame:
    # Pandas takes a third of a second to import, which a reading on the command line need not pay.
    import pandas as pd

    from moodmirror.types import EXPRESSIONS

    columns = [
        "at",
        "track_id",
        "left",
        "top",
        "right",
        "bottom",
        "detection",
        "expression",
        "confidence",
        "valence",
        "arousal",
    ]
    values = [
        (
            at,
            r.track_id,
            *r.face.bbox_xyxy,
            r.face.score,
            r.mood.label,
            r.mood.confidence,
            r.mood.affect.valence,
            r.mood.affect.arousal,
        )
        + r.mood.probabilities
        for at, r in rows
    ]
    return pd.DataFrame(values, columns=[*columns, *EXPRESSIONS])
