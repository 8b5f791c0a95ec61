"""What the server knows of the person when it offers: filters, taste and lanes, built from the store and kept fresh."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final

from moodmirror.catalog.links import links_of
from moodmirror.catalog.load import Catalog
from moodmirror.catalog.schema import ITEM, Item
from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.recommend.context import Context
from moodmirror.recommend.profile import Profile
from moodmirror.recommend.recommender import Offers, Recommender
from moodmirror.server.schemas import LinkOut, OfferOut, OffersOut, PlaceOut, SettingsIO, ShelfOut
from moodmirror.store import Store
from moodmirror.types import KINDS, Affect, Expression, Kind, Lane, Mood

OFFERED_FOR: Final = timedelta(days=3)
"""How long it is remembered, in memory only, that an item was shown."""


def told_mood(expression: Expression | None, affect: Affect | None, confidence: float = 1.0) -> Mood:
    """A mood as a person tells it: by word, by place on the map, or both. It has no probabilities: nothing was read.

    >>> told_mood("happy", None).affect
    Affect(valence=0.81, arousal=0.51)
    """
    place = affect or (MOOD_AFFECT[expression] if expression else Affect(0.0, 0.0))
    return Mood(expression, (), place, confidence, "manual")


class Mind:
    """Offers for one person. Safe to share between threads.

    Built anew whenever the store says that its feedback, settings or items changed, so that several processes on one
    database agree: a 'never' told to one is never offered by another.
    """

    def __init__(self, store: Store, recommender: Recommender) -> None:
        self._store = store
        self._starter = recommender
        self._lock = Lock()
        self._offered: dict[str, datetime] = {}
        self._stamps: dict[str, Any] = {}
        self._recommender = recommender
        self._profile = Profile()

    def settings(self) -> SettingsIO:
        """The person's choices, with defaults where none was made."""
        kept = self._store.settings()
        return SettingsIO.model_validate({name: kept[name] for name in SettingsIO.model_fields if name in kept})

    def choose_lane(self, expression: Expression, lane: Lane) -> None:
        """Remember the lane that the person chose for a mood; it sticks."""
        self._store.put_settings({"lanes": {**self.settings().lanes, expression: lane}})

    def catalog(self) -> Catalog:
        """The starter catalogue with the person's own items."""
        with self._lock:
            self._refresh()
            return self._recommender.catalog

    def offer(
        self,
        mood: Mood,
        lane: Lane | None = None,
        kinds: Sequence[Kind] | None = None,
        n: int = 3,
        seed: int | None = None,
        now: datetime | None = None,
    ) -> OffersOut:
        """Offers for a mood now, with links. ``seed`` None: a new one each time."""
        local = (now or datetime.now(UTC)).astimezone()
        with self._lock:
            self._refresh()
            recommender, profile = self._recommender, replace(self._profile, offered=dict(self._offered))
        offers = recommender.offer(
            mood,
            profile,
            Context.of(local),
            lane,
            [kind for kind in KINDS if kinds is None or kind in kinds],
            n,
            at=local,
            seed=secrets.randbelow(2**53) if seed is None else seed,
        )
        self._remember(offers, local)
        return _wire(offers)

    def _remember(self, offers: Offers, at: datetime) -> None:
        with self._lock:
            self._offered = {key: when for key, when in self._offered.items() if at - when < OFFERED_FOR}
            self._offered |= dict.fromkeys(offers.item_ids, at)

    def _refresh(self) -> None:
        stamps = self._store.stamps()
        if stamps == self._stamps:
            return
        if stamps["items"] != self._stamps.get("items"):
            own = read_items([item.data for item in self._store.items(hidden=False)])
            hidden = {item.id for item in self._store.items() if item.hidden}
            merged = [item for item in self._starter.catalog.merged(own) if item.id not in hidden]
            self._recommender = Recommender(Catalog(merged), self._starter.weights)
        settings = self.settings()
        self._profile = Profile.from_feedback(
            self._recommender.catalog, self._store.feedback(), settings.filters.to_filters(), settings.lanes
        )
        self._stamps = stamps


def read_items(rows: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Check items by the catalogue's schema; raises pydantic's ValidationError."""
    return [ITEM.validate_python(dict(row)) for row in rows]


def _wire(offers: Offers) -> OffersOut:
    shelves = [
        ShelfOut(
            kind=shelf.kind,
            note=shelf.note,
            offers=[
                OfferOut(
                    item=offer.item,
                    reason=offer.reason,
                    score=offer.score,
                    terms=dict(offer.terms),
                    links=[LinkOut(name=link.name, url=link.url) for link in links_of(offer.item)],
                )
                for offer in shelf.offers
            ],
        )
        for shelf in offers.shelves
    ]
    place = PlaceOut(valence=offers.target.valence, arousal=offers.target.arousal)
    return OffersOut(lane=offers.lane, target=place, expression=offers.expression, shelves=shelves)
