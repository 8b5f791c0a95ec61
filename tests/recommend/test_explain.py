from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moodmirror.catalog.load import load_starter
from moodmirror.recommend.context import Context
from moodmirror.recommend.profile import Profile
from moodmirror.recommend.recommender import Offer, Offers, Recommender
from moodmirror.types import ACTIONS, EXPRESSIONS, LANES, Feedback

from .items import NOW, mood, some_catalog

RECOMMENDERS = [Recommender(some_catalog(11, each=25)), Recommender(load_starter())]
HEALTH = ("health", "heal", "cure", "therap", "better mood", "feel better", "cheer", "boost", "lift your", "improve")

people = st.lists(st.tuples(st.integers(0, 79), st.sampled_from(ACTIONS), st.integers(1, 400)), max_size=8)
contexts = st.builds(
    Context,
    hour=st.one_of(st.none(), st.integers(0, 23)),
    season=st.sampled_from([None, "winter", "summer"]),
    place=st.sampled_from([None, "home", "outdoors", "out"]),
    company=st.sampled_from([None, "alone", "together"]),
    minutes=st.sampled_from([None, 10, 45]),
)


def ask(
    which: int, told: list[tuple[int, str, int]], label: object, lane: object, context: Context, seed: int, n: int
) -> Offers:
    recommender = RECOMMENDERS[which]
    items = recommender.catalog.items
    answers = [
        Feedback(items[i % len(items)].id, action, NOW - timedelta(hours=hours))  # type: ignore[arg-type]
        for i, action, hours in told
    ]
    person = Profile.from_feedback(recommender.catalog, answers)
    return recommender.offer(mood(label), person, context, lane, n=n, at=NOW, seed=seed)  # type: ignore[arg-type]


any_ask = given(
    st.integers(0, 1),
    people,
    st.sampled_from([*EXPRESSIONS, None]),
    st.sampled_from(LANES),
    contexts,
    st.integers(0, 2**31),
)


@settings(max_examples=40, deadline=None)
@any_ask
def test_a_score_is_the_sum_of_its_terms(
    which: int, told: list[tuple[int, str, int]], label: object, lane: object, context: Context, seed: int
) -> None:
    for shelf in ask(which, told, label, lane, context, seed, n=5).shelves:
        for offer in shelf.offers:
            assert abs(offer.score - sum(offer.terms.values())) < 1e-9


def rank(offer: Offer, scores: dict[str, float], less: float = 0.0) -> int:
    return sum(score > scores[offer.item.id] - less for name, score in scores.items() if name != offer.item.id)


@settings(max_examples=50, deadline=None)
@any_ask
def test_the_reason_is_the_largest_term_and_without_it_the_rank_drops_farthest(
    which: int, told: list[tuple[int, str, int]], label: object, lane: object, context: Context, seed: int
) -> None:
    """Taking a term away means giving the item no more of it than what the filters left has on average."""
    for shelf in ask(which, told, label, lane, context, seed, n=50).shelves:
        scores = {offer.item.id: offer.score for offer in shelf.offers}
        for offer in shelf.offers:
            largest = max(offer.above.values())
            if largest <= 1e-9:
                assert offer.led_by == "affect"
                continue
            assert offer.above[offer.led_by] == largest
            drops = {name: rank(offer, scores, above) - rank(offer, scores) for name, above in offer.above.items()}
            assert drops[offer.led_by] == max(drops.values())
            passed = [s for s in scores.values() if offer.score - largest < s < offer.score]
            assert drops[offer.led_by] >= len(passed)


@settings(max_examples=50, deadline=None)
@any_ask
def test_a_reason_is_true_of_its_item(
    which: int, told: list[tuple[int, str, int]], label: object, lane: object, context: Context, seed: int
) -> None:
    recommender = RECOMMENDERS[which]
    items = recommender.catalog.items
    liked = [items[i % len(items)] for i, action, _ in told if action == "like"]
    opened = [items[i % len(items)] for i, action, _ in told if action == "opened"]
    for shelf in ask(which, told, label, lane, context, seed, n=5).shelves:
        for offer in shelf.offers:
            item, reason = offer.item, offer.reason
            assert not any(word in reason.lower() for word in HEALTH)
            if "by " in reason and reason.startswith("You "):
                makers = {other.creator for other in (liked if reason.startswith("You liked") else opened)}
                assert item.creator in makers
            if "before." in reason:
                assert item in (liked if "liked" in reason else opened)
            if "you have" in reason:
                assert item.minutes is not None
                assert item.minutes <= (context.minutes or 0)
            if "late hour" in reason:
                assert item.energy < 0
            if "brighter" in reason and "side" in reason:
                assert item.valence >= np.median([other.valence for other in recommender.catalog.of_kind(item.kind)])
            if "calmer" in reason and "side" in reason:
                assert item.energy <= np.median([other.energy for other in recommender.catalog.of_kind(item.kind)])
