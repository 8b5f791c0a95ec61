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
    affect = affect_of([float(name == other) for other in EXPRESSIONS], 1.0)
    assert affect == MOOD_AFFECT[name]
    assert nearest_expression(affect) == name


@given(weights, st.floats(0, 1), st.floats(0, 1))
def test_less_confidence_lies_nearer_to_neutral(raw: list[float], one: float, other: float) -> None:
    probabilities = [value / sum(raw) for value in raw]
    low, high = sorted((one, other))
    near, far = affect_of(probabilities, low), affect_of(probabilities, high)
    assert math.hypot(near.valence, near.arousal) <= math.hypot(far.valence, far.arousal) + 1e-12
    assert -1 <= far.valence <= 1
    assert -1 <= far.arousal <= 1


@pytest.mark.parametrize(
    ("probabilities", "confidence"),
    [((1.0,), 1.0), ((0.5,) * 7, 1.0), ((-1, 2, 0, 0, 0, 0, 0), 1.0), ((1, 0, 0, 0, 0, 0, 0), 1.5)]
    + [((math.nan,) * 7, 1.0), ((1, 0, 0, 0, 0, 0, 0), math.nan)],
)
def test_impossible_numbers_are_refused(probabilities: tuple[float, ...], confidence: float) -> None:
    with pytest.raises(InputError):
        affect_of(probabilities, confidence)


def test_a_tapped_place_without_a_word_takes_the_nearest() -> None:
    assert nearest_expression(Affect(0.7, 0.6)) == "happy"
