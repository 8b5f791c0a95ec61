"""Frames to faces: BlazeFace (Bazarevsky et al. 2019) through our own ONNX graphs, or OpenCV's Haar cascade.

This module does not know how faces are cropped or read, nor that there was a frame before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, Protocol, TypeAlias, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from moodmirror.errors import ModelError
from moodmirror.types import BoxXYXY, Face, Frame
from moodmirror.vision.runtime import Graph

DetectorName: TypeAlias = Literal["auto", "short", "full", "haar"]
DETECTORS: Final[tuple[DetectorName, ...]] = get_args(DetectorName)

MODELS: Final = Path(__file__).parent / "models"
MIN_FRAME_PX: Final = 16
"""Frames with a shorter side hold no face that could be read."""
MAX_ASPECT: Final = 32.0
"""Longer strips would shrink to nothing in the detector's square input."""
SMALL_FACE: Final = 0.11
"""Share of the frame's longer side from which the short range is sure of a face.

Of 24 portraits shrunk into 640x480 it found 24 at 80 pixels (.125), 12 at 60 and none at 40; the full range 24, 24 and 22."""
SURE_SCORE: Final = 0.8
"""Score from which the short range is believed: of faces too small for it, it may box the whole head, at scores up to .78."""
FACES: Final = ("boxes", "landmarks", "scores")
CANDIDATES: Final = ("candidate_boxes", "candidate_landmarks", "candidate_scores")
"""A graph's outputs; the candidates begin with the faces."""
FACE_SCORE: Final = 0.5
"""Score above which the short range by itself calls a candidate a face; MediaPipe's own. It gives candidates from .1."""
LOOKED_AT: Final = 4
"""Candidates of a frame that are looked at again at most; of those that are no faces by themselves, only the best."""
NEAR_SIDES: Final = 1.3
WIDE_SIDES: Final = 2.0
"""Sides of the two cut-outs in which a candidate is looked at again, in sides of its box."""
MEAN_SCORE: Final = 0.4925
"""Mean score of the three looks from which a candidate is a face: chosen so that on 1,173 pictures without a face there are
no more false boxes than FACE_SCORE alone gives; of faces that are framed closely it then finds 5 in 100 more."""
SAME_FACE: Final = 0.3
"""IoU from which two boxes are one face."""

HAAR_LONG_SIDE_PX: Final = 320
HAAR_MIN_FACE_PX: Final = 24
HAAR_NEIGHBOURS: Final = 5
HAAR_MIN_WEIGHT: Final = 4.0
"""Least stage weight: over 30 portraits every face weighed 4.7 or more and both false boxes 3.6 or less."""
HAAR_SURE: Final = 8.0
"""Stage weight that counts as a score of 1; the cascade has no probability of its own."""
HAAR_TO_BLAZEFACE: Final = (0.0, 0.108, 0.89)
"""Centre offset (x, y) in Haar sides, and size ratio, that turn its box into BlazeFace's: medians over 29 faces."""


class Detector(Protocol):
    """Whatever finds faces in a frame."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """The frame's faces, best first; none is an answer, not an error."""
        ...


class FakeDetector:
    """Finds the given faces in every frame.

    >>> FakeDetector([Face((0, 0, 9, 9), 0.9)]).detect(Frame(np.zeros((20, 20, 3), np.uint8)))[0].score
    0.9
    """

    def __init__(self, faces: Sequence[Face] = ()) -> None:
        self.faces = tuple(faces)

    def detect(self, frame: Frame) -> tuple[Face, ...]:  # noqa: ARG002  (the protocol's signature)
        """The given faces."""
        return self.faces


class BlazeFaceDetector:
    """BlazeFace with six landmarks a face.

    ``short`` suits faces of a tenth of the picture and more; ``full`` finds those of 40 pixels in 640 at twice the cost;
    ``auto`` runs the short range, and the full range too where that finds nothing or is not sure of what it found. Where
    neither is sure of any face, it looks at the best candidate again, from nearer.
    Raises ``ModelError`` when the graphs have not been built.
    """

    def __init__(
        self, kind: Literal["auto", "short", "full"] = "auto", threads: int = 1, *, models: Path = MODELS
    ) -> None:
        self.kind = kind
        self._short = None if kind == "full" else _load(models / "detect.onnx", threads)
        self._full = None if kind == "short" else _load(models / "detect_full.onnx", threads)

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Faces with landmarks, in the frame's pixels, best first."""
        short, long = sorted((frame.height, frame.width))
        if short < MIN_FRAME_PX or long > MAX_ASPECT * short:
            return ()
        candidates = _faces(self._short, frame, CANDIDATES) if self._short else ()
        near = tuple(face for face in candidates if face.score > FACE_SCORE)
        if self._full is None:
            return near
        sure = tuple(face for face in near if face.score >= SURE_SCORE and _side(face) >= SMALL_FACE * long)
        if near and len(sure) == len(near):
            return sure
        far = tuple(face for face in _faces(self._full, frame) if not any(_same(face, other) for other in sure))
        found = tuple(sorted((*sure, *far), key=lambda face: -face.score))
        return found or self._looked_at_again(frame, candidates)

    def _looked_at_again(self, frame: Frame, candidates: Sequence[Face]) -> tuple[Face, ...]:
        """Those that are faces by all looks together: what is none seldom looks like one from every distance."""
        if self._short is None:
            return ()
        asked = tuple(face for face in candidates if face.score > FACE_SCORE) or candidates[:1]
        looked = (_looked_at_again(self._short, frame, candidate) for candidate in asked[:LOOKED_AT])
        faces = sorted((face for face in looked if face is not None), key=lambda face: -face.score)
        return tuple(face for index, face in enumerate(faces) if not any(_same(face, other) for other in faces[:index]))


class HaarDetector:
    """OpenCV's frontal Haar cascade (Viola and Jones 2001): no landmarks, upright frontal faces in fair light only."""

    def __init__(self) -> None:
        path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(path))
        if self._cascade.empty():
            raise ModelError(
                f"OpenCV {cv2.__version__} brings no Haar cascade. "
                "Install opencv-python-headless below 5, or use --detector auto."
            )

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Boxes brought to BlazeFace's framing, in the frame's pixels, best first."""
        if min(frame.height, frame.width) < MIN_FRAME_PX:
            return ()
        shrink = min(1.0, HAAR_LONG_SIDE_PX / max(frame.height, frame.width))
        size = (max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink)))
        grey = cv2.equalizeHist(
            cv2.cvtColor(cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        )
        boxes, _, weights = self._cascade.detectMultiScale3(
            grey,
            scaleFactor=1.1,
            minNeighbors=HAAR_NEIGHBOURS,
            minSize=(HAAR_MIN_FACE_PX, HAAR_MIN_FACE_PX),
            outputRejectLevels=True,
        )
        faces = (
            _haar_face(box, float(weight), shrink)
            for box, weight in zip(boxes, np.ravel(weights), strict=True)
            if weight >= HAAR_MIN_WEIGHT
        )
        return tuple(sorted(faces, key=lambda face: -face.score))


def open_detector(name: DetectorName, threads: int = 1) -> Detector:
    """The detector that settings name."""
    return HaarDetector() if name == "haar" else BlazeFaceDetector(name, threads)


def iou(a: BoxXYXY, b: BoxXYXY) -> float:
    """Intersection over union, 0..1.

    >>> iou((0, 0, 2, 2), (1, 0, 3, 2))
    0.3333333333333333
    """
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def _load(path: Path, threads: int) -> Graph:
    if not path.is_file():
        raise ModelError(
            f"the face detector {path.name} has not been built. In a checkout, make run builds it; an installed package has it."
        )
    return Graph(path, threads)


def _faces(graph: Graph, frame: Frame, names: Sequence[str] = FACES) -> tuple[Face, ...]:
    image: NDArray[np.uint8] = np.ascontiguousarray(frame.pixels)
    boxes, landmarks, scores = graph.run(names, {"image": image})
    return tuple(
        Face((box[0], box[1], box[2], box[3]), score, tuple((x, y) for x, y in points))
        for box, points, score in zip(boxes.tolist(), landmarks.tolist(), scores.tolist(), strict=True)
    )


def _looked_at_again(graph: Graph, frame: Frame, candidate: Face) -> Face | None:
    """What is seen from nearest, with the mean score of three looks; None where that is too low.

    From afar the short range boxes a head with its surroundings; what it sees from near is the face.
    """
    near = _cut_out(graph, frame, candidate, NEAR_SIDES)
    total = candidate.score + (near.score if near else 0.0)
    if total + 1 < 3 * MEAN_SCORE:
        return None
    wide = _cut_out(graph, frame, candidate, WIDE_SIDES)
    total += wide.score if wide else 0.0
    return replace(near or candidate, score=total / 3) if total >= 3 * MEAN_SCORE else None


def _cut_out(graph: Graph, frame: Frame, face: Face, sides: float) -> Face | None:
    """The best candidate in a square of so many ``sides`` around ``face``, in the frame's pixels."""
    left, top, right, bottom = face.bbox_xyxy
    x, y, half = (left + right) / 2, (top + bottom) / 2, _side(face) * sides / 2
    column, row = max(0, int(x - half)), max(0, int(y - half))
    pixels = frame.pixels[row : max(row, int(y + half)), column : max(column, int(x + half))]
    if min(pixels.shape[:2]) < MIN_FRAME_PX:
        return None
    candidates = _faces(graph, Frame(pixels), CANDIDATES)
    return _moved(candidates[0], column, row) if candidates else None


def _moved(face: Face, x: float, y: float) -> Face:
    left, top, right, bottom = face.bbox_xyxy
    landmarks = tuple((px + x, py + y) for px, py in face.landmarks)
    return Face((left + x, top + y, right + x, bottom + y), face.score, landmarks)


def _same(a: Face, b: Face) -> bool:
    return iou(a.bbox_xyxy, b.bbox_xyxy) >= SAME_FACE


def _side(face: Face) -> float:
    left, top, right, bottom = face.bbox_xyxy
    return max(right - left, bottom - top)


def _haar_face(box: Sequence[int], weight: float, shrink: float) -> Face:
    left, top, side = (float(value) / shrink for value in box[:3])
    dx, dy, ratio = HAAR_TO_BLAZEFACE
    x, y, half = left + side * (0.5 + dx), top + side * (0.5 + dy), side * ratio / 2
    return Face((x - half, y - half, x + half, y + half), min(1.0, max(0.0, weight / HAAR_SURE)))
