"""Figures of a classifier from its probabilities: accuracy, F1, confusion, likelihood, calibration, agreement with raters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.evaluation.votes import NO_MAJORITY, expression_shares, majority
from moodmirror.expression.classify import Heads
from moodmirror.types import EXPRESSIONS

ECE_BINS: Final = 15
"""Equal bins of confidence for the expected calibration error (Guo et al. 2017)."""
NORMAL_95: Final = 1.959964
"""Deviations of a normal distribution within which 95 % of it lie."""
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: precision, recall and F1, 0..1, and how many rows truly are of it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a classifier comes to on ``n`` rows; all fractions are of 1.

    ``macro_f1`` is the mean over the classes that occur in the labels. ``nll``: mean negative log-likelihood, nats.
    ``confusion``: int64 (7, 7), rows the label, columns the prediction.
    """

    n: int
    accuracy: float
    macro_f1: float
    nll: float
    ece: float
    classes: dict[str, ClassFigures]
    confusion: NDArray[np.int64]

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """95 %, by Wilson."""
        return wilson_interval(self.accuracy, self.n)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        classes = {
            name: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.support}
            for name, c in self.classes.items()
        }
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.accuracy_interval),
            "macro_f1": self.macro_f1,
            "nll": self.nll,
            "ece": self.ece,
            "classes": classes,
            "labels": list(EXPRESSIONS),
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True, slots=True)
class VoteFigures:
    """How a reader agrees with FER+'s ten raters; fractions of 1, None where there is nothing to measure them on.

    ``ferplus_n``: rows where one of the eight emotions has a majority (:func:`moodmirror.evaluation.votes.majority`).
    ``ferplus_accuracy``: of the head for the votes on those; None for a model without such a head. ``shown_n``: rows with
    shares of the seven expressions. ``shown_nll``: mean of -sum(share * log p), nats, whose floor is the raters' own entropy.
    ``shown_ece``: 15 equal bins of the greatest probability shown, against the share of raters who named that expression.
    ``shown_accuracy``: what is shown as the likeliest is what most raters named among the seven, a tie counting as right.
    Intervals are 95 %, by Wilson.
    """

    ferplus_n: int
    ferplus_accuracy: float | None
    shown_n: int
    shown_accuracy: float | None
    shown_nll: float | None
    shown_ece: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "ferplus_n": self.ferplus_n,
            "ferplus_accuracy": self.ferplus_accuracy,
            "ferplus_accuracy_interval": _interval(self.ferplus_accuracy, self.ferplus_n),
            "shown_n": self.shown_n,
            "shown_accuracy": self.shown_accuracy,
            "shown_accuracy_interval": _interval(self.shown_accuracy, self.shown_n),
            "shown_nll": self.shown_nll,
            "shown_ece": self.shown_ece,
        }


def figures(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> Figures:
    """Figures of ``probabilities`` (n, 7) against ``labels`` (n,), 0..6.

    >>> figures(np.eye(7), np.arange(7)).accuracy
    1.0
    """
    probabilities = np.asarray(probabilities, np.float64)
    predicted = probabilities.argmax(1)
    confusion = np.zeros((len(EXPRESSIONS), len(EXPRESSIONS)), np.int64)
    np.add.at(confusion, (labels, predicted), 1)
    classes: dict[str, ClassFigures] = {
        name: _class_figures(confusion, index) for index, name in enumerate(EXPRESSIONS)
    }
    present = [c.f1 for c in classes.values() if c.support]
    likelihood = probabilities[np.arange(len(labels)), labels]
    return Figures(
        n=len(labels),
        accuracy=float((predicted == labels).mean()),
        macro_f1=float(np.mean(present)),
        nll=float(-np.log(np.maximum(likelihood, _TINY)).mean()),
        ece=calibration_error(probabilities.max(1), predicted == labels),
        classes=classes,
        confusion=confusion,
    )


def vote_figures(heads: Heads, votes: NDArray[np.int64]) -> VoteFigures:
    """Agreement of ``heads``, n rows, with ``votes`` (n, 10), FER+'s counts."""
    named = majority(votes)
    counted = named != NO_MAJORITY
    ferplus = None
    if heads.votes is not None and counted.any():
        ferplus = float((heads.votes.argmax(1) == named)[counted].mean())
    shares, usable = expression_shares(votes)
    rows = int(usable.sum())
    if rows == 0:
        return VoteFigures(int(counted.sum()), ferplus, 0, None, None, None)
    shown, shares = heads.shown[usable].astype(np.float64), shares[usable].astype(np.float64)
    share_of_first = shares[np.arange(rows), shown.argmax(1)]
    return VoteFigures(
        ferplus_n=int(counted.sum()),
        ferplus_accuracy=ferplus,
        shown_n=rows,
        # Equal counts over the same total are the same number: no tolerance is needed.
        shown_accuracy=float((share_of_first == shares.max(1)).mean()),
        shown_nll=float(-(shares * np.log(np.maximum(shown, _TINY))).sum(1).mean()),
        shown_ece=calibration_error(shown.max(1), share_of_first),
    )


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a ``share``, 0..1, that was seen on ``n`` > 0 rows (Wilson 1927); it stays within 0..1.

    >>> [round(end, 3) for end in wilson_interval(0.5, 100)]
    [0.404, 0.596]
    """
    squared = NORMAL_95**2
    middle = (share + squared / (2 * n)) / (1 + squared / n)
    half = NORMAL_95 / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def bin_of(confidence: NDArray[np.float64], bins: int = ECE_BINS) -> NDArray[np.int64]:
    """Which of equal ``bins`` of 0..1 each confidence (n,) falls into; 1 falls into the last."""
    return np.clip((confidence * bins).astype(np.int64), 0, bins - 1)


def calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.bool_] | NDArray[np.float64], bins: int = ECE_BINS
) -> float:
    """Mean gap between confidence and accuracy over equal bins of confidence, weighted by their rows.

    ``right`` (n,): whether each row is, or the share of raters, 0..1, by whom it is.
    """
    index = bin_of(confidence, bins)
    rows = np.bincount(index, minlength=bins)
    gap = np.abs(np.bincount(index, confidence, bins) - np.bincount(index, right.astype(np.float64), bins))
    return float(gap.sum() / rows.sum())


def _interval(share: float | None, n: int) -> list[float] | None:
    return None if share is None else list(wilson_interval(share, n))


def _class_figures(confusion: NDArray[np.int64], index: int) -> ClassFigures:
    hits, support, named = int(confusion[index, index]), int(confusion[index].sum()), int(confusion[:, index].sum())
    precision, recall = hits / named if named else 0.0, hits / support if support else 0.0
    f1 = 2 * hits / (named + support) if named + support else 0.0
    return ClassFigures(precision, recall, f1, support)
