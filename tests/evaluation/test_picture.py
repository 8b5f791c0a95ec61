from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from moodmirror.evaluation.calibration import Fitting, reliability
from moodmirror.evaluation.picture import confusion_png, drawn_face, reliability_png, robustness_png
from moodmirror.evaluation.robustness import CONDITIONS, Loss

BLUE, AMBER = (57, 73, 171), (242, 193, 78)


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def count(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(2).sum())


def test_the_confusion_picture_is_a_png_darkest_on_a_perfect_diagonal() -> None:
    picture = pixels(confusion_png(np.eye(7, dtype=np.int64) * 5, "perfect")).mean(2)
    assert picture[120, 120] < 120 < picture[120, 200]


def test_kept_confidence_shows_no_gap_and_overconfidence_does() -> None:
    confidence = np.repeat([0.3, 0.5, 0.7, 0.9], 50)
    kept, over = (reliability(confidence, right) for right in (confidence, confidence - 0.2))
    assert count(pixels(reliability_png({"labels": Fitting(kept, kept)}, "kept")), AMBER) < 50
    assert count(pixels(reliability_png({"labels": Fitting(kept, over)}, "over")), AMBER) > 2000
    one, two = (pixels(reliability_png(dict.fromkeys(names, Fitting(kept, over)), "")) for names in ("a", "ab"))
    assert two.shape[0] > one.shape[0]


@pytest.mark.parametrize(("lost", "colour"), [(0.05, BLUE), (0.2, AMBER)])
def test_a_bar_turns_amber_where_more_is_lost_than_may_be(lost: float, colour: tuple[int, int, int]) -> None:
    losses = [Loss(CONDITIONS[0], 0.7 - lost, (0, 1), lost)]
    picture = pixels(robustness_png(losses, 0.7, "one"))
    other = AMBER if colour == BLUE else BLUE
    assert count(picture, colour) > 1000
    assert count(picture, other) == 0


def test_a_gain_makes_no_bar_and_still_a_picture() -> None:
    losses = [Loss(condition, 0.71, (0, 1), -0.01) for condition in CONDITIONS]
    assert count(pixels(robustness_png(losses, 0.7, "gains")), AMBER) == 0


def test_the_drawn_face_is_framed_like_a_crop() -> None:
    face = drawn_face()
    assert face.shape == (48, 48)
    assert face.dtype == np.uint8
    assert np.ptp(face) > 120
