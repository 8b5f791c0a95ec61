from __future__ import annotations

import numpy as np
import pytest

from benchmarks.affect import PLACES, agreement, compared
from moodmirror.expression.classify import Heads
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION
from moodmirror.types import EXPRESSIONS


def counts(shares: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """FER+'s ten columns from counts of the seven expressions."""
    votes = np.zeros((len(shares), 10), np.int64)
    votes[:, list(FERPLUS_OF_EXPRESSION)] = shares
    return votes


def test_a_source_that_says_what_the_raters_say_agrees_in_all_and_the_likeliest_alone_less() -> None:
    said = np.random.default_rng(0).multinomial(60, np.ones(7) / 7, 200) + 2
    exact = (said / said.sum(1, keepdims=True)).astype(np.float32)
    by_vote = np.zeros((200, 8), np.float32)
    by_vote[:, list(FERPLUS_OF_EXPRESSION)] = exact
    found = agreement(Heads(exact, exact, by_vote), counts(said))
    assert found["n"] == 200
    for source in ("labels", "votes", "shown"):
        for axis in ("valence", "arousal"):
            assert found[source][axis] == pytest.approx({"pearson": 1, "ccc": 1, "rmse": 0}, abs=1e-5)
    assert found["top_1"]["valence"]["ccc"] < 0.9
    # Drawn to neutral by confidence: the same direction, another length.
    assert found["shrunk"]["valence"]["pearson"] > 0.9
    assert found["shrunk"]["valence"]["rmse"] > 0.01


def test_rows_without_raters_do_not_count_and_a_missing_head_is_no_source() -> None:
    said = np.eye(7, dtype=np.int64) * 10
    votes = np.concatenate([counts(said), np.array([[0] * 9 + [10]])])
    shown = np.concatenate([np.eye(7), np.full((1, 7), 1 / 7)]).astype(np.float32)
    found = agreement(Heads(shown, shown), votes)
    assert found["n"] == 7
    assert "votes" not in found
    assert found["shown"]["arousal"]["rmse"] == pytest.approx(0, abs=1e-6)


def test_concordance_falls_with_an_offset_that_correlation_does_not_see() -> None:
    truth = np.array([0.0, 1.0, 2.0, 3.0])
    result = compared(truth + 1, truth)
    # Lin 1989: 2 * 1.25 / (1.25 + 1.25 + 1).
    assert result == pytest.approx({"pearson": 1, "ccc": 2.5 / 3.5, "rmse": 1})


def test_what_never_changes_has_no_correlation() -> None:
    assert compared(np.zeros(3), np.arange(3.0))["pearson"] is None


def test_places_stand_in_the_order_of_the_expressions() -> None:
    assert PLACES[EXPRESSIONS.index("happy")].tolist() == [0.81, 0.51]
    assert PLACES[EXPRESSIONS.index("neutral")].tolist() == [0, 0]
