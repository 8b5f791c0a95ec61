"""Figures of a classifier from its probabilities: accuracy, F1, confusion, likelihood, calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.types import EXPRESSIONS

ECE_BINS: Final = 15
"""Equal bins of confidence for the expected calibration error (Guo et al. 2017)."""
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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        classes = {
            name: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.support}
            for name, c in self.classes.items()
        }
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "nll": self.nll,
            "ece": self.ece,
            "classes": classes,
            "labels": list(EXPRESSIONS),
            "confusion": self.confusion.tolist(),
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


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = ECE_BINS) -> float:
    """Mean gap between confidence and accuracy over equal bins of confidence, weighted by their rows."""
    index = np.clip((confidence * bins).astype(np.int64), 0, bins - 1)
    rows = np.bincount(index, minlength=bins)
    gap = np.abs(np.bincount(index, confidence, bins) - np.bincount(index, right.astype(np.float64), bins))
    return float(gap.sum() / rows.sum())


def _class_figures(confusion: NDArray[np.int64], index: int) -> ClassFigures:
    hits, support, named = int(confusion[index, index]), int(confusion[index].sum()), int(confusion[:, index].sum())
    precision, recall = hits / named if named else 0.0, hits / support if support else 0.0
    f1 = 2 * hits / (named + support) if named + support else 0.0
    return ClassFigures(precision, recall, f1, support)
