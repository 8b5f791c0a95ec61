"""What blur does to a reading: sharpness, and whether the label stays, on photographs blurred by shares of the face."""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks import record
from moodmirror.mirror import Mirror
from moodmirror.types import Frame
from moodmirror.vision.decode import read_image

SHARES = (0.0, 0.02, 0.04, 0.06, 0.08)
"""Deviation of the blur in widths of the face."""


def run() -> None:
    folder = record.data("photos")
    if folder is None:
        return
    mirror = Mirror()
    sharpness: dict[float, list[float]] = {share: [] for share in SHARES}
    labels: dict[float, list[int]] = {share: [] for share in SHARES}
    for path in sorted(folder.glob("*.jpg")):
        frame = read_image(path)
        faces = mirror.score(frame)[0][:1]
        left, _, right, _ = faces[0].bbox_xyxy
        for share in SHARES:
            pixels = frame.pixels if share == 0 else cv2.GaussianBlur(frame.pixels, (0, 0), share * (right - left))
            scores = mirror.classifier.classify(Frame(np.asarray(pixels, np.uint8)), faces)[0]
            sharpness[share].append(scores.quality.sharpness)
            labels[share].append(int(np.argmax(scores.probabilities)))
    figures = {
        f"{share:g}": {
            "sharpness": {"least": round(min(values), 3), **record.percentiles(values)},
            "same_label": round(float(np.mean(np.equal(labels[share], labels[0.0]))), 3),
        }
        for share, values in sharpness.items()
    }
    figures["limit"] = {"min_sharpness": mirror.rule.min_sharpness}
    record.write("blur", "the largest face of each photograph, Gaussian blur in shares of the face's width", figures)
