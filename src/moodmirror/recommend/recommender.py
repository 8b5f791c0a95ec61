"""From a mood, a person and a moment to four shelves of offers, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.catalog.load import Catalog
from moodmirror.catalog.schema import Item
from moodmirror.errors import InputError
from moodmirror.recommend.context import Context
from moodmirror.recommend.explain import Ground, leading_term, reason
from moodmirror.recommend.lanes import default_lane, target_of
from moodmirror.recommend.profile import Profile
from moodmirror.recommend.rank import (
    TERMS,
    Weights,
    affect_fit,
    context_parts,
    diverse,
    explored,
    freshness,
    gates,
    prior_of,
    taste_of,
)
from moodmirror.recommend.table import Table
from moodmirror.types import KINDS, Affect, Expression, Kind, Lane, Mood

__all__ = ["MAX_OFFERS", "REST", "Offer", "Offers", "Recommender", "Shelf"]

REST: Final = timedelta(hours=8)
"""How long 'not now' keeps an item away."""

MAX_OFFERS: Final = 50
"""Most offers on one shelf."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One item, with the one true sentence that says why it is here.

    ``terms``: the weighted contributions that sum to ``score``. ``above``: how far each lies above its mean over all
    that the filters left; the reason speaks of the largest, ``led_by``.
    """

    item: Item
    reason: str
    score: float
    terms: Mapping[str, float]
    lane: Lane
    led_by: str
    above: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Shelf:
    """The offers of one kind, best first. ``note``: why there are fewer than asked for, or None."""

    kind: Kind
    offers: tuple[Offer, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """Shelves in the order of the kinds asked for, and the lane and place on the mood map they aim at."""

    lane: Lane
    target: Affect
    expression: Expression | None
    shelves: tuple[Shelf, ...]

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Every id offered."""
        return tuple(offer.item.id for shelf in self.shelves for offer in shelf.offers)


@dataclass(frozen=True, slots=True)
class _Ask:
    """One call of :meth:`Recommender.offer`, checked."""

    mood: Mood
    lane: Lane
    target: Affect
    person: Profile
    context: Context
    n: int
    at: datetime
    seed: int


class Recommender:
    """Ranks a catalogue; holds no person's data, so that one serves everybody and every thread.

    >>> from datetime import UTC, datetime
    >>> from moodmirror.catalog.schema import Song
    >>> from moodmirror.mood.affect import MOOD_AFFECT
    >>> song = Song(id="song:halo", title="Halo", creator="Beyoncé", valence=0.5, energy=0.4)
    >>> sad = Mood("sad", (0, 0, 0, 0, 1, 0, 0), MOOD_AFFECT["sad"], 1.0)
    >>> offers = Recommender(Catalog([song])).offer(sad, kinds=["song"], at=datetime.now(UTC))
    >>> offers.lane, offers.shelves[0].offers[0].item.title
    ('shift', 'Halo')
    """

    def __init__(self, catalog: Catalog, weights: Weights | None = None) -> None:
        self.catalog: Final = catalog
        self.weights: Final = weights or Weights()
        self._tables: Final = {kind: Table(kind, catalog.of_kind(kind)) for kind in KINDS}

    def offer(
        self,
        mood: Mood,
        person: Profile | None = None,
        context: Context | None = None,
        lane: Lane | None = None,
        kinds: Sequence[Kind] = KINDS,
        n: int = 3,
        *,
        at: datetime,
        seed: int = 0,
    ) -> Offers:
        """Up to ``n`` items of each kind for this mood.

        ``lane``: None takes the person's choice for the mood, else the default one. ``at``: now, with its zone.
        ``seed``: the same one gives the same offers; another one tries other things. Raises :class:`InputError` for a lane
        or kind that does not exist, ``n`` outside 1..50, or a time without a zone.
        """
        person = person or Profile()
        lane = lane if lane is not None else default_lane(mood, person.lanes)
        if strange := [kind for kind in kinds if kind not in KINDS]:
            raise InputError(f"There is no kind {strange[0]!r}. Choose among {', '.join(KINDS)}.")
        if not 1 <= n <= MAX_OFFERS:
            raise InputError(f"{n} offers of a kind; ask for 1 to {MAX_OFFERS}.")
        if at.tzinfo is None:
            raise InputError("The time of an offer has no zone. Give UTC or the person's own.")
        ask = _Ask(mood, lane, target_of(mood, lane), person, context or Context(), n, at, seed)
        taken: set[str] = set()
        shelves = tuple(self._shelf(self._tables[kind], ask, taken) for kind in dict.fromkeys(kinds))
        return Offers(lane, ask.target, mood.label, shelves)

    def _shelf(self, table: Table, ask: _Ask, taken: set[str]) -> Shelf:
        screened = table.screened(ask.person.filters)
        mood_fits = table.fits_mood(ask.mood.label, ask.lane)
        never = table.flag(ask.person.never)
        resting = table.flag({key for key, when in ask.person.rested.items() if ask.at - when < REST})
        left = screened.mask & mood_fits & ~never & ~resting
        ranked = _Ranked(table, ask, self.weights, left)
        chosen = diverse(table, ranked.order, ranked.score, ranked.gate, ask.n, taken)
        note = None
        if len(chosen) < ask.n:
            others = [
                f"{words} {count}"
                for words, mask in (
                    ("this mood leaves out", ~mood_fits),
                    ("you said 'never' to", never),
                    ("put off for now:", resting),
                    ("only one of a maker is shown, which leaves out", ranked.unchosen(chosen)),
                )
                if (count := int((mask & screened.mask).sum()))
            ]
            note = screened.note(table.kind, len(chosen), others)
        return Shelf(table.kind, tuple(ranked.offer(row) for row in chosen), note)


class _Ranked:
    """The candidates of one shelf with every term of their scores."""

    def __init__(self, table: Table, ask: _Ask, weights: Weights, left: NDArray[np.bool_]) -> None:
        self.table, self.ask = table, ask
        self.parts = context_parts(table, ask.context)
        self.left = left
        self.listed = self._listed()
        mask, self.gate = gates(table, left, ask.target, ask.n, self.listed)
        raw = {
            "taste": taste_of(table, ask.person),
            "affect": affect_fit(table, ask.target),
            "context": sum((part.values for part in self.parts), np.zeros(len(table))),
            "prior": prior_of(table, self.listed),
            "freshness": freshness(table, ask.person, ask.at),
            "explore": explored(table, ask.person, ask.seed),
        }
        self.terms = {name: getattr(weights, name) * raw[name] for name in TERMS}
        self.score: NDArray[np.floating[Any]] = np.sum([self.terms[name] for name in TERMS], axis=0)
        rows = np.flatnonzero(mask)
        self.order: list[int] = rows[np.lexsort((-self.score[rows], self.gate[rows]))].tolist()
        # A reason compares with everything that the filters left, on whichever side it lies.
        self.means = {name: float(term[left].mean()) if left.any() else 0.0 for name, term in self.terms.items()}

    def _listed(self) -> NDArray[np.bool_]:
        """What a list of the person's own names for this mood; going against the mood, no list counts."""
        if self.ask.mood.label is None or self.ask.lane == "opposite":
            return np.zeros(len(self.table), dtype=bool)
        return self.table.own & self.table.tagged(f"mood:{self.ask.mood.label}")

    def unchosen(self, chosen: Sequence[int]) -> NDArray[np.bool_]:
        """What is left but was not chosen."""
        mask = self.left.copy()
        mask[list(chosen)] = False
        return mask

    def offer(self, row: int) -> Offer:
        """The offer of one row, with its reason."""
        item = self.table.items[row]
        terms = {name: float(term[row]) for name, term in self.terms.items()}
        above = {name: terms[name] - self.means[name] for name in TERMS}
        led_by = leading_term(above)
        ground = Ground(
            mood=self.ask.mood,
            above=above[led_by],
            lane=self.ask.lane,
            target=self.ask.target,
            profile=self.ask.person,
            context=self.ask.context,
            parts={part.name: float(part.values[row]) for part in self.parts},
            stale=-terms["freshness"],
            listed=bool(self.listed[row]),
            ranks=(float(self.table.valence_rank[row]), float(self.table.energy_rank[row])),
        )
        return Offer(item, reason(item, led_by, ground), float(self.score[row]), terms, self.ask.lane, led_by, above)
