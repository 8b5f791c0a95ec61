from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodmirror.errors import InputError
from moodmirror.mood.affect import MOOD_AFFECT, affect_of, nearest_expression
from moodmirror.types import EXPRESSIONS, Affect, Expression

weights = st.lists(st.floats(0.01, 1), min_size=7, max_size=7)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_sure_expression_lies_at_its_own_place(name: Expression) -> None:
    affect = affect_of([float(name == other) for other in EXPRESSIONS])
    assert affect == MOOD_AFFECT[name]
    assert nearest_expression(affect) == name


@given(weights, st.floats(0, 1))
def test_a_less_sure_reading_lies_nearer_to_the_middle(raw: list[float], share: float) -> None:
    # Mixed with the even distribution, which is what knowing nothing looks like.
    sure = [value / sum(raw) for value in raw]
    unsure = [share * p + (1 - share) / 7 for p in sure]
    middle, far, near = (affect_of(p) for p in ([1 / 7] * 7, sure, unsure))
    assert near.valence - middle.valence == pytest.approx(share * (far.valence - middle.valence), abs=1e-9)
    assert near.arousal - middle.arousal == pytest.approx(share * (far.arousal - middle.arousal), abs=1e-9)
    assert -1 <= far.valence <= 1
    assert -1 <= far.arousal <= 1


@pytest.mark.parametrize("probabilities", [(1.0,), (0.5,) * 7, (-1, 2, 0, 0, 0, 0, 0), (math.nan,) * 7])
def test_impossible_numbers_are_refused(probabilities: tuple[float, ...]) -> None:
    with pytest.raises(InputError):
        affect_of(probabilities)


def test_a_tapped_place_without_a_word_takes_the_nearest() -> None:
    assert nearest_expression(Affect(0.7, 0.6)) == "happy"
