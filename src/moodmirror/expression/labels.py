"""Names of the eight FER+ emotions, in the order of the votes file."""

from __future__ import annotations

from typing import Final

FERPLUS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""Columns of the FER+ votes that are emotions (Barsoum et al. 2016); 'unknown' and 'NF' (not a face) follow them."""
