"""What a reader loses where the picture is worse than those it is usually measured on: light, noise, size, roll, framing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from moodmirror.evaluation.datasets import CROP_PX, LabelledCrops
from moodmirror.evaluation.metrics import wilson_interval
from moodmirror.evaluation.reader import Progress, read_crops
from moodmirror.expression.classify import OnnxClassifier

SEED: Final = 0
"""Of the noise."""
_MIDDLE: Final = (CROP_PX - 1) / 2

Crops = NDArray[np.uint8]
View = Callable[[Crops, np.random.Generator], Crops]
"""From crops (n, 48, 48) to the same faces under a condition."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One way in which a picture is worse.

    ``views``: every crop is seen in each of them, and their accuracies are averaged. ``limit``: the most of its accuracy,
    0..1, that our reader may lose: half of what the package `fer` 25.10 was measured to lose; None where nobody asks.
    """

    name: str
    title: str
    views: tuple[View, ...]
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Accuracy of the label head under a condition, and how much less that is than on the crops as they are; both 0..1.

    ``accuracy_interval``: 95 %, by Wilson; views of one crop count once.
    """

    condition: Condition
    accuracy: float
    accuracy_interval: tuple[float, float]
    lost: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"accuracy": self.accuracy, "accuracy_interval": list(self.accuracy_interval), "lost": self.lost}


def robustness(
    classifier: OnnxClassifier, data: LabelledCrops, as_they_are: float, *, progress: Progress | None = None
) -> tuple[Loss, ...]:
    """What ``classifier`` loses under each of ``CONDITIONS``, in one pass a view, against the original labels.

    ``as_they_are``: its accuracy, 0..1, on the crops unchanged. ``progress`` gets the number of crops read so far, of
    ``len(data) * PASSES``. The noise is seeded: the same data gives the same figures.
    """
    losses, done = [], 0
    for condition in CONDITIONS:
        shares = []
        for view in condition.views:
            change = partial(_seen, view, np.random.default_rng(SEED))
            heads = read_crops(classifier, data.crops, change=change, progress=_after(done, progress))
            shares.append(float((heads.labels.argmax(1) == data.labels).mean()))
            done += len(data)
        accuracy = float(np.mean(shares))
        losses.append(Loss(condition, accuracy, wilson_interval(accuracy, len(data)), as_they_are - accuracy))
    return tuple(losses)


def _seen(view: View, random: np.random.Generator, crops: Crops) -> Crops:
    return view(crops, random)


def _after(done: int, progress: Progress | None) -> Progress | None:
    return None if progress is None else lambda more: progress(done + more)


def quarter_light(crops: Crops, _: np.random.Generator) -> Crops:
    """Each pixel a quarter as bright, rounded down."""
    return crops // 4


def noise(sigma: float) -> View:
    """Gaussian noise of deviation ``sigma``, of 255, each pixel its own; clipped."""

    def view(crops: Crops, random: np.random.Generator) -> Crops:
        return _to_uint8(crops + random.normal(0, sigma, crops.shape))

    return view


def small_face(side_px: int) -> View:
    """A face of ``side_px``: averaged down to it, and bilinearly back to 48."""

    def shrink(crop: Crops) -> Crops:
        small = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (CROP_PX, CROP_PX), interpolation=cv2.INTER_LINEAR), np.uint8)

    return _each(shrink)


def moved(*, roll_deg: float = 0, zoom: float = 1, shift: tuple[float, float] = (0, 0)) -> View:
    """Turned and zoomed about the centre, then shifted by shares of the side; bilinear, edges replicated.

    ``roll_deg``: positive is anticlockwise. ``zoom`` below 1 is a box that took in more than the face.
    """
    matrix = cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), roll_deg, zoom)
    matrix[:, 2] += np.array(shift) * CROP_PX

    def move(crop: Crops) -> Crops:
        size = (CROP_PX, CROP_PX)
        return np.asarray(cv2.warpAffine(crop, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return _each(move)


def gamma(exponent: float) -> View:
    """Brightness, 0..1, raised to ``exponent``: below 1 it washes the picture out, above it darkens the shades."""
    table = _to_uint8(255 * (np.arange(256) / 255) ** exponent)
    return lambda crops, _: table[crops]


def blur(sigma_px: float) -> View:
    """Gaussian blur of ``sigma_px`` pixels of the 48."""

    def soften(crop: Crops) -> Crops:
        return np.asarray(cv2.GaussianBlur(crop, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.uint8)

    return _each(soften)


def jpeg(quality: int) -> View:
    """Written as a JPEG of ``quality``, 0..100, and read again."""

    def pack(crop: Crops) -> Crops:
        _, packed = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)

    return _each(pack)


def side_light(left: float, right: float) -> View:
    """Light that changes evenly from the share ``left`` of what it was to the share ``right``."""
    ramp = np.linspace(left, right, CROP_PX)
    return lambda crops, _: _to_uint8(crops * ramp)


def _each(change: Callable[[Crops], Crops]) -> View:
    return lambda crops, _: np.stack([change(crop) for crop in crops])


def _to_uint8(values: NDArray[np.float64]) -> Crops:
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _both_ways(degrees: float) -> tuple[View, ...]:
    return moved(roll_deg=degrees), moved(roll_deg=-degrees)


CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition("light_4", "a quarter of the light", (quarter_light,), 0.085),
    Condition("noise_10", "noise, sigma 10 of 255", (noise(10),), 0.05),
    Condition("face_24px", "a face of 24 pixels", (small_face(24),), 0.10),
    Condition("roll_20", "roll 20°, both ways", _both_ways(20), 0.035),
    Condition("box_large_20", "box 20 % too large", (moved(zoom=1 / 1.2),), 0.0275),
    Condition("box_small_20", "box 20 % too small", (moved(zoom=1 / 0.8),), 0.0175),
    Condition("gamma_0.5", "washed out, gamma 0.5", (gamma(0.5),)),
    Condition("gamma_2", "deep shades, gamma 2", (gamma(2),)),
    Condition("side_light", "light from one side, 1 to 1/4", (side_light(0.25, 1), side_light(1, 0.25))),
    Condition("blur_1.5", "blur, sigma 1.5 of 48 pixels", (blur(1.5),)),
    Condition("jpeg_20", "JPEG of quality 20 at 48 pixels", (jpeg(20),)),
    Condition("roll_10", "roll 10°, both ways", _both_ways(10)),
    Condition("roll_30", "roll 30°, both ways", _both_ways(30)),
    Condition("shift_10", "shift of 10 %, left and right", (moved(shift=(0.1, 0)), moved(shift=(-0.1, 0)))),
    Condition("shift_10_down", "shift of 10 %, up and down", (moved(shift=(0, 0.1)), moved(shift=(0, -0.1)))),
)
"""The six that the gate is about, then others worth knowing."""

PASSES: Final = sum(len(condition.views) for condition in CONDITIONS)
