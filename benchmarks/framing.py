"""From a camera's picture to the reader's frame: faces found, accuracy end to end, small faces, false boxes, time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray
from skimage import data as pictures

from benchmarks import record
from benchmarks.scenes import portrait_scene
from moodmirror.config import Settings
from moodmirror.evaluation.datasets import LabelledCrops, load_crops
from moodmirror.evaluation.framing import (
    PastedFigures,
    SmallFigures,
    away_from_faces,
    measure_pasted,
    measure_small,
    median_ms,
)
from moodmirror.evaluation.metrics import wilson_interval
from moodmirror.expression.classify import SHIPPED_MODEL
from moodmirror.mirror import Mirror
from moodmirror.types import Frame
from moodmirror.vision.decode import read_image

SEED = 0
CUTS_A_PHOTO = 12
SYNTHETIC = 60
FACELESS = ("brick", "coffee", "coins", "colorwheel", "grass", "gravel", "horse", "moon", "page", "rocket", "text")
"""Pictures of skimage without a face."""
LEFT_OUT = "selfie-many-people"
"""Faces all over: what lies between them cannot be called face-free."""


def run() -> None:
    fer, photos = record.data("fer2013"), record.data("photos")
    if fer is None or photos is None:
        return
    mirror = Mirror(Settings(threads=1))
    data = load_crops(fer / "fer2013.csv.bz2").split("PublicTest")
    frames = {path.stem: read_image(path) for path in sorted(photos.glob("*.jpg"))}
    figures = {
        "model": {"name": mirror.classifier.card.name, "sha256": mirror.classifier.card.sha256},
        "framing": mirror.classifier.card.framing,
        "pasted": _pasted(measure_pasted(mirror.detector, SHIPPED_MODEL, data, SEED), data),
        "small": _small(measure_small(mirror, list(frames.values()))),
        "face_free": _face_free(mirror, frames),
        "detector_ms": _times(mirror, frames),
    }
    conditions = (
        "pasted: every crop of PublicTest in a 640x480 scene at 160 to 300 px, roll within 20 degrees, a miss counts as wrong; "
        "found: the largest face reported lies on the pasted one; small: every face of the photographs, shrunk until its box "
        "has that many pixels, in a 640x480 frame; detector auto; one thread; intervals are Wilson's, 95 %"
    )
    record.write("framing", conditions, figures)


def _share(count: int, n: int) -> dict[str, Any]:
    return {"share": round(count / n, 4), "of": n, "interval": [round(end, 4) for end in wilson_interval(count / n, n)]}


def _pasted(figures: PastedFigures, data: LabelledCrops) -> dict[str, Any]:
    flat = sum(int(np.ptp(crop)) == 0 for crop in data.crops)
    heads = {
        name: {
            "crops_as_they_are": round(plain, 4),
            "pasted": round(pasted, 4),
            "points_lost": round((plain - pasted) * 100, 2),
        }
        for name, (plain, pasted) in (("labels", figures.labels), ("shown", figures.shown))
    }
    return {
        "found": _share(figures.found, figures.n),
        "accuracy": heads,
        "false_boxes": figures.false_boxes,
        "blank": flat,
    }


def _small(sizes: Sequence[SmallFigures]) -> dict[str, Any]:
    return {
        **{f"{figures.side_px}_px": _of_small([figures]) for figures in sizes},
        "together": _of_small(sizes),
    }


def _of_small(sizes: Sequence[SmallFigures]) -> dict[str, Any]:
    n, asserted = sum(figures.n for figures in sizes), sum(figures.asserted for figures in sizes)
    shares = {
        "found": _share(sum(figures.found for figures in sizes), n),
        "same_label": _share(sum(figures.same for figures in sizes), n),
    }
    if asserted:
        shares["same_label_where_asserted"] = _share(sum(figures.asserted_same for figures in sizes), asserted)
    return shares


def _face_free(mirror: Mirror, photos: Mapping[str, Frame]) -> dict[str, Any]:
    random = np.random.default_rng(SEED)
    kinds = {
        "cut_from_photographs": [
            cut
            for name, frame in photos.items()
            if name != LEFT_OUT
            for cut in away_from_faces(frame, mirror.detector.detect(frame), random, CUTS_A_PHOTO)
        ],
        "things_and_textures": [Frame(_three(getattr(pictures, name)())) for name in FACELESS],
        "noise_and_gradients": [Frame(_synthetic(random, step % 2 == 0)) for step in range(SYNTHETIC)],
    }
    boxed = {kind: sum(bool(mirror.detector.detect(frame)) for frame in frames) for kind, frames in kinds.items()}
    shares = {kind: _share(boxed[kind], len(frames)) for kind, frames in kinds.items()}
    return {**shares, "together": _share(sum(boxed.values()), sum(map(len, kinds.values())))}


def _three(picture: Any) -> NDArray[np.uint8]:
    pixels = np.asarray(picture)
    three = np.repeat(pixels[..., None], 3, 2) if pixels.ndim == 2 else pixels[..., :3]
    return np.ascontiguousarray(three).astype(np.uint8)


def _synthetic(random: np.random.Generator, gradient: bool) -> NDArray[np.uint8]:
    """A 640x480 gradient under some noise, or noise of some grain and contrast."""
    if gradient:
        y, x = np.mgrid[:480, :640]
        turn = random.uniform(0, 2 * np.pi)
        slope = np.cos(turn) * x + np.sin(turn) * y
        values = (slope - slope.min()) / np.ptp(slope) * 255
        pixels = values[..., None] + random.normal(0, random.uniform(0, 20), (480, 640, 3))
    else:
        grain = cv2.GaussianBlur(random.normal(0, 1, (480, 640, 3)), (0, 0), random.uniform(0.5, 40))
        pixels = 128 + grain / grain.std() * random.uniform(20, 70)
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def _times(mirror: Mirror, photos: Mapping[str, Frame]) -> dict[str, float]:
    """Medians, ms: a 640x480 frame with a face, an empty wall, and the emptied surroundings of photographs at that size."""
    psutil.Process().cpu_affinity([0])
    random = np.random.default_rng(SEED)
    rooms = [
        Frame(np.asarray(cv2.resize(cut.pixels, (640, 480), interpolation=cv2.INTER_AREA), np.uint8))
        for name, frame in photos.items()
        if name != LEFT_OUT
        for cut in away_from_faces(frame, mirror.detector.detect(frame), random, 4)
    ]
    frames = {
        "with_a_face": [Frame(portrait_scene(640, 480, shift=step)) for step in range(40)],
        "blank": [Frame(np.full((480, 640, 3), 128, np.uint8))] * 40,
        "without_a_face": rooms,
    }
    return {name: round(median_ms(mirror.detector, scenes), 3) for name, scenes in frames.items()}
