from __future__ import annotations

import numpy as np
import pytest

from benchmarks.crossfit import Floats, cross_fitted, fit_pool, folds_of, log, softmax
from tests import needs

K = 7


def made_up(rows: int, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Two sources of log-probabilities (rows, 7) and shares that are exactly their pool with the weights 0.5 and 1.4."""
    random = np.random.default_rng(seed)
    one, two = (np.log(softmax(random.normal(0, 1.5, (rows, K)))) for _ in range(2))
    return one, two, softmax(0.5 * one + 1.4 * two)


def test_the_weights_that_made_the_shares_are_found() -> None:
    one, two, shares = made_up(300)
    np.testing.assert_allclose(fit_pool(np.stack([one, two]), shares), [0.5, 1.4], atol=1e-6)


def test_one_source_alone_is_temperature_scaling() -> None:
    one, _, _ = made_up(300)
    np.testing.assert_allclose(fit_pool(one[None], softmax(one / 2.5)), [1 / 2.5], atol=1e-6)


def test_a_source_that_would_count_against_itself_is_left_out() -> None:
    one, two, _ = made_up(300)
    weights = fit_pool(np.stack([one, two]), softmax(two - 0.5 * one))
    assert weights[0] == 0
    assert weights[1] > 0


def test_the_pool_is_the_one_that_the_export_fits() -> None:
    needs.torch()
    from moodmirror.training.express import fit_pool as fit_with_torch

    one, two, pool = made_up(200)
    shares = 0.7 * pool + 0.3 * np.random.default_rng(1).dirichlet(np.ones(K), 200)
    np.testing.assert_allclose(fit_pool(np.stack([one, two]), shares), fit_with_torch([one, two], shares), atol=1e-3)


def test_no_row_is_fitted_on_itself() -> None:
    one, two, shares = made_up(200)
    folds = np.arange(200) % 4
    before, weights = cross_fitted([one, two], shares, folds)
    changed = shares.copy()
    changed[folds == 2] = 1 / K
    after, _ = cross_fitted([one, two], changed, folds)
    np.testing.assert_allclose(after[folds == 2], before[folds == 2])
    assert np.abs(after - before)[folds != 2].max() > 0.01
    assert len(weights) == 4
    np.testing.assert_allclose(before.sum(1), 1)


def test_pictures_that_are_the_same_stand_in_one_fold_and_folds_are_even() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (500, 48, 48)).astype(np.uint8)
    folds = folds_of(np.concatenate([crops, crops]))
    np.testing.assert_array_equal(folds[:500], folds[500:])
    assert np.bincount(folds[:500], minlength=5).min() > 70


def test_the_logarithm_of_nothing_is_finite() -> None:
    assert np.isfinite(log(np.zeros((1, K), np.float32))).all()
    assert log(np.full((1, K), 0.5, np.float32))[0, 0] == pytest.approx(np.log(0.5))
