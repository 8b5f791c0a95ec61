from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from moodmirror.evaluation.metrics import calibration_error, figures
from moodmirror.evaluation.picture import confusion_png


def test_figures_of_a_small_table_by_hand() -> None:
    probabilities = np.full((4, 7), 0.05)
    for row, (column, p) in enumerate([(0, 0.7), (0, 0.7), (3, 0.7), (3, 0.7)]):
        probabilities[row, column] = p
    result = figures(probabilities, np.array([0, 3, 3, 3]))
    assert result.accuracy == 0.75
    assert result.classes["angry"].precision == 0.5
    assert result.classes["happy"].recall == pytest.approx(2 / 3)
    assert result.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert result.nll == pytest.approx(-(3 * np.log(0.7) + np.log(0.05)) / 4)
    assert result.ece == pytest.approx(0.05)
    assert result.confusion[3, 0] == 1
    assert result.to_dict()["n"] == 4


def test_a_calibrated_source_has_a_small_error_and_an_overconfident_one_a_large() -> None:
    random = np.random.default_rng(0)
    confidence = random.uniform(0.2, 1, 20_000)
    right = random.uniform(size=20_000) < confidence
    assert calibration_error(confidence, right) < 0.02
    assert calibration_error(np.minimum(1, confidence + 0.2), right) > 0.1


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(0, 1000))
def test_figures_stay_in_range_whatever_classes_are_absent(labels: list[int], seed: int) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(7), len(labels))
    result = figures(probabilities, np.array(labels))
    assert 0 <= result.accuracy <= 1
    assert 0 <= result.macro_f1 <= 1
    assert 0 <= result.ece <= 1
    assert result.nll >= 0
    assert result.confusion.sum() == len(labels)


def test_the_confusion_picture_is_a_png_darkest_on_a_perfect_diagonal() -> None:
    picture = np.asarray(Image.open(io.BytesIO(confusion_png(np.eye(7, dtype=np.int64) * 5, "perfect"))).convert("L"))
    on, off = int(picture[120, 120]), int(picture[120, 200])
    assert on < 120 < off
