"""The shipped reader on FER2013's PublicTest: figures with 95 % intervals, all rows and those without a twin in Training."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import record
from moodmirror.evaluation.datasets import load_crops, without_twins
from moodmirror.evaluation.metrics import Figures
from moodmirror.evaluation.reader import measure
from moodmirror.expression.classify import OnnxClassifier


def run() -> None:
    root = Path(os.environ.get("MOODMIRROR_DATA", record.ROOT.parent / "shared" / "data"))
    path = root / "fer2013" / "fer2013.csv.bz2"
    if not path.exists():
        sys.stderr.write(f"accuracy: skipped, {path} is not here; MOODMIRROR_DATA names another place\n")
        return
    data = load_crops(path)
    classifier = OnnxClassifier()
    public = data.split("PublicTest")
    figures = {
        "model": {"name": classifier.card.name, "sha256": classifier.card.sha256},
        "public_test": _with_interval(measure(classifier, public)),
        "public_test_without_twins": _with_interval(measure(classifier, without_twins(public, data.split("Training")))),
    }
    conditions = (
        "FER2013 PublicTest, crops as they are, one pass, no averaging of views; twins of these pictures were left out of "
        "training; the temperature was fitted on this split, so NLL and ECE flatter a little; intervals are normal, 95 %"
    )
    record.write("accuracy", conditions, figures)


def _with_interval(figures: Figures) -> dict[str, Any]:
    half = 1.96 * float(np.sqrt(figures.accuracy * (1 - figures.accuracy) / figures.n))
    return {**figures.to_dict(), "accuracy_interval": [figures.accuracy - half, figures.accuracy + half]}
