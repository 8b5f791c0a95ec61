from __future__ import annotations

import pytest

from moodmirror.errors import InputError
from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.recommend.lanes import default_lane, target_of
from moodmirror.types import EXPRESSIONS, Affect, Expression

from .items import mood


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_match_stays_where_the_mood_is(name: Expression) -> None:
    assert target_of(mood(name), "match") == MOOD_AFFECT[name]


@pytest.mark.parametrize("name", ["angry", "disgust", "fear", "sad"])
def test_shift_leads_out_of_an_unpleasant_mood(name: Expression) -> None:
    target = target_of(mood(name), "shift")
    assert target.valence > 0 > MOOD_AFFECT[name].valence
    assert default_lane(mood(name)) == "shift"


@pytest.mark.parametrize("name", ["angry", "disgust", "fear", "sad", "happy", "surprise"])
def test_opposite_lies_across_the_middle_of_the_map(name: Expression) -> None:
    here, there = MOOD_AFFECT[name], target_of(mood(name), "opposite")
    assert (there.valence, there.arousal) == (-here.valence, -here.arousal)


def test_against_an_even_mood_stands_something_lively() -> None:
    assert target_of(mood("neutral"), "opposite").arousal > 0.5


def test_happy_stays_happy() -> None:
    assert default_lane(mood("happy")) == "match"
    assert target_of(mood("happy"), "shift") == MOOD_AFFECT["happy"]


def test_a_chosen_lane_sticks() -> None:
    assert default_lane(mood("sad"), {"sad": "match"}) == "match"
    assert default_lane(mood("angry"), {"sad": "match"}) == "shift"


def test_an_unclear_mood_goes_by_its_place() -> None:
    assert target_of(mood(None), "match") == Affect(0.0, 0.0)
    assert target_of(mood(None, Affect(-0.6, 0.6)), "shift").arousal < 0


def test_a_lane_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="sideways"):
        target_of(mood("sad"), "sideways")  # type: ignore[arg-type]
