"""The shipped reader on FER2013's PublicTest: figures with 95 % intervals, all rows and those without a twin in Training."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks import record
from moodmirror.evaluation.datasets import LabelledCrops, load_crops, without_twins
from moodmirror.evaluation.metrics import Figures
from moodmirror.evaluation.reader import measure
from moodmirror.expression.classify import OnnxClassifier
from moodmirror.expression.labels import FERPLUS

PLURALITY = tuple(
    FERPLUS.index(name) for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
)
"""FER+'s column of each of FER2013's seven labels."""


def run() -> None:
    folder = record.data("fer2013")
    if folder is None:
        return
    data = load_crops(folder / "fer2013.csv.bz2", folder / "fer2013new.csv")
    classifier = OnnxClassifier()
    public = data.split("PublicTest")
    figures = {
        "model": {"name": classifier.card.name, "sha256": classifier.card.sha256},
        "public_test": _with_interval(measure(classifier, public)),
        "label_agrees_with_plurality": _agreement(data),
        "public_test_without_twins": _with_interval(measure(classifier, without_twins(public, data.split("Training")))),
    }
    conditions = (
        "FER2013 PublicTest, crops as they are, one pass, no averaging of views; twins of these pictures were left out of "
        "training; the temperature was fitted on this split, so NLL and ECE flatter a little; intervals are normal, 95 %"
    )
    record.write("accuracy", conditions, figures)


def _agreement(data: LabelledCrops) -> float:
    """Share of all rows whose label is what most of FER+'s ten raters said; a tie or another answer is no agreement."""
    votes = np.asarray(data.votes)
    agreed = votes[np.arange(len(data)), np.array(PLURALITY)[data.labels]]
    others = votes.copy()
    others[np.arange(len(data)), np.array(PLURALITY)[data.labels]] = -1
    return float((agreed > others.max(1)).mean())


def _with_interval(figures: Figures) -> dict[str, Any]:
    half = 1.96 * float(np.sqrt(figures.accuracy * (1 - figures.accuracy) / figures.n))
    return {**figures.to_dict(), "accuracy_interval": [figures.accuracy - half, figures.accuracy + half]}
