"""What a person likes: a Bayesian linear model over named features.

An item's appeal is the sum of its features' weights. Each weight has a shared mean (zero until a host sets one) and a
person's own deviation, normal with the variances of :mod:`moodmirror.recommend.features`. Feedback is a noisy look at
that sum, so that the posterior is exact. It is kept in the dual form: only features of items that somebody answered
take part, whatever the size of the catalogue (Rasmussen & Williams 2006, section 2.1.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.recommend.features import PRIOR_VARIANCE, group_of
from moodmirror.types import Action

__all__ = ["NOISE_VARIANCE", "REWARD", "Observation", "Taste"]

REWARD: Final[Mapping[Action, float]] = {"like": 1.0, "opened": 0.3, "not_now": -0.25, "never": -1.0}
"""What an answer is worth; starting values. 'Not now' may be about the moment, so it counts little."""

NOISE_VARIANCE: Final = 0.5
"""Most of the variance of ratings is noise: 59 % on SiTunes."""

MAX_OBSERVATIONS: Final = 1500
"""Newest answers that taste is built from; the cost of a full build grows with the cube."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer: the ``features`` of the item and its ``reward``, -1..1."""

    features: tuple[str, ...]
    reward: float


@dataclass(frozen=True, slots=True)
class Taste:
    """A person's posterior. ``weights``: posterior mean of each feature that an answer touched; the rest stay at the shared mean.

    ``whitener``: inverse of the lower Cholesky factor of the observations' covariance, (n, n); kept as the inverse so that
    an update and a draw are products of a matrix and a vector. The noise keeps it well conditioned.

    >>> taste = Taste.of([Observation(("creator:nina simone", "genre:song:jazz"), 1.0)])
    >>> taste.weights["creator:nina simone"] > taste.weights["genre:song:jazz"] > 0
    True
    """

    observations: tuple[Observation, ...] = ()
    shared: Mapping[str, float] = field(default_factory=dict)
    whitener: Floats = field(default_factory=lambda: np.zeros((0, 0)), compare=False)
    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, observations: Iterable[Observation], shared: Mapping[str, float] | None = None) -> Taste:
        """The posterior after all of these, oldest first; only the newest :data:`MAX_OBSERVATIONS` count."""
        kept = tuple(observations)[-MAX_OBSERVATIONS:]
        if not kept:
            return cls(shared=dict(shared or {}))
        design, scale = _design(kept)
        weighted = design * scale
        covariance = weighted @ design.T + NOISE_VARIANCE * np.eye(len(kept))
        return cls._solved(kept, dict(shared or {}), np.linalg.inv(np.linalg.cholesky(covariance)))

    def updated(self, observation: Observation) -> Taste:
        """The posterior after one more answer: one more row of the factor, the same result as building anew."""
        if not self.observations or len(self.observations) >= MAX_OBSERVATIONS:
            return Taste.of((*self.observations, observation), self.shared)
        cross = np.array([_covariance(observation, other) for other in self.observations])
        row = self.whitener @ cross
        corner = max(_covariance(observation, observation) + NOISE_VARIANCE - float(row @ row), 1e-9) ** 0.5
        n = len(self.observations)
        whitener = np.zeros((n + 1, n + 1))
        whitener[:n, :n], whitener[n, :n], whitener[n, n] = self.whitener, -(row @ self.whitener) / corner, 1 / corner
        return self._solved((*self.observations, observation), self.shared, whitener)

    def sampled(self, index: Mapping[str, int], deviation: Floats, rng: np.random.Generator) -> Floats:
        """How far one draw from the posterior lies from its mean (Thompson sampling), by Matheron's rule.

        ``index``: column of each feature name. ``deviation``: prior deviation of each column (m,). Returns (m,).
        """
        draw = deviation * rng.standard_normal(len(deviation))
        if not self.observations:
            return draw
        # Features of answered items that this catalogue no longer holds still carry evidence.
        outside = {
            name: float(rng.standard_normal()) * PRIOR_VARIANCE[group_of(name)] ** 0.5
            for name in self.weights
            if name not in index
        }
        looks = np.array(
            [
                sum(draw[index[name]] if name in index else outside[name] for name in seen.features)
                for seen in self.observations
            ]
        )
        looks += NOISE_VARIANCE**0.5 * rng.standard_normal(len(looks))
        for name, weight in _weights(self.observations, self._alpha(-looks)).items():
            if name in index:
                draw[index[name]] += weight
        return np.asarray(draw, dtype=np.float64)

    @classmethod
    def _solved(cls, observations: tuple[Observation, ...], shared: Mapping[str, float], whitener: Floats) -> Taste:
        taste = cls(observations, shared, whitener)
        expected = [sum(shared.get(name, 0.0) for name in seen.features) for seen in observations]
        residual = np.array([seen.reward for seen in observations]) - np.array(expected)
        weights = _weights(observations, taste._alpha(residual))
        return cls(observations, shared, whitener, {n: w + shared.get(n, 0.0) for n, w in weights.items()})

    def _alpha(self, residual: Floats) -> Floats:
        return np.asarray(self.whitener.T @ (self.whitener @ residual), dtype=np.float64)


def _covariance(one: Observation, other: Observation) -> float:
    return sum(PRIOR_VARIANCE[group_of(name)] for name in set(one.features) & set(other.features))


def _weights(observations: Sequence[Observation], alpha: Floats) -> dict[str, float]:
    weights: dict[str, float] = {}
    for seen, share in zip(observations, alpha.tolist(), strict=True):
        for name in seen.features:
            weights[name] = weights.get(name, 0.0) + PRIOR_VARIANCE[group_of(name)] * share
    return weights


def _design(observations: Sequence[Observation]) -> tuple[Floats, Floats]:
    """Indicator matrix (n, m) of the features seen, and their prior variances (m,)."""
    column = {name: i for i, name in enumerate(dict.fromkeys(n for seen in observations for n in seen.features))}
    design = np.zeros((len(observations), len(column)))
    for row, seen in enumerate(observations):
        design[row, [column[name] for name in seen.features]] = 1.0
    return design, np.array([PRIOR_VARIANCE[group_of(name)] for name in column])
