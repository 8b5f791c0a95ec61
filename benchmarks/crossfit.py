"""Calibration as it holds for pictures that nothing was fitted on: fitted on all folds but one, applied to that one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

FOLDS: Final = 5
_STEPS, _SMALLEST = 50, 1e-10
_TINY: Final = 1e-12

Floats = NDArray[np.float64]


def folds_of(crops: NDArray[np.uint8], folds: int = FOLDS) -> NDArray[np.int64]:
    """A fold for each of ``crops`` (n, 48, 48), by its pixels alone: pictures that are the same stand in one fold."""
    return np.array([int.from_bytes(hashlib.sha256(crop.tobytes()).digest()[:8], "big") % folds for crop in crops])


def cross_fitted(logs: Sequence[Floats], shares: Floats, folds: NDArray[np.int64]) -> tuple[Floats, list[list[float]]]:
    """Probabilities (n, k) of a pool of ``logs``, each row's weights fitted on the other folds; and the weights by fold.

    ``logs``: log-probabilities (n, k) of each source; one source alone is temperature scaling, its weight 1/T.
    """
    stacked, pooled, weights = np.stack(logs), np.zeros_like(logs[0]), []
    for fold in np.unique(folds):
        inside = folds == fold
        fitted = fit_pool(stacked[:, ~inside], shares[~inside])
        pooled[inside] = softmax(np.tensordot(fitted, stacked[:, inside], 1))
        weights.append([round(float(weight), 4) for weight in fitted])
    return pooled, weights


def fit_pool(logs: Floats, shares: Floats) -> Floats:
    """Weights (m,), 0 or more, of a log-linear pool of ``logs`` (m, n, k) with the greatest likelihood of ``shares`` (n, k).

    The loss is convex: damped Newton steps, and a source that would count against itself is left out.
    """
    weights = np.full(len(logs), 1 / len(logs))
    for _ in range(_STEPS):
        gradient, curvature = _slopes(weights, logs, shares)
        step = np.linalg.solve(curvature + _TINY * np.eye(len(logs)), gradient)
        size = 1.0
        while _loss(weights - size * step, logs, shares) > _loss(weights, logs, shares) and size > _SMALLEST:
            size /= 2
        weights -= size * step
        if np.abs(size * step).max() < _SMALLEST:
            break
    worst = int(weights.argmin())
    if weights[worst] >= 0:
        return weights
    if len(logs) == 1:
        return np.zeros(1)
    return np.insert(fit_pool(np.delete(logs, worst, 0), shares), worst, 0)


def log(probabilities: NDArray[np.float32]) -> Floats:
    """The logarithm, in double precision, of what may be 0."""
    return np.log(np.maximum(probabilities.astype(np.float64), _TINY))


def softmax(logits: Floats) -> Floats:
    """Rows (n, k) that sum to 1."""
    weights = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float64)


def _loss(weights: Floats, logs: Floats, shares: Floats) -> float:
    return float(-(shares * np.log(np.maximum(softmax(np.tensordot(weights, logs, 1)), _TINY))).sum(1).mean())


def _slopes(weights: Floats, logs: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Gradient (m,) and Hessian (m, m) of the loss."""
    p = softmax(np.tensordot(weights, logs, 1))
    gradient = ((p - shares) * logs).sum(2).mean(1)
    centred = logs - (p * logs).sum(2, keepdims=True)
    return gradient, np.einsum("nk,ank,bnk->ab", p, centred, centred) / p.shape[0]
