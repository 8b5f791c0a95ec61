"""Which source of valence and arousal agrees best with what FER+'s raters saw."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.evaluation.votes import expression_shares
from moodmirror.expression.classify import Heads
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION
from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.types import EXPRESSIONS

PLACES: Final = np.array([(MOOD_AFFECT[name].valence, MOOD_AFFECT[name].arousal) for name in EXPRESSIONS])
"""Valence and arousal of each expression, (7, 2)."""

Floats = NDArray[np.float64]


def agreement(heads: Heads, votes: NDArray[np.int64]) -> dict[str, Any]:
    """How each source agrees with the raters' shares times ``PLACES``, on rows with shares.

    ``labels``, ``votes``, ``shown``: the expected place under that distribution. ``top_1``: the place of the likeliest
    expression shown. ``shrunk``: the expected place under what is shown, drawn to neutral in proportion to its confidence.
    """
    shares, usable = expression_shares(votes)
    truth = shares[usable].astype(np.float64) @ PLACES
    shown = heads.shown[usable].astype(np.float64)
    sources: dict[str, Floats] = {"labels": heads.labels[usable] @ PLACES}
    if heads.votes is not None:
        seven = heads.votes[usable][:, list(FERPLUS_OF_EXPRESSION)].astype(np.float64)
        sources["votes"] = seven / seven.sum(1, keepdims=True) @ PLACES
    sources["shown"] = shown @ PLACES
    sources["top_1"] = PLACES[shown.argmax(1)]
    sources["shrunk"] = sources["shown"] * shown.max(1, keepdims=True)
    return {
        "n": int(usable.sum()),
        **{
            name: {axis: compared(places[:, i], truth[:, i]) for i, axis in enumerate(("valence", "arousal"))}
            for name, places in sources.items()
        },
    }


def compared(given: Floats, truth: Floats) -> dict[str, float | None]:
    """Pearson's r, Lin's concordance (Lin 1989) and the root mean squared error of ``given`` (n,) against ``truth`` (n,).

    What never changes has no correlation: None.
    """
    spread = float(given.std() * truth.std())
    covariance = float(((given - given.mean()) * (truth - truth.mean())).mean())
    return {
        "pearson": covariance / spread if spread else None,
        "ccc": 2 * covariance / float(given.var() + truth.var() + (given.mean() - truth.mean()) ** 2),
        "rmse": float(np.sqrt(((given - truth) ** 2).mean())),
    }
