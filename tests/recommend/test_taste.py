from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodmirror.recommend.features import PRIOR_VARIANCE, group_of
from moodmirror.recommend.taste import NOISE_VARIANCE, Observation, Taste

NAMES = ("item:a", "item:b", "creator:x", "creator:y", "genre:song:jazz", "tag:song:rain", "kind:song")
observations = st.lists(
    st.builds(
        Observation,
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True).map(tuple),
        st.sampled_from([1.0, 0.3, -0.25, -1.0]),
    ),
    min_size=1,
    max_size=8,
)


def textbook(seen: list[Observation]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the weights by the primal formulas of Bayesian linear regression."""
    x = np.array([[float(name in one.features) for name in NAMES] for one in seen])
    y = np.array([one.reward for one in seen])
    prior = np.diag([1 / PRIOR_VARIANCE[group_of(name)] for name in NAMES])
    covariance = np.linalg.inv(prior + x.T @ x / NOISE_VARIANCE)
    return covariance @ x.T @ y / NOISE_VARIANCE, covariance


@settings(max_examples=60, deadline=None)
@given(observations)
def test_the_posterior_is_that_of_the_textbook(seen: list[Observation]) -> None:
    mean, _ = textbook(seen)
    weights = Taste.of(seen).weights
    assert [weights.get(name, 0.0) for name in NAMES] == pytest.approx(mean, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(observations)
def test_one_answer_after_another_ends_where_all_at_once_does(seen: list[Observation]) -> None:
    step = Taste()
    for one in seen:
        step = step.updated(one)
    whole = Taste.of(seen)
    assert step.weights == pytest.approx(whole.weights, abs=1e-9)
    assert step.whitener == pytest.approx(whole.whitener, abs=1e-9)


def test_draws_spread_as_the_posterior_does() -> None:
    seen = [
        Observation(("item:a", "creator:x", "genre:song:jazz"), 1.0),
        Observation(("item:gone", "creator:x"), -0.25),
    ]
    index = {name: i for i, name in enumerate(NAMES)}
    deviation = np.array([PRIOR_VARIANCE[group_of(name)] ** 0.5 for name in NAMES])
    rng = np.random.default_rng(7)
    taste = Taste.of(seen)
    draws = np.array([taste.sampled(index, deviation, rng) for _ in range(4000)])
    assert np.abs(draws.mean(axis=0)).max() < 0.05
    known = [Observation(one.features, one.reward) for one in seen[:1]]
    _, covariance = textbook(known)
    lone = np.array([Taste.of(known).sampled(index, deviation, rng) for _ in range(4000)])
    assert np.cov(lone.T) == pytest.approx(covariance, abs=0.04)


def test_a_like_says_more_of_the_maker_than_of_the_genre() -> None:
    weights = Taste.of([Observation(("creator:x", "genre:song:jazz", "decade:song:1960"), 1.0)]).weights
    assert weights["creator:x"] > weights["genre:song:jazz"] > weights["decade:song:1960"] > 0


def test_a_shared_mean_is_where_a_person_starts() -> None:
    shared = {"genre:song:jazz": 0.5}
    agreeing = Taste.of([Observation(("genre:song:jazz",), 0.5)], shared)
    assert agreeing.weights["genre:song:jazz"] == pytest.approx(0.5)
