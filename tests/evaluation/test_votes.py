from __future__ import annotations

import numpy as np
import pytest

from moodmirror.evaluation.votes import NO_MAJORITY, expression_shares, majority, vote_shares
from moodmirror.types import EXPRESSIONS


def test_votes_of_one_rater_are_dropped_and_not_a_face_has_no_shares() -> None:
    votes = np.array([[1, 6, 2, 0, 0, 0, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0, 0, 0, 0, 8], [0, 0, 0, 3, 0, 0, 0, 0, 0, 6]])
    shares, usable = vote_shares(votes)
    assert shares[0].tolist() == pytest.approx([0, 0.75, 0.25, 0, 0, 0, 0, 0])
    assert usable.tolist() == [True, False, False]


def test_contempt_is_left_out_of_the_seven() -> None:
    shares, usable = expression_shares(np.array([[2, 0, 0, 0, 2, 0, 0, 6, 0, 0], [0, 0, 0, 0, 0, 0, 0, 10, 0, 0]]))
    assert usable.tolist() == [True, False]
    assert dict(zip(EXPRESSIONS, shares[0].tolist(), strict=True))["angry"] == pytest.approx(0.5)
    assert shares[0].sum() == pytest.approx(1)
    assert np.isfinite(shares).all()


def test_a_majority_needs_more_than_half_of_what_is_kept() -> None:
    votes = np.array(
        [
            [5, 5, 0, 0, 0, 0, 0, 0, 0, 0],
            [5, 4, 1, 0, 0, 0, 0, 0, 0, 0],
            [4, 0, 0, 0, 0, 0, 0, 0, 6, 0],
            [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ]
    )
    assert majority(votes).tolist() == [NO_MAJORITY, 0, NO_MAJORITY, NO_MAJORITY]
