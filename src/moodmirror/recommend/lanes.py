"""Where a lane leads: from a mood to the place on the mood map that the offers aim at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from moodmirror.errors import InputError
from moodmirror.mood.affect import MOOD_AFFECT, nearest_expression
from moodmirror.types import LANES, Affect, Expression, Lane, Mood

__all__ = ["DEFAULT_LANE", "SHIFT_TARGET", "default_lane", "target_of"]

SHIFT_TARGET: Final[Mapping[Expression, Affect]] = {
    "angry": Affect(0.3, -0.3),
    "disgust": Affect(0.4, 0.1),
    "fear": Affect(0.3, -0.4),
    "happy": MOOD_AFFECT["happy"],
    "sad": Affect(0.4, 0.1),
    "surprise": Affect(0.4, 0.1),
    "neutral": Affect(0.4, 0.1),
}
"""Where the gentle lane leads; happy stays where it is. Paths that end well after sadness rise (Starcke et al. 2021)."""

OPPOSITE_OF_NEUTRAL: Final = Affect(0.5, 0.6)
"""Neutral has no opposite on the map; against evenness stands something lively."""

DEFAULT_LANE: Final[Mapping[Expression, Lane]] = {
    "angry": "shift",
    "disgust": "shift",
    "fear": "shift",
    "happy": "match",
    "sad": "shift",
    "surprise": "shift",
    "neutral": "shift",
}

_NEAR_NEUTRAL: Final = 0.15


def default_lane(mood: Mood, chosen: Mapping[Expression, Lane] | None = None) -> Lane:
    """The lane a person chose before for this mood, else the documented one; 'shift' where the mood has no label."""
    if mood.label is None:
        return "shift"
    return (chosen or {}).get(mood.label, DEFAULT_LANE[mood.label])


def target_of(mood: Mood, lane: Lane) -> Affect:
    """The place that a lane aims at. A mood without a label goes by its place alone.

    Raises :class:`InputError` for a lane that does not exist.

    >>> sad = Mood("sad", (0, 0, 0, 0, 1, 0, 0), MOOD_AFFECT["sad"], 1.0)
    >>> target_of(sad, "shift")
    Affect(valence=0.4, arousal=0.1)
    >>> target_of(sad, "opposite")
    Affect(valence=0.63, arousal=0.27)
    """
    if lane not in LANES:
        raise InputError(f"There is no lane {lane!r}. Choose {', '.join(LANES)}.")
    here = MOOD_AFFECT[mood.label] if mood.label is not None else mood.affect
    if lane == "match":
        return here
    if lane == "shift":
        label = mood.label if mood.label is not None else nearest_expression(here)
        return SHIFT_TARGET[label]
    if math.hypot(here.valence, here.arousal) < _NEAR_NEUTRAL:
        return OPPOSITE_OF_NEUTRAL
    return Affect(-here.valence, -here.arousal)
