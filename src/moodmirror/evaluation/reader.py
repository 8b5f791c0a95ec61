"""An expression reader measured on labelled crops. Nothing is fitted here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.metrics import Figures, figures
from moodmirror.expression.classify import OnnxClassifier

BATCH = 128


def measure(
    classifier: OnnxClassifier, data: LabelledCrops, *, progress: Callable[[int], None] | None = None
) -> Figures:
    """Figures of ``classifier`` on the crops as they are, in one pass, against the original labels.

    ``progress`` gets the number of crops done so far.
    """
    parts = []
    for start in range(0, len(data), BATCH):
        probabilities, _ = classifier.classify_crops(data.crops[start : start + BATCH])
        parts.append(probabilities)
        if progress is not None:
            progress(min(start + BATCH, len(data)))
    return figures(np.concatenate(parts), data.labels)
