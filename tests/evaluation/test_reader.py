from __future__ import annotations

import numpy as np

from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.metrics import figures
from moodmirror.evaluation.reader import BATCH, measure, read_crops
from moodmirror.expression.classify import OnnxClassifier


def test_rows_keep_their_place_over_the_parts_that_are_read_at_once() -> None:
    classifier = OnnxClassifier()
    crops = np.random.default_rng(0).integers(0, 256, (BATCH + 3, 48, 48)).astype(np.uint8)
    done: list[int] = []
    heads = read_crops(classifier, crops, progress=done.append)
    assert done == [BATCH, BATCH + 3]
    assert heads.votes is not None
    last = classifier.read_heads(crops[BATCH:])
    assert last.votes is not None
    for whole, part in ((heads.shown, last.shown), (heads.labels, last.labels), (heads.votes, last.votes)):
        assert len(whole) == BATCH + 3
        np.testing.assert_allclose(whole[BATCH:], part, atol=1e-5)


def test_a_change_is_made_before_reading() -> None:
    classifier = OnnxClassifier()
    crops = np.random.default_rng(0).integers(0, 256, (2, 48, 48)).astype(np.uint8)
    changed = read_crops(classifier, crops, change=lambda part: 255 - part)
    np.testing.assert_allclose(changed.labels, classifier.read_heads(255 - crops).labels, atol=1e-5)
    assert np.abs(changed.labels - classifier.read_heads(crops).labels).max() > 1e-3


def test_figures_are_those_of_the_label_head() -> None:
    classifier = OnnxClassifier()
    crops = np.random.default_rng(0).integers(0, 256, (4, 48, 48)).astype(np.uint8)
    data = LabelledCrops(crops, np.array([0, 3, 4, 6]), np.array(["a"] * 4))
    expected = figures(classifier.read_heads(crops).labels, data.labels)
    assert measure(classifier, data).nll == expected.nll
