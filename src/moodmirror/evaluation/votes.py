"""What FER+'s ten raters say of a picture: shares of the emotions, and a majority where there is one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moodmirror.expression.labels import FERPLUS, FERPLUS_OF_EXPRESSION

NO_MAJORITY = -1


def vote_shares(votes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Counts (n, 10) as shares of the eight emotions (n, 8), and which rows have them (n,).

    Votes of a single rater are dropped (Barsoum et al. 2016); rows with none left, or mostly 'not a face', have no shares.

    >>> shares, usable = vote_shares(np.array([[5, 4, 1, 0, 0, 0, 0, 0, 0, 0]]))
    >>> shares[0, :3].round(2).tolist(), usable.tolist()
    ([0.5600000023841858, 0.4399999976158142, 0.0], [True])
    """
    counts = _kept(votes).astype(np.float32)
    emotions = counts[:, : len(FERPLUS)]
    total = emotions.sum(1)
    usable = (total > 0) & (counts[:, -1] <= total)
    shares: NDArray[np.float32] = (emotions / np.maximum(total, 1)[:, None]).astype(np.float32)
    return shares, usable


def expression_shares(votes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Shares of the seven expressions (n, 7), contempt left out, in the order of ``EXPRESSIONS``; which rows have them (n,)."""
    shares, usable = vote_shares(votes)
    seven = shares[:, list(FERPLUS_OF_EXPRESSION)]
    total = seven.sum(1, keepdims=True)
    return (seven / np.where(total > 0, total, 1)).astype(np.float32), usable & (total[:, 0] > 0)


def majority(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The emotion, 0..7 in the order of ``FERPLUS``, with more than half of the votes that are kept; else ``NO_MAJORITY``.

    FER+'s protocol: single votes dropped, 'unknown' and 'not a face' count among the rest and so make rows fall out.

    >>> majority(np.array([[6, 4, 0, 0, 0, 0, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0, 0, 0, 5, 0]])).tolist()
    [0, -1]
    """
    counts = _kept(votes)
    emotions = counts[:, : len(FERPLUS)]
    has = 2 * emotions.max(1) > counts.sum(1)
    return np.where(has, emotions.argmax(1), NO_MAJORITY)


def _kept(votes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(votes <= 1, 0, votes)
