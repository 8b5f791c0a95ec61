from __future__ import annotations

import numpy as np
import pytest

from moodmirror.evaluation.calibration import calibration, reliability, unfitted
from moodmirror.expression.card import ModelCard
from moodmirror.expression.classify import Heads
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION

RANDOM_ROWS = 4000


def softmax(
    logits: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True))


def drawn(temperature: float) -> tuple[Heads, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Heads that are right once their logits are divided by ``temperature``, and labels drawn from them."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (RANDOM_ROWS, 7))
    true = softmax(logits / temperature)
    labels = np.array([random.choice(7, p=row) for row in true])
    return Heads(true.astype(np.float32), true.astype(np.float32)), labels


def test_bins_hold_every_row_once_with_their_means() -> None:
    one = reliability(np.array([0.05, 0.5, 0.52, 1.0]), np.array([False, True, False, True]))
    assert [part.rows for part in one.bins] == [1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1]
    middle = one.bins[7]
    assert (middle.low, middle.high) == pytest.approx((7 / 15, 8 / 15))
    assert middle.confidence == pytest.approx(0.51)
    assert middle.right == 0.5
    assert one.bins[1].right is None
    assert one.ece == pytest.approx((0.05 + 2 * 0.01 + 0) / 4)


def test_taking_the_temperature_away_shows_what_it_mended() -> None:
    heads, labels = drawn(temperature=2.5)
    fitting = calibration(heads, ModelCard("m", "0", temperature=2.5), labels)["labels"]
    assert fitting.after.ece < 0.03
    assert fitting.before.ece > 0.15
    honest = calibration(heads, ModelCard("m", "0"), labels)["labels"]
    assert honest.before.ece == pytest.approx(honest.after.ece, abs=1e-6)


def test_the_pool_before_fitting_is_an_even_one() -> None:
    random = np.random.default_rng(1)
    by_label, by_vote = softmax(random.normal(0, 1, (5, 7))), softmax(random.normal(0, 1, (5, 8)))
    heads = Heads(np.eye(7, dtype=np.float32)[:5], by_label.astype(np.float32), by_vote.astype(np.float32))
    seven = by_vote[:, list(FERPLUS_OF_EXPRESSION)]
    expected = np.sqrt(by_label * seven) / np.sqrt(by_label * seven).sum(1, keepdims=True)
    np.testing.assert_allclose(unfitted(heads, ModelCard("m", "0")).shown, expected, atol=1e-5)


def test_what_people_see_is_held_against_the_raters_that_there_are() -> None:
    shown = np.full((3, 7), 0.05, np.float32)
    shown[:, 3] = 0.7
    votes = np.array([[3, 7, 0, 0, 0, 0, 0, 0, 0, 0]] * 2 + [[0] * 9 + [10]])
    heads = Heads(shown, shown)
    assert set(calibration(heads, ModelCard("m", "0"), np.array([3, 3, 3]))) == {"labels"}
    after = calibration(heads, ModelCard("m", "0"), np.array([3, 3, 3]), votes)["shown"].after
    assert sum(part.rows for part in after.bins) == 2
    assert after.ece == pytest.approx(0, abs=1e-6)
    assert after.to_dict()["bins"][10]["right"] == pytest.approx(0.7)
