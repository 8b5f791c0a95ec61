from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from moodmirror.catalog.schema import ALLERGENS, Activity, Film, Food, Item, Song
from moodmirror.recommend.filters import allowed, screen, why_not
from moodmirror.recommend.profile import Profile
from moodmirror.recommend.recommender import Recommender
from moodmirror.types import EXPRESSIONS, KINDS, LANES, Filters

from .items import NOW, mood, some_catalog

RECOMMENDERS = [Recommender(some_catalog(seed)) for seed in range(2)]

filters = st.builds(
    Filters,
    diet=st.frozensets(st.sampled_from(["vegetarian", "vegan", "halal", "kosher", "pescetarian"]), max_size=2),
    avoid_allergens=st.frozensets(st.sampled_from(ALLERGENS), max_size=3),
    max_certificate=st.sampled_from([None, 0, 6, 12, 16, 18]),
    allow_explicit=st.booleans(),
    allow_alcohol=st.booleans(),
    allow_caffeine=st.booleans(),
    languages=st.frozensets(st.sampled_from(["en", "pt", "pt-BR", "ja", "zxx"]), max_size=2),
    max_cost=st.sampled_from([None, 0, 1, 2]),
    max_minutes=st.sampled_from([None, 4, 20, 90]),
    blocked=st.frozensets(st.sampled_from(["ada", "bo", "song:1", "food:3", "film:2"]), max_size=3),
)


def breaks(item: Item, f: Filters) -> bool:
    """The filters told again, from scratch, so that one mistake would have to be made twice."""
    too_long = f.max_minutes is not None and not (item.minutes is not None and item.minutes <= f.max_minutes)
    return item.id in f.blocked or item.creator.lower() in f.blocked or too_long or breaks_by_kind(item, f)


def breaks_by_kind(item: Item, f: Filters) -> bool:
    if isinstance(item, Food):
        return (
            bool(f.diet and (item.diet is None or not f.diet <= set(item.diet)))
            or bool(f.avoid_allergens and (item.allergens is None or f.avoid_allergens & set(item.allergens)))
            or (not f.allow_alcohol and item.alcohol is not False)
            or (not f.allow_caffeine and item.caffeine is not False)
        )
    if isinstance(item, Activity):
        return f.max_cost is not None and item.cost not in ["free", "cheap", "paid"][: f.max_cost + 1]
    spoken = {item.language, (item.language or "").split("-")[0]}
    if f.languages and not spoken & f.languages:
        return True
    if isinstance(item, Song):
        return not f.allow_explicit and item.explicit is not False
    return f.max_certificate is not None and (item.certificate is None or item.certificate > f.max_certificate)


@settings(max_examples=150, deadline=None)
@given(filters, st.sampled_from([*EXPRESSIONS, None]), st.sampled_from([*LANES, None]), st.integers(0, 10**6))
def test_no_offer_ever_breaks_a_filter(f: Filters, label: object, lane: object, seed: int) -> None:
    recommender = RECOMMENDERS[seed % 2]
    offers = recommender.offer(mood(label), Profile(filters=f), lane=lane, n=10, at=NOW, seed=seed)  # type: ignore[arg-type]
    offered = [offer.item for shelf in offers.shelves for offer in shelf.offers]
    assert [item.id for item in offered if breaks(item, f)] == []


@settings(max_examples=100, deadline=None)
@given(filters)
def test_a_filter_leaves_out_nothing_that_it_allows(f: Filters) -> None:
    catalog = RECOMMENDERS[0].catalog
    assert [item.id for item in catalog if allowed(item, f) == breaks(item, f)] == []
    for kind in KINDS:
        items = catalog.of_kind(kind)
        assert screen(items, f).mask.tolist() == [not why_not(item, f) for item in items]


def test_a_short_shelf_says_which_filter_left_it_so() -> None:
    only = Filters(languages=frozenset({"is"}))
    shelf = RECOMMENDERS[0].offer(mood("sad"), Profile(filters=only), kinds=["song"], at=NOW).shelves[0]
    assert shelf.offers == ()
    assert shelf.note is not None
    assert shelf.note.startswith("No song is left: the language filter leaves out 30")


def test_filters_that_contradict_each_other_are_both_named() -> None:
    both = Filters(languages=frozenset({"is"}), max_minutes=1)
    note = RECOMMENDERS[0].offer(mood("sad"), Profile(filters=both), kinds=["film"], at=NOW).shelves[0].note
    assert note is not None
    assert "the language filter" in note
    assert "the time limit" in note


def test_fear_is_offered_neither_caffeine_nor_horror() -> None:
    for seed in range(20):
        offers = RECOMMENDERS[0].offer(mood("fear"), n=10, at=NOW, seed=seed)
        for shelf in offers.shelves:
            for offer in shelf.offers:
                if isinstance(offer.item, Food):
                    assert offer.item.caffeine is False
                if isinstance(offer.item, Film):
                    assert offer.item.genre not in {"horror", None}
                    assert "horror" not in offer.item.tags


def test_fear_may_be_stayed_with_when_one_asks_for_it() -> None:
    offers = RECOMMENDERS[0].offer(mood("fear"), lane="match", kinds=["film"], n=20, at=NOW)
    assert any("horror" in (offer.item.tags or ()) for offer in offers.shelves[0].offers)
