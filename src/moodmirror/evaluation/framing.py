"""How faces are found and framed end to end: training pictures in larger ones, shrunk photographs, pictures without a face.

Nothing is fitted here. FER2013's pictures are framed already, so that a reader measured on them alone says nothing of what
the detector and the map to the training frame lose on the way from a camera's picture.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from moodmirror.errors import DataError
from moodmirror.evaluation.datasets import CROP_PX, LabelledCrops
from moodmirror.evaluation.reader import read_crops
from moodmirror.expression.card import read_model
from moodmirror.expression.classify import LANDMARKS, SHIPPED_MODEL, Heads, OnnxClassifier
from moodmirror.mirror import Mirror
from moodmirror.types import BoxXYXY, Face, Frame, Scores
from moodmirror.vision.detect import Detector, iou
from moodmirror.vision.runtime import Graph

SCENE_PX: Final = (480, 640)
PASTED_PX: Final = (160, 300)
"""A crop has no hair, neck or shoulders, and detectors miss most of them when they are pasted smaller."""
MAX_ROLL_DEG: Final = 20.0
MARGIN_PX: Final = 20
BLUR_SHRINK: Final = 4
"""What lies around a pasted picture is so soft that it is made at a quarter of the size."""
BOX_PER_SQUARE: Final = 0.85
"""Side of a detector's box of a face in sides of the square that FER2013 frames the face with."""
ON_FACE: Final = 0.35
"""IoU from which a box is the face where one is known to be: framing differs by a third between the pictures themselves."""
WITHIN: Final = 0.8
LEAST_OF_SQUARE: Final = 0.25
"""Or, as some training pictures show a head and shoulders: a box that lies within the picture to so much, and has that side."""
SMALL_PX: Final = (40, 50, 60, 70, 80)
GREY: Final = 96
LEAST_CUT_PX: Final = 120
"""Narrower cut-outs of photographs show too little to be a picture."""

Progress = Callable[[int], None]
"""Called with the number of pictures done so far."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A scene that shows one training picture. ``centre``, ``side_px``: of the picture's square in it. ``roll_deg``: its turn."""

    frame: Frame
    centre: tuple[float, float]
    side_px: float
    roll_deg: float

    @property
    def bbox_xyxy(self) -> BoxXYXY:
        """Where a detector's box of the face is expected."""
        half = self.side_px * BOX_PER_SQUARE / 2
        x, y = self.centre
        return (x - half, y - half, x + half, y + half)

    def shows(self, face: Face) -> bool:
        """Whether the box of ``face`` lies on the face that was pasted."""
        if iou(face.bbox_xyxy, self.bbox_xyxy) >= ON_FACE:
            return True
        (x, y), half = self.centre, self.side_px / 2
        left, top, right, bottom = face.bbox_xyxy
        width, height = min(right, x + half) - max(left, x - half), min(bottom, y + half) - max(top, y - half)
        inside = max(0.0, width) * max(0.0, height) / area(face)
        return inside >= WITHIN and right - left >= LEAST_OF_SQUARE * self.side_px


@dataclass(frozen=True, slots=True)
class PastedFigures:
    """Crops read as they are and pasted into larger pictures.

    ``found``: how many of ``n`` were found; the largest face that is reported must lie on the pasted one. ``any_face``: how
    many have a face reported at all, wherever. The others are shares, 0..1, of all ``n``, a miss being wrong: ``labels`` of
    the head for the original labels, ``shown`` of what people see;
    each as (crops as they are, pasted). ``false_boxes``: boxes elsewhere.
    """

    n: int
    found: int
    any_face: int
    labels: tuple[float, float]
    shown: tuple[float, float]
    false_boxes: int


@dataclass(frozen=True, slots=True)
class SmallFigures:
    """Photographed faces shrunk to ``side_px``: how many of ``n`` are found, and how many of those read the same label.

    The label is the expression with the greatest probability, at full size and shrunk; a miss is another label.
    ``asserted``: how many of the faces assert their label at full size; ``asserted_same``: the same label among those.
    """

    side_px: int
    n: int
    found: int
    same: int
    asserted: int
    asserted_same: int


def paste(crop: NDArray[np.uint8], random: np.random.Generator, max_roll_deg: float = MAX_ROLL_DEG) -> Pasted:
    """A 640x480 scene with ``crop``, uint8 (48, 48), at 160 to 300 pixels and turned by up to ``max_roll_deg`` either way.

    Around it its edges are replicated and blurred: a hard border would be an edge that no photograph has.
    """
    rows, columns = SCENE_PX
    roll_deg = float(random.uniform(-max_roll_deg, max_roll_deg))
    side = int(random.integers(PASTED_PX[0], PASTED_PX[1] + 1))
    left = int(random.integers(MARGIN_PX, columns - MARGIN_PX - side + 1))
    top = int(random.integers(MARGIN_PX, rows - MARGIN_PX - side + 1))
    face = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
    sharp = cv2.copyMakeBorder(face, top, rows - top - side, left, columns - left - side, cv2.BORDER_REPLICATE)
    coarse = cv2.resize(sharp, (columns // BLUR_SHRINK, rows // BLUR_SHRINK), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(coarse, (0, 0), side / (12 * BLUR_SHRINK))
    scene = cv2.resize(soft, (columns, rows), interpolation=cv2.INTER_LINEAR)
    scene[top : top + side, left : left + side] = face
    centre = (left + side / 2, top + side / 2)
    turn = cv2.getRotationMatrix2D(centre, roll_deg, 1.0)
    turned = cv2.warpAffine(scene, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    pixels = np.repeat(turned[:, :, None], 3, axis=2).astype(np.uint8)
    return Pasted(Frame(pixels), centre, float(side), roll_deg)


def shrink(frame: Frame, face: Face, side_px: float) -> tuple[Frame, BoxXYXY]:
    """A 640x480 scene with the picture shrunk until ``face`` is ``side_px`` wide, and where the face is there.

    What does not fit is cut off, the face in the middle as far as may be; what is missing is grey.
    """
    left, top, right, bottom = face.bbox_xyxy
    scale = side_px / (right - left)
    size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    small = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA)
    across = _window(size[0], SCENE_PX[1], (left + right) / 2 * scale)
    down = _window(size[1], SCENE_PX[0], (top + bottom) / 2 * scale)
    scene = np.full((*SCENE_PX, 3), GREY, np.uint8)
    scene[down.to, across.to] = small[down.of, across.of]
    box = (
        left * scale + across.shift,
        top * scale + down.shift,
        right * scale + across.shift,
        bottom * scale + down.shift,
    )
    return Frame(scene), box


class FaceReader:
    """The heads of a model on faces of a frame, as :class:`OnnxClassifier` frames them: it gives what people see alone."""

    def __init__(self, model: Path = SHIPPED_MODEL) -> None:
        self._graph = Graph(read_model(model)[0])

    def read(self, frame: Frame, face: Face) -> Heads:
        """One row of what people see and one of the label head, (1, 7) each."""
        landmarks = np.full((1, LANDMARKS, 2), np.nan, np.float32)
        if face.landmarks:
            landmarks[0] = face.landmarks
        inputs: dict[str, NDArray[Any]] = {
            "image": np.ascontiguousarray(frame.pixels),
            "boxes": np.array([face.bbox_xyxy], np.float32),
            "landmarks": landmarks,
            "crops_in": np.zeros((0, CROP_PX, CROP_PX), np.uint8),
        }
        shown, labels = self._graph.run(("probabilities", "labels"), inputs)
        return Heads(shown, labels)


def measure_pasted(
    detector: Detector, model: Path, data: LabelledCrops, seed: int = 0, *, progress: Progress | None = None
) -> PastedFigures:
    """Every crop of ``data`` as it is, and again pasted into a scene, found by ``detector`` and framed by ``model``."""
    random = np.random.default_rng(seed)
    as_they_are, reader = read_crops(OnnxClassifier(model), data.crops), FaceReader(model)
    hits: dict[str, list[bool]] = {"found": [], "any_face": [], "labels": [], "shown": []}
    false_boxes = 0
    for row, (crop, label) in enumerate(zip(data.crops, data.labels, strict=True)):
        pasted = paste(crop, random)
        faces = sorted(detector.detect(pasted.frame), key=area, reverse=True)
        false_boxes += sum(not pasted.shows(face) for face in faces)
        found = bool(faces) and pasted.shows(faces[0])
        heads = reader.read(pasted.frame, faces[0]) if found else None
        hits["found"].append(found)
        hits["any_face"].append(bool(faces))
        hits["labels"].append(heads is not None and bool(heads.labels[0].argmax() == label))
        hits["shown"].append(heads is not None and bool(heads.shown[0].argmax() == label))
        if progress is not None:
            progress(row + 1)
    return PastedFigures(
        n=len(data),
        found=sum(hits["found"]),
        any_face=sum(hits["any_face"]),
        labels=(_accuracy(as_they_are.labels, data.labels), sum(hits["labels"]) / len(data)),
        shown=(_accuracy(as_they_are.shown, data.labels), sum(hits["shown"]) / len(data)),
        false_boxes=false_boxes,
    )


def measure_small(
    mirror: Mirror, photos: Sequence[Frame], sides_px: Iterable[int] = SMALL_PX
) -> tuple[SmallFigures, ...]:
    """Every face that is found in ``photos`` shrunk to each of ``sides_px``; raises ``DataError`` where there is none."""
    faces = [(frame, face, scores) for frame in photos for face, scores in zip(*mirror.score(frame), strict=True)]
    if not faces:
        raise DataError("no face is found in these photographs at their full size. Give photographs with faces.")
    return tuple(_shrunk_figures(mirror, faces, side_px) for side_px in sides_px)


def away_from_faces(
    frame: Frame, faces: Sequence[Face], random: np.random.Generator, wanted: int, tries: int = 400
) -> tuple[Frame, ...]:
    """Up to ``wanted`` cut-outs of ``frame`` without ``faces``, hair and neck included; none where there is no room."""
    heads = [_head(face) for face in faces]
    found: list[Frame] = []
    for _ in range(tries):
        width = random.uniform(0.15, 0.8) * frame.width
        height = width * random.uniform(0.6, 1.3)
        if len(found) == wanted:
            break
        if height > frame.height or width < LEAST_CUT_PX:
            continue
        x, y = random.uniform(0, frame.width - width), random.uniform(0, frame.height - height)
        if not any(_overlap((x, y, x + width, y + height), head) for head in heads):
            found.append(Frame(np.ascontiguousarray(frame.pixels[int(y) : int(y + height), int(x) : int(x + width)])))
    return tuple(found)


def median_ms(detector: Detector, frames: Sequence[Frame], repeat: int = 3) -> float:
    """Median milliseconds of the detector over ``frames``, each ``repeat`` times."""
    took = []
    for frame in [frames[0], *list(frames) * repeat]:
        started = time.perf_counter()
        detector.detect(frame)
        took.append((time.perf_counter() - started) * 1e3)
    return statistics.median(took[1:])


def area(face: Face) -> float:
    """Square pixels of its box."""
    left, top, right, bottom = face.bbox_xyxy
    return (right - left) * (bottom - top)


def _accuracy(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> float:
    return float((probabilities.argmax(1) == labels).mean())


def _shrunk_figures(mirror: Mirror, faces: Sequence[tuple[Frame, Face, Scores]], side_px: int) -> SmallFigures:
    found = same = asserted = asserted_same = 0
    for frame, face, at_full in faces:
        scene, box = shrink(frame, face, side_px)
        seen = [small for small, there in _reading(mirror, scene) if iou(there.bbox_xyxy, box) >= ON_FACE]
        agrees = bool(seen) and np.argmax(seen[0].probabilities) == np.argmax(at_full.probabilities)
        asserts = mirror.rule.why_unclear(at_full) is None
        found, same = found + bool(seen), same + agrees
        asserted, asserted_same = asserted + asserts, asserted_same + (asserts and agrees)
    return SmallFigures(side_px, len(faces), found, int(same), asserted, int(asserted_same))


def _reading(mirror: Mirror, frame: Frame) -> list[tuple[Scores, Face]]:
    faces, scores = mirror.score(frame)
    return list(zip(scores, faces, strict=True))


@dataclass(frozen=True, slots=True)
class _Window:
    """Which part of a picture's axis lands on which part of the scene's; ``shift``: from the one to the other, pixels."""

    of: slice
    to: slice
    shift: float


def _window(length: int, room: int, middle: float) -> _Window:
    if length <= room:
        start = (room - length) // 2
        return _Window(slice(0, length), slice(start, start + length), start)
    start = int(np.clip(round(middle - room / 2), 0, length - room))
    return _Window(slice(start, start + room), slice(0, room), -start)


def _head(face: Face) -> BoxXYXY:
    left, top, right, bottom = face.bbox_xyxy
    width, height = right - left, bottom - top
    return (left - 0.2 * width, top - 0.5 * height, right + 0.2 * width, bottom + 0.25 * height)


def _overlap(a: BoxXYXY, b: BoxXYXY) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])
