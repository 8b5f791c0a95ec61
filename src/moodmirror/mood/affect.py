"""From expression probabilities to a place on the mood map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from moodmirror.errors import InputError
from moodmirror.types import EXPRESSIONS, Affect, Expression

__all__ = ["MOOD_AFFECT", "affect_of", "nearest_expression"]

MOOD_AFFECT: Final[Mapping[Expression, Affect]] = {
    "angry": Affect(-0.51, 0.59),
    "disgust": Affect(-0.60, 0.35),
    "fear": Affect(-0.64, 0.60),
    "happy": Affect(0.81, 0.51),
    "sad": Affect(-0.63, -0.27),
    "surprise": Affect(0.15, 0.67),
    "neutral": Affect(0.0, 0.0),
}
"""Valence and arousal of the seven words (Russell & Mehrabian 1977). 'Surprise' is rated as a word, and kindly so."""

_SUM_TOLERANCE: Final = 0.01


def affect_of(probabilities: Sequence[float]) -> Affect:
    """The expected place: the mean of :data:`MOOD_AFFECT`, weighted by ``probabilities``.

    ``probabilities``: seven, in the order of ``EXPRESSIONS``, that sum to 1. The less sure they are, the nearer the place is to
    neutral (0, 0) by itself; drawing it there by the confidence once more agrees less with what raters see (docs/reader.md).
    Raises :class:`InputError` for another length, sum or range.

    >>> affect_of((0, 0, 0, 1, 0, 0, 0))
    Affect(valence=0.81, arousal=0.51)
    """
    if len(probabilities) != len(EXPRESSIONS):
        raise InputError(f"{len(probabilities)} probabilities; there must be {len(EXPRESSIONS)}, one an expression.")
    total = math.fsum(probabilities)
    if not all(p >= 0 for p in probabilities) or not abs(total - 1) <= _SUM_TOLERANCE:
        raise InputError(f"Probabilities must be 0 or more and sum to 1; these sum to {total:.3f}.")
    weighted = [(p / total, MOOD_AFFECT[name]) for p, name in zip(probabilities, EXPRESSIONS, strict=True)]
    return Affect(
        math.fsum(p * affect.valence for p, affect in weighted), math.fsum(p * affect.arousal for p, affect in weighted)
    )


def nearest_expression(affect: Affect) -> Expression:
    """The expression whose place on the map lies nearest; a stand-in where a mood has no label of its own.

    >>> nearest_expression(Affect(0.0, 0.0))
    'neutral'
    """
    return min(
        EXPRESSIONS,
        key=lambda name: math.hypot(
            MOOD_AFFECT[name].valence - affect.valence, MOOD_AFFECT[name].arousal - affect.arousal
        ),
    )
