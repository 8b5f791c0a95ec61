"""The shipped reader on FER2013's PublicTest: figures with 95 % intervals, all rows and those without a twin in Training;
agreement with FER+'s raters; calibration, cross-fitted too; what worse pictures cost; valence and arousal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.affect import agreement
from benchmarks.crossfit import FOLDS, Floats, cross_fitted, folds_of, log, softmax
from moodmirror.evaluation.calibration import calibration
from moodmirror.evaluation.datasets import LabelledCrops, load_crops
from moodmirror.evaluation.metrics import figures, vote_figures, wilson_interval
from moodmirror.evaluation.reader import read_crops
from moodmirror.evaluation.robustness import robustness
from moodmirror.evaluation.votes import expression_shares
from moodmirror.expression.classify import Heads, OnnxClassifier
from moodmirror.expression.labels import FERPLUS_OF_EXPRESSION

RESAMPLES, SEED = 1000, 0


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Probabilities of PublicTest's rows, their temperature and pool fitted on the other folds.

    Rows without shares of the raters keep what is shown; no figure counts them.
    """

    labels: Floats
    shown: Floats
    inverse_temperatures: list[float]
    pools: list[list[float]]


def run() -> None:
    folder = record.data("fer2013")
    if folder is None:
        return
    conditions = (
        "FER2013 PublicTest, crops as they are, one pass, no averaging of views; twins of these pictures were left out of "
        "training; temperature and pool were fitted on this split, so that nll, ece and shown_* flatter a little: those "
        f"named cross_fitted come from {FOLDS} folds, fitted on the other folds, pictures that are the same in one fold; "
        "accuracy, nll, ece: label head against the label; ferplus: head for the votes, majority protocol; shown: what "
        "people see against the raters' shares, contempt left out; robustness: accuracy of the label head, views averaged; "
        f"fractions of 1; intervals are 95 %, Wilson's for shares, else percentiles of {RESAMPLES} resamplings of the rows"
    )
    data = load_crops(folder / "fer2013.csv.bz2", folder / "fer2013new.csv")
    record.write("accuracy", conditions, measured(OnnxClassifier(), data))


def measured(classifier: OnnxClassifier, data: LabelledCrops) -> dict[str, Any]:
    """Everything that the result holds. ``data``: Training, for twins, and PublicTest, with votes."""
    public = data.split("PublicTest")
    heads = read_crops(classifier, public.crops)
    fit = _cross_fit(heads, public)
    alone = _without_twins(public, data.split("Training"))
    whole = _figures(heads, fit, public, np.ones(len(public), bool))
    losses = robustness(classifier, public, whole["accuracy"])
    # The folds' come on top of the temperature by which the graph has divided already.
    inverse = [round(weight / classifier.card.temperature, 4) for weight in fit.inverse_temperatures]
    return {
        "model": {"name": classifier.card.name, "sha256": classifier.card.sha256},
        "public_test": whole,
        "public_test_without_twins": _figures(heads, fit, public, alone),
        "cross_fit": {"folds": FOLDS, "inverse_temperatures": inverse, "pools_labels_votes": fit.pools},
        "calibration": {
            name: fitting.to_dict()
            for name, fitting in calibration(heads, classifier.card, public.labels, public.votes).items()
        },
        "robustness": {loss.condition.name: loss.to_dict() for loss in losses},
        "affect": agreement(heads, _votes(public)),
        "label_agrees_with_plurality": _label_is_plurality(data),
        "plurality_against_label": _plurality_against_label(public),
    }


def _figures(heads: Heads, fit: CrossFit, data: LabelledCrops, rows: NDArray[np.bool_]) -> dict[str, Any]:
    part, some = data.where(rows), _rows_of(heads, rows)
    labels = figures(fit.labels[rows], part.labels)
    shown = vote_figures(Heads(fit.shown[rows].astype(np.float32), some.labels), _votes(part))
    return {
        **figures(some.labels, part.labels).to_dict(),
        "nll_cross_fitted": labels.nll,
        "ece_cross_fitted": labels.ece,
        **vote_figures(some, _votes(part)).to_dict(),
        "shown_nll_cross_fitted": shown.shown_nll,
        "shown_ece_cross_fitted": shown.shown_ece,
        "shown_nll_least": _entropy(part),
        "intervals": _intervals(some, part),
    }


def _intervals(heads: Heads, data: LabelledCrops) -> dict[str, list[float]]:
    """95 % of what resampled rows give (percentile bootstrap, Efron 1979), for figures that are no shares of rows."""
    random, votes = np.random.default_rng(SEED), _votes(data)
    drawn: dict[str, list[float]] = {}
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(data), len(data))
        resampled = _rows_of(heads, rows)
        some = {
            **vote_figures(resampled, votes[rows]).to_dict(),
            **figures(resampled.labels, data.labels[rows]).to_dict(),
        }
        for name in ("macro_f1", "nll", "ece", "shown_nll", "shown_ece"):
            drawn.setdefault(name, []).append(some[name])
    return {name: np.percentile(values, [2.5, 97.5]).tolist() for name, values in drawn.items()}


def _cross_fit(heads: Heads, data: LabelledCrops) -> CrossFit:
    folds = folds_of(data.crops)
    labels, by_fold = cross_fitted([log(heads.labels)], np.eye(heads.labels.shape[1])[data.labels], folds)
    shares, usable = expression_shares(_votes(data))
    sources = [log(heads.labels)]
    if heads.votes is not None:
        sources.append(np.log(softmax(log(heads.votes[:, list(FERPLUS_OF_EXPRESSION)]))))
    shown = heads.shown.astype(np.float64)
    shown[usable], pools = cross_fitted(
        [source[usable] for source in sources], shares[usable].astype(np.float64), folds[usable]
    )
    return CrossFit(labels, shown, [weight for (weight,) in by_fold], pools)


def _without_twins(public: LabelledCrops, train: LabelledCrops) -> NDArray[np.bool_]:
    """Which rows do not stand, to the pixel, in ``train`` too."""
    seen = {crop.tobytes() for crop in train.crops}
    return np.array([crop.tobytes() not in seen for crop in public.crops], bool)


def _label_is_plurality(data: LabelledCrops) -> float:
    """Share of all rows whose label is what most of FER+'s ten raters said; a tie or another answer is no agreement."""
    votes = _votes(data)
    rows, columns = np.arange(len(data)), np.array(FERPLUS_OF_EXPRESSION)[data.labels]
    others = votes.copy()
    others[rows, columns] = -1
    return float((votes[rows, columns] > others.max(1)).mean())


def _plurality_against_label(data: LabelledCrops) -> dict[str, Any]:
    """What always answering with the raters' first word of the seven would score; a tie is drawn among its words."""
    shares, usable = expression_shares(_votes(data))
    shares, labels = shares[usable], data.labels[usable]
    first = shares == shares.max(1, keepdims=True)
    accuracy = float((first[np.arange(len(labels)), labels] / first.sum(1)).mean())
    return {
        "n": len(labels),
        "accuracy": accuracy,
        "accuracy_interval": list(wilson_interval(accuracy, len(labels))),
    }


def _entropy(data: LabelledCrops) -> float:
    """The least that ``shown_nll`` can be: the raters' own spread, nats."""
    shares, usable = expression_shares(_votes(data))
    shares = shares[usable].astype(np.float64)
    return float(-(shares * np.log(np.where(shares > 0, shares, 1))).sum(1).mean())


def _votes(data: LabelledCrops) -> NDArray[np.int64]:
    if data.votes is None:
        raise ValueError("this is measured with FER+'s votes beside the data")
    return data.votes


def _rows_of(heads: Heads, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Heads:
    return Heads(heads.shown[rows], heads.labels[rows], None if heads.votes is None else heads.votes[rows])
