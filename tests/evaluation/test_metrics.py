from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodmirror.evaluation.metrics import calibration_error, figures, vote_figures, wilson_interval
from moodmirror.expression.classify import Heads
from moodmirror.types import EXPRESSIONS


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
    assert result.to_dict()["accuracy_interval"] == list(wilson_interval(0.75, 4))


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


def sure_of(*names: str, votes: tuple[int, ...] | None = None) -> Heads:
    """Heads that give the named expressions 0.7 each in its row; ``votes``: places in FERPLUS, certain."""
    shown = np.full((len(names), 7), 0.05, np.float32)
    shown[np.arange(len(names)), [EXPRESSIONS.index(name) for name in names]] = 0.7
    by_vote = None if votes is None else np.eye(8, dtype=np.float32)[list(votes)]
    return Heads(shown, shown[:, ::-1].copy(), by_vote)


# neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, not a face
HAPPY_8 = (2, 8, 0, 0, 0, 0, 0, 0, 0, 0)
TORN = (0, 5, 5, 0, 0, 0, 0, 0, 0, 0)
CONTEMPT = (3, 0, 0, 0, 0, 0, 0, 7, 0, 0)
NO_FACE = (0, 0, 0, 0, 0, 0, 0, 0, 0, 10)


def test_majorities_are_scored_by_the_head_for_the_votes_alone() -> None:
    votes = np.array([HAPPY_8, CONTEMPT, TORN, NO_FACE])
    result = vote_figures(sure_of("sad", "sad", "sad", "sad", votes=(1, 7, 0, 0)), votes)
    assert (result.ferplus_n, result.ferplus_accuracy) == (2, 1)
    assert vote_figures(sure_of("happy", "sad", "sad", "sad", votes=(1, 0, 0, 0)), votes).ferplus_accuracy == 0.5


def test_what_is_shown_is_scored_against_shares_with_contempt_left_out() -> None:
    votes = np.array([HAPPY_8, CONTEMPT, NO_FACE])
    result = vote_figures(sure_of("happy", "neutral", "sad"), votes)
    assert result.shown_n == 2
    assert result.shown_accuracy == 1
    happy = -(0.8 * np.log(0.7) + 0.2 * np.log(0.05))
    assert result.shown_nll == pytest.approx((happy - np.log(0.7)) / 2, abs=1e-6)
    # Both stand in the bin of 0.7, where 80 % and 100 % of the raters said so.
    assert result.shown_ece == pytest.approx(0.9 - 0.7, abs=1e-6)


@pytest.mark.parametrize(("first", "right"), [("happy", 1), ("surprise", 1), ("neutral", 0)])
def test_either_of_two_that_raters_are_torn_between_is_right(first: str, right: float) -> None:
    assert vote_figures(sure_of(first), np.array([TORN])).shown_accuracy == right


def test_what_a_model_or_the_votes_do_not_allow_is_none_and_no_number() -> None:
    without_head = vote_figures(sure_of("happy"), np.array([HAPPY_8])).to_dict()
    assert without_head["ferplus_n"] == 1
    assert without_head["ferplus_accuracy"] is without_head["ferplus_accuracy_interval"] is None
    nobody = vote_figures(sure_of("happy", votes=(1,)), np.array([NO_FACE])).to_dict()
    assert [nobody["ferplus_n"], nobody["shown_n"]] == [0, 0]
    assert {nobody[name] for name in ("ferplus_accuracy", "shown_accuracy", "shown_nll", "shown_ece")} == {None}


def test_wilsons_interval_is_that_of_the_table_and_stays_within_reach() -> None:
    # Newcombe 1998, table I: 81 of 263, 0 of 20, 29 of 29.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson_interval(1, 29) == pytest.approx((0.8830, 1), abs=1e-4)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_an_interval_holds_its_share_and_narrows_with_more_rows(n: int, share: float) -> None:
    low, high = wilson_interval(share, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    closer = wilson_interval(share, 4 * n)
    assert closer[1] - closer[0] < high - low


def test_shares_of_raters_are_held_against_confidence_as_hits_are() -> None:
    confidence = np.array([0.9, 0.9, 0.3])
    assert calibration_error(confidence, np.array([0.8, 1.0, 0.3])) == pytest.approx(0)
    assert calibration_error(confidence, np.array([0.5, 0.5, 0.3])) == pytest.approx(0.8 / 3)
