"""Whether stated confidence is kept: reliability of the label head and of what people see, before and after fitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodmirror.evaluation.metrics import ECE_BINS, bin_of, calibration_error
from moodmirror.evaluation.votes import expression_shares
from moodmirror.expression.card import ModelCard
from moodmirror.expression.classify import Heads
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose greatest probability lies from ``low`` to ``high``.

    ``confidence``: its mean there; ``right``: how often, or to what share of the raters, it was so. 0..1; None without rows.
    """

    low: float
    high: float
    rows: int
    confidence: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """The 15 bins of a reliability diagram (DeGroot & Fienberg 1983) and the error that they come to, 0..1."""

    ece: float
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("low", "high", "rows", "confidence", "right")
        return {"ece": self.ece, "bins": [{name: getattr(one, name) for name in names} for one in self.bins]}


@dataclass(frozen=True, slots=True)
class Fitting:
    """One source of probabilities without what was fitted for it, and as it is given out."""

    before: Reliability
    after: Reliability

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"before": self.before.to_dict(), "after": self.after.to_dict()}


def calibration(
    heads: Heads, card: ModelCard, labels: NDArray[np.int64], votes: NDArray[np.int64] | None = None
) -> dict[str, Fitting]:
    """``labels``: the label head against ``labels`` (n,). ``shown``, given ``votes`` (n, 10): what people see against raters.

    'Before' is the label head at temperature 1, and for what people see the even pool of that and of the head for the votes:
    what there would be if nothing had been fitted. Only rows with shares of the seven expressions count for ``shown``.
    """
    raw = unfitted(heads, card)
    found = {"labels": Fitting(_against_labels(raw.labels, labels), _against_labels(heads.labels, labels))}
    if votes is not None:
        shares, usable = expression_shares(votes)
        if usable.any():
            found["shown"] = Fitting(
                *(_against_raters(part[usable], shares[usable]) for part in (raw.shown, heads.shown))
            )
    return found


def unfitted(heads: Heads, card: ModelCard) -> Heads:
    """``heads`` as they were before temperature and pool were fitted; both can be undone, for softmax forgets only a sum."""
    labels = _softmax(card.temperature * _log(heads.labels))
    if heads.votes is None:
        return Heads(labels, labels)
    by_vote = _log(heads.votes[:, list(FERPLUS_OF_EXPRESSION)])
    return Heads(_softmax((_log(labels) + by_vote) / 2), labels, heads.votes)


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_] | NDArray[np.float64]) -> Reliability:
    """Bins of ``confidence`` (n,), 0..1, against ``right`` (n,): whether, or to what share, each was so.

    >>> reliability(np.array([0.5, 0.99]), np.array([True, True])).bins[-1].right
    1.0
    """
    index, right = bin_of(confidence), right.astype(np.float64)
    bins = []
    for number in range(ECE_BINS):
        inside = index == number
        rows = int(inside.sum())
        means = (float(confidence[inside].mean()), float(right[inside].mean())) if rows else (None, None)
        bins.append(Bin(number / ECE_BINS, (number + 1) / ECE_BINS, rows, *means))
    return Reliability(calibration_error(confidence, right), tuple(bins))


def _against_labels(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> Reliability:
    return reliability(probabilities.max(1).astype(np.float64), probabilities.argmax(1) == labels)


def _against_raters(probabilities: NDArray[np.float32], shares: NDArray[np.float32]) -> Reliability:
    share_of_first = shares[np.arange(len(shares)), probabilities.argmax(1)]
    return reliability(probabilities.max(1).astype(np.float64), share_of_first.astype(np.float64))


def _log(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.log(np.maximum(probabilities, np.float32(_TINY)))


def _softmax(logits: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)
