from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy import measured
from moodmirror.evaluation.datasets import LabelledCrops
from moodmirror.evaluation.robustness import CONDITIONS
from moodmirror.expression.classify import OnnxClassifier


def test_twins_leave_the_second_figures_and_every_part_is_measured() -> None:
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (40, 6, 6)).astype(np.uint8)
    crops = coarse.repeat(8, 1).repeat(8, 2)
    crops[35:] = crops[:5]
    votes = random.multinomial(10, np.ones(10) / 10, 40)
    votes[:, 0] += 8
    splits = np.array(["PublicTest"] * 35 + ["Training"] * 5)
    data = LabelledCrops(crops, random.integers(0, 7, 40), splits, votes)
    found = measured(OnnxClassifier(), data)
    whole, alone = found["public_test"], found["public_test_without_twins"]
    assert (whole["n"], alone["n"]) == (35, 30)
    assert list(found["robustness"]) == [condition.name for condition in CONDITIONS]
    assert whole["shown_nll_least"] < whole["shown_nll_cross_fitted"]
    assert len(found["cross_fit"]["inverse_temperatures"]) == 5
    assert whole["nll"] != pytest.approx(whole["nll_cross_fitted"], abs=1e-9)
    assert whole["ferplus_accuracy"] is not None
    assert set(whole["intervals"]) == {"macro_f1", "nll", "ece", "shown_nll", "shown_ece"}
    for name in ("nll", "shown_nll"):
        low, high = whole["intervals"][name]
        assert low < whole[name] < high
    assert found["affect"]["n"] == whole["shown_n"]
    assert 0 <= found["plurality_against_label"]["accuracy"] <= 1
