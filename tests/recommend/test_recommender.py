from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from moodmirror.catalog.load import Catalog, load_starter
from moodmirror.catalog.schema import Song
from moodmirror.errors import InputError
from moodmirror.recommend.context import Context
from moodmirror.recommend.profile import Profile
from moodmirror.recommend.recommender import REST, Offers, Recommender
from moodmirror.types import EXPRESSIONS, KINDS, LANES, Action, Expression, Feedback, Filters, Kind, Lane

from .items import NOW, mood, some_catalog

STARTER = load_starter()
RECOMMENDER = Recommender(STARTER)
PLAIN = Filters(
    allow_explicit=False,
    max_certificate=12,
    diet=frozenset({"vegetarian"}),
    avoid_allergens=frozenset({"nuts", "peanuts"}),
    max_cost=1,
)


def ids(offers: Offers, kind: Kind) -> list[str]:
    return [offer.item.id for shelf in offers.shelves if shelf.kind == kind for offer in shelf.offers]


def told(*answers: tuple[str, Action]) -> list[Feedback]:
    before = NOW - timedelta(days=30)
    return [Feedback(item_id, action, before) for item_id, action in answers]


def songs(count: int) -> list[Song]:
    """Songs in one spot of the map, so that nothing but the person tells them apart; three makers of three genres."""
    return [
        Song(
            id=f"song:{i}",
            title=f"Song {i}",
            creator=f"Maker {i}",
            genre=("jazz", "rock", "folk")[i % 3],
            explicit=False,
            language="en",
            valence=0.4 + i / 1000,
            energy=0.1 + i / 1000,
            source="starter",
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("label", [*EXPRESSIONS, None])
def test_every_mood_lane_and_kind_has_three_offers_even_under_filters(label: Expression | None, lane: Lane) -> None:
    offers = RECOMMENDER.offer(mood(label), Profile(filters=PLAIN), lane=lane, at=NOW)
    assert [shelf.kind for shelf in offers.shelves] == list(KINDS)
    assert [(shelf.kind, len(shelf.offers), shelf.note) for shelf in offers.shelves] == [
        (kind, 3, None) for kind in KINDS
    ]
    assert all(offer.reason.endswith(".") and offer.lane == lane for shelf in offers.shelves for offer in shelf.offers)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("label", EXPRESSIONS)
def test_first_offers_lie_on_the_targets_side_of_the_kinds_median(label: Expression, lane: Lane) -> None:
    for seed in range(3):
        offers = RECOMMENDER.offer(mood(label), Profile(filters=PLAIN), lane=lane, at=NOW, seed=seed)
        for shelf in offers.shelves:
            items = STARTER.of_kind(shelf.kind)
            for offer in shelf.offers:
                for value, middle, aim in (
                    (offer.item.valence, np.median([i.valence for i in items]), offers.target.valence),
                    (offer.item.energy, np.median([i.energy for i in items]), offers.target.arousal),
                ):
                    assert aim * (value - middle) >= 0, offer.item.id


def test_no_maker_is_offered_twice() -> None:
    recommender = Recommender(some_catalog(5))
    for seed in range(20):
        offers = recommender.offer(mood("sad"), n=6, at=NOW, seed=seed)
        makers = [offer.item.creator for shelf in offers.shelves for offer in shelf.offers if offer.item.creator]
        assert len(set(makers)) == len(makers)


def test_the_same_seed_gives_the_same_offers_and_others_try_others() -> None:
    first = RECOMMENDER.offer(mood("sad"), at=NOW, seed=4)
    assert first == RECOMMENDER.offer(mood("sad"), at=NOW, seed=4)
    assert len({tuple(RECOMMENDER.offer(mood("sad"), at=NOW, seed=seed).item_ids) for seed in range(8)}) > 1


def test_never_is_never_offered_again() -> None:
    seen = ids(RECOMMENDER.offer(mood("sad"), at=NOW), "song")
    person = Profile.from_feedback(STARTER, told((seen[0], "never")))
    for seed in range(30):
        for lane in LANES:
            assert seen[0] not in RECOMMENDER.offer(mood("sad"), person, lane=lane, n=20, at=NOW, seed=seed).item_ids


def test_not_now_rests_for_hours_and_comes_back() -> None:
    first = ids(RECOMMENDER.offer(mood("sad"), n=20, at=NOW), "song")
    answer = Feedback(first[0], "not_now", NOW)
    person = Profile().with_feedback(STARTER, answer)
    soon = RECOMMENDER.offer(mood("sad"), person, n=20, at=NOW + timedelta(minutes=1))
    later = RECOMMENDER.offer(mood("sad"), person, n=20, at=NOW + REST + timedelta(minutes=1))
    assert first[0] not in soon.item_ids
    assert first[0] in later.item_ids


def place(recommender: Recommender, item_id: str, answers: Sequence[Feedback], at: datetime = NOW) -> int:
    person = Profile.from_feedback(recommender.catalog, answers)
    offers = recommender.offer(mood("sad"), person, kinds=["song"], n=30, at=at)
    best = sorted(offers.shelves[0].offers, key=lambda offer: -offer.score)
    return [offer.item.id for offer in best].index(item_id)


def test_a_like_raises_the_item_and_others_like_it() -> None:
    catalog = Catalog(songs(30))
    recommender = Recommender(catalog)
    jazz = [item.id for item in songs(30) if item.genre == "jazz"]
    before = np.mean([place(recommender, one, []) for one in jazz[1:]])
    after = np.mean([place(recommender, one, told((jazz[0], "like"))) for one in jazz[1:]])
    assert after < before - 3
    assert place(recommender, jazz[0], told((jazz[0], "like"))) < 5


def test_opened_counts_for_an_item_and_less_than_a_like() -> None:
    recommender = Recommender(Catalog(songs(30)))

    def score(action: Action | None) -> float:
        person = Profile.from_feedback(recommender.catalog, told(("song:9", action)) if action else [])
        offers = recommender.offer(mood("sad"), person, kinds=["song"], n=30, at=NOW)
        return next(o.terms["taste"] for o in offers.shelves[0].offers if o.item.id == "song:9")

    assert score("like") > score("opened") > score(None) > score("not_now")


def test_what_was_just_shown_makes_room() -> None:
    recommender = Recommender(Catalog(songs(30)))
    first = recommender.offer(mood("sad"), kinds=["song"], at=NOW)
    person = Profile().with_offered(first.item_ids, NOW)
    second = recommender.offer(mood("sad"), person, kinds=["song"], at=NOW + timedelta(minutes=5))
    assert not set(first.item_ids) & set(second.item_ids)


def test_ten_offers_in_a_row_repeat_nothing_where_the_catalogue_is_large_enough() -> None:
    recommender = Recommender(Catalog(songs(120)))
    person = Profile()
    shown: list[str] = []
    for turn in range(10):
        at = NOW + timedelta(minutes=turn)
        offers = recommender.offer(mood("sad"), person, kinds=["song"], at=at, seed=turn)
        person = person.with_offered(offers.item_ids, at)
        shown += offers.item_ids
    assert len(set(shown)) == 30


def test_a_liked_maker_shows_in_the_next_offer_with_its_reason() -> None:
    extra = [
        song.model_copy(update={"creator": "Nina Simone"}) if i in {7, 19} else song for i, song in enumerate(songs(30))
    ]
    recommender = Recommender(Catalog(extra))
    person = Profile.from_feedback(recommender.catalog, told(("song:7", "like")))
    person = Profile(taste=person.taste, liked=person.liked, never=frozenset({"song:7"}))
    first = recommender.offer(mood("sad"), person, kinds=["song"], at=NOW).shelves[0].offers[0]
    assert first.item.id == "song:19"
    assert first.reason == "You liked something else by Nina Simone."


def test_feedback_on_an_item_that_is_gone_still_blocks_it_and_breaks_nothing() -> None:
    person = Profile.from_feedback(STARTER, told(("song:gone", "never"), ("song:gone", "like")))
    assert person.never == {"song:gone"}
    assert person.taste.observations == ()
    assert RECOMMENDER.offer(mood("sad"), person, at=NOW).item_ids


def test_answers_one_by_one_make_the_same_person_as_all_at_once() -> None:
    answers = told(("song:hurt", "like"), ("film:ida", "opened"), ("food:horta", "not_now"), ("song:sonne", "never"))
    step = Profile()
    for answer in answers:
        step = step.with_feedback(STARTER, answer)
    whole = Profile.from_feedback(STARTER, answers)
    assert (step.never, step.rested, step.seen, step.liked) == (whole.never, whole.rested, whole.seen, whole.liked)
    assert step.taste.weights == pytest.approx(whole.taste.weights)


def test_the_persons_own_list_for_a_mood_is_offered_in_it() -> None:
    own = Song(
        id="song:own",
        title="Own",
        valence=-0.5,
        energy=0.6,
        affect_confidence=0.3,
        tags=("mood:angry",),
        source="mood lists",
    )
    recommender = Recommender(STARTER.merged([own]))
    offers = recommender.offer(mood("angry"), kinds=["song"], at=NOW)
    mine = next(offer for offer in offers.shelves[0].offers if offer.item.id == "song:own")
    assert mine.reason == "From your own list for anger."
    assert "song:own" not in recommender.offer(mood("angry"), lane="opposite", kinds=["song"], at=NOW).item_ids


def test_the_sticky_lane_is_taken_and_an_explicit_one_wins() -> None:
    person = Profile().with_lane("sad", "match")
    assert RECOMMENDER.offer(mood("sad"), person, at=NOW).lane == "match"
    assert RECOMMENDER.offer(mood("sad"), person, lane="opposite", at=NOW).lane == "opposite"


def test_an_unclear_mood_is_never_named() -> None:
    for lane in LANES:
        offers = RECOMMENDER.offer(mood(None), lane=lane, at=NOW)
        reasons = " ".join(offer.reason for shelf in offers.shelves for offer in shelf.offers).lower()
        assert offers.expression is None
        assert not any(
            word in reasons for word in ("sadness", "anger", "fear", "happiness", "disgust", "surprise", "an even mood")
        )


def test_an_empty_catalogue_says_so() -> None:
    shelves = Recommender(Catalog()).offer(mood("happy"), at=NOW).shelves
    assert [shelf.note for shelf in shelves] == [
        f"The catalogue holds no {many} yet." for many in ("songs", "films", "dishes", "activities")
    ]


def test_a_moment_prefers_what_fits_it() -> None:
    morning = RECOMMENDER.offer(mood("sad"), context=Context(hour=8), kinds=["food"], n=5, at=NOW)
    by_id = {offer.item.id: offer for offer in morning.shelves[0].offers}
    assert by_id["food:shakshuka"].terms["context"] > 0
    short = RECOMMENDER.offer(mood("sad"), context=Context(minutes=15), kinds=["activity"], n=5, at=NOW)
    assert short.shelves[0].offers[0].item.minutes in {12, 15}


@pytest.mark.parametrize(
    "bad",
    [{"n": 0}, {"n": 51}, {"lane": "sideways"}, {"kinds": ["poem"]}, {"at": datetime(2026, 1, 1)}],  # noqa: DTZ001
)
def test_what_cannot_be_asked_is_refused_by_name(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        RECOMMENDER.offer(mood("sad"), **{"at": NOW, **bad})  # type: ignore[arg-type]


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(InputError, match="zone"):
        Profile.from_feedback(STARTER, [Feedback("song:hurt", "like", datetime(2026, 1, 1))])  # noqa: DTZ001


def test_a_clock_that_ran_ahead_does_no_harm() -> None:
    ahead = Profile().with_offered(["song:hurt"], datetime(2090, 1, 1, tzinfo=UTC))
    assert RECOMMENDER.offer(mood("sad"), ahead, lane="match", at=NOW).item_ids
