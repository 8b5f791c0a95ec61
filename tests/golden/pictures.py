"""The golden pictures: raw arrays, made by whole-number arithmetic alone, so that every machine has the same ones.

`python -m tests.golden.pictures` writes the faces that Python finds in them to expected.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from skimage import data

from moodmirror.vision.detect import MODELS
from moodmirror.vision.runtime import Graph

EXPECTED: Final = Path(__file__).parent / "expected.json"
DETECTORS: Final = ("detect.onnx", "detect_full.onnx")
DETECTED: Final = ("boxes", "landmarks", "scores")


def pictures() -> dict[str, NDArray[np.uint8]]:
    """A portrait, a small face in a camera's RGBA frame, a dark and tilted one, and one without a face."""
    portrait = np.asarray(data.astronaut(), np.uint8)  # type: ignore[no-untyped-call]
    half = portrait.reshape(256, 2, 256, 2, 3).astype(np.uint16).sum(axis=(1, 3)) // 4
    scene = np.full((480, 640, 4), 255, np.uint8)
    scene[..., :3] = (np.arange(640) // 4)[None, :, None]
    scene[170:426, 301:557, :3] = half
    return {
        "portrait": portrait,
        "scene": scene,
        "dark": _rolled(portrait[:300, 60:420]) // 4,
        "blank": np.full((97, 131, 3), 128, np.uint8),
    }


def find_faces(model: str, picture: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """The outputs of one detector graph in Python, by name."""
    return dict(zip(DETECTED, Graph(MODELS / model).run(DETECTED, {"image": picture}), strict=True))


def express_inputs(picture: NDArray[np.uint8], faces: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Each face with its landmarks and again as a box alone, and two framed faces."""
    boxes, landmarks = faces["boxes"], faces["landmarks"]
    grey = picture[:96, :96, 1].astype(np.uint8)
    return {
        "image": picture,
        "boxes": np.concatenate([boxes, boxes]),
        "landmarks": np.concatenate([landmarks, np.full_like(landmarks, np.nan)]),
        "crops_in": np.stack([grey[:48, :48], grey[48:, 48:]]),
    }


def _rolled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turned by some 22 degrees about its middle (cosine 12/13, sine 5/13), nearest pixel."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width]
    dy, dx = y - height // 2, x - width // 2
    row = np.clip((12 * dy + 5 * dx) // 13 + height // 2, 0, height - 1)
    column = np.clip((12 * dx - 5 * dy) // 13 + width // 2, 0, width - 1)
    return np.asarray(picture[row, column], np.uint8)


def _write() -> None:
    found = {
        name: {
            model: {key: values.tolist() for key, values in find_faces(model, picture).items()} for model in DETECTORS
        }
        for name, picture in pictures().items()
    }
    EXPECTED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _write()
