"""An expression reader measured on labelled crops. Nothing is fitted here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.metrics import Figures, figures
from moodmirror.expression.classify import Heads, OnnxClassifier

BATCH = 128

Progress = Callable[[int], None]
"""Called with the number of crops done so far."""
Change = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""From crops (n, 48, 48) to as many others."""


def read_crops(
    classifier: OnnxClassifier,
    crops: NDArray[np.uint8],
    *,
    change: Change | None = None,
    progress: Progress | None = None,
) -> Heads:
    """All heads of ``classifier`` on ``crops``, uint8 (n, 48, 48), n > 0, in one pass; as they are, or after ``change``."""
    parts = []
    for start in range(0, len(crops), BATCH):
        batch = crops[start : start + BATCH]
        parts.append(classifier.read_heads(batch if change is None else change(batch)))
        if progress is not None:
            progress(min(start + BATCH, len(crops)))
    votes = [part.votes for part in parts if part.votes is not None]
    return Heads(
        np.concatenate([part.shown for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(votes) if votes else None,
    )


def measure(classifier: OnnxClassifier, data: LabelledCrops, *, progress: Progress | None = None) -> Figures:
    """Figures of ``classifier``'s label head on the crops as they are, in one pass, against the original labels."""
    return figures(read_crops(classifier, data.crops, progress=progress).labels, data.labels)
