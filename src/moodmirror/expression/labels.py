"""Names of the eight FER+ emotions, in the order of the votes file."""

from __future__ import annotations

from typing import Final

from moodmirror.types import EXPRESSIONS, Expression

FERPLUS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""Columns of the FER+ votes that are emotions (Barsoum et al. 2016); 'unknown' and 'NF' (not a face) follow them."""

_NAMES: Final[dict[Expression, str]] = {
    "angry": "anger",
    "happy": "happiness",
    "sad": "sadness",
}

FERPLUS_OF_EXPRESSION: Final = tuple(FERPLUS.index(_NAMES.get(name, name)) for name in EXPRESSIONS)
"""For each of the seven expressions its place in ``FERPLUS``; contempt, which none of them is, is left over."""
