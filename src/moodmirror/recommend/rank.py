"""Score every item that is left, and choose a few that differ.

score = taste + affect + context + prior + freshness + explore, each weighted by :class:`Weights`; docs/recommending.md
tells where each comes from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.recommend.context import Context
from moodmirror.recommend.profile import Profile
from moodmirror.recommend.table import Table
from moodmirror.types import Affect

__all__ = [
    "TERMS",
    "Part",
    "Weights",
    "affect_fit",
    "context_parts",
    "diverse",
    "explored",
    "freshness",
    "gates",
    "prior_of",
    "taste_of",
    "wrong_sides",
]

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]

TERMS: Final = ("taste", "affect", "context", "prior", "freshness", "explore")


@dataclass(frozen=True, slots=True)
class Weights:
    """Starting weights of the score's terms, chosen by hand: taste leads, for it explains most of what people like."""

    taste: float = 1.0
    affect: float = 0.8
    context: float = 0.35
    prior: float = 0.1
    freshness: float = 1.0
    explore: float = 0.06


NO_SIDE: Final = 0.05
"""A target nearer to 0 than this has no side."""

OFFERED_H: Final = 24.0
OPENED_H: Final = 72.0
"""Hours in which the wish not to repeat falls to 1/e."""

SIMILARITY_COST: Final = 0.3
SHORTLIST: Final = 64


def taste_of(table: Table, profile: Profile) -> Floats:
    """Posterior mean appeal of each item."""
    # The shared mean holds where no answer of this person's has reached.
    return table.weighed(_spread(table, {**profile.taste.shared, **profile.taste.weights}))


def _spread(table: Table, weights: Mapping[str, float]) -> Floats:
    column = np.zeros(len(table.index) + 1)
    for name, weight in weights.items():
        if (at := table.index.get(name)) is not None:
            column[at] = weight
    return column


def explored(table: Table, profile: Profile, seed: int) -> Floats:
    """How far one draw of the person's taste lies from its mean, for each item."""
    # The kind's place keeps two shelves of one offer from sharing their luck.
    rng = np.random.default_rng([seed % 2**63, len(table.kind), ord(table.kind[0])])
    return table.weighed(profile.taste.sampled(table.index, table.deviation, rng))


def affect_fit(table: Table, target: Affect) -> Floats:
    """Minus the distance of each item from the target, both as percentiles of the kind.

    Percentiles, not (v + 1) / 2: a catalogue's values crowd together, and a target must fall where its items are.
    What is unsure of its valence and energy is drawn to the mean of all.
    """
    fit = -np.hypot(
        table.valence_rank - (target.valence + 1) / 2,
        table.energy_rank - (target.arousal + 1) / 2,
    )
    mean = fit.mean() if len(fit) else 0.0
    return np.asarray(mean + table.sureness * (fit - mean), dtype=np.float64)


def wrong_sides(table: Table, target: Affect) -> NDArray[np.int64]:
    """On how many axes each item lies across the kind's median from the target, 0 to 2."""
    wrong = np.zeros(len(table), dtype=np.int64)
    if not len(table):
        return wrong
    for values, aim in ((table.valence, target.valence), (table.energy, target.arousal)):
        if abs(aim) >= NO_SIDE:
            wrong += math.copysign(1, aim) * (values - np.median(values)) < 0
    return wrong


def gates(table: Table, left: Mask, target: Affect, n: int, listed: Mask) -> tuple[Mask, NDArray[np.int64]]:
    """Items that the lane chooses among, and on how many axes each lies on the wrong side.

    Those on the target's side come first; what lies across a median joins, after them, only where they are too few makers
    to fill ``n``. The gate is half of an axis, never a nearest few, and every item in it is scored.
    ``listed``: what the person's own list names for this mood; it passes, for its valence and energy are only a guess.
    """
    wrong = np.where(listed, 0, wrong_sides(table, target))
    for most in (0, 1):
        mask = left & (wrong <= most)
        makers = {table.creator[i] or f"\0{i}" for i in np.flatnonzero(mask)}
        if len(makers) >= n:
            return mask, wrong
    return left, wrong


def freshness(table: Table, profile: Profile, at: datetime) -> Floats:
    """0 for what was not seen lately, down to -1 for what was offered or opened just now."""
    stale = np.zeros(len(table))
    for times, hours in ((profile.offered, OFFERED_H), (profile.seen, OPENED_H)):
        for item_id, when in times.items():
            if (row := table.row.get(item_id)) is not None:
                age = max((at - when).total_seconds() / 3600, 0.0)
                stale[row] = max(stale[row], math.exp(-age / hours))
    return -stale


def prior_of(table: Table, listed: Mask) -> Floats:
    """1 for what the person brought in, 2 more where their own list names it for this mood."""
    return np.asarray(table.own + 2.0 * listed, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the context: its ``name`` and what it adds to each item (n,)."""

    name: str
    values: Floats


MEALS: Final = {"breakfast": range(5, 11), "lunch": range(11, 15), "snack": range(15, 18), "dinner": range(17, 22)}


def context_parts(table: Table, context: Context) -> tuple[Part, ...]:
    """What the moment says of each item, piece by piece; starting values."""
    parts = [*_hour_parts(table, context.hour)] if context.hour is not None else []
    if context.minutes is not None:
        fits = np.where(np.isnan(table.minutes), -0.2, np.where(table.minutes <= context.minutes, 0.3, -0.6))
        parts.append(Part("minutes", fits))
    if context.season is not None and table.kind == "food":
        parts.append(Part("season", 0.5 * table.tagged(context.season)))
    if table.kind == "activity":
        if context.place is not None:
            place = table.column("place")
            parts.append(Part("place", np.where(place == context.place, 0.4, np.where(place == None, -0.1, -0.4))))  # noqa: E711
        if context.company is not None:
            company = table.column("company")
            other = np.where(company == "either", 0.1, np.where(company == None, -0.1, -0.5))  # noqa: E711
            parts.append(Part("company", np.where(company == context.company, 0.3, other)))
    return tuple(parts)


def _hour_parts(table: Table, hour: int) -> list[Part]:
    parts: list[Part] = []
    late = hour >= 21 or hour < 5
    if late:
        parts.append(Part("late", -0.5 * table.energy))
    if table.kind == "food":
        parts += [Part(meal, 0.5 * table.tagged(meal)) for meal, hours in MEALS.items() if hour in hours]
        if hour >= 15 or hour < 5:
            parts.append(Part("caffeine", np.where(table.column("caffeine") == True, -0.6, 0.0)))  # noqa: E712
    if table.kind == "activity" and (hour >= 21 or hour < 6):
        parts.append(Part("dark", np.where((table.column("place") == "outdoors") & ~table.tagged("night"), -0.6, 0.0)))
    return parts


def diverse(
    table: Table, order: Sequence[int], score: Floats, gate: NDArray[np.int64], n: int, taken: set[str]
) -> list[int]:
    """Choose n rows by maximal marginal relevance (Carbonell & Goldstein 1998), no maker twice, lower gates first.

    ``order``: candidate rows, best first by gate and score. ``taken``: makers already offered, in lower case; added to.
    """
    pool = list(order)
    chosen: list[int] = []
    while len(chosen) < n:
        level = _open_rows(table, pool, gate, taken)
        if not level:
            break
        best = max(level, key=lambda row: score[row] - SIMILARITY_COST * _likeness(table, row, chosen))
        chosen.append(best)
        pool.remove(best)
        if table.creator[best]:
            taken.add(table.creator[best])
    return chosen


def _open_rows(table: Table, pool: Sequence[int], gate: NDArray[np.int64], taken: set[str]) -> list[int]:
    """The best rows of the lowest gate that still has one whose maker is not taken; no more than a shortlist."""
    level: list[int] = []
    for row in pool:
        if level and (gate[row] != gate[level[0]] or len(level) == SHORTLIST):
            break
        if table.creator[row] not in taken:
            level.append(row)
    return level


def _likeness(table: Table, row: int, chosen: Sequence[int]) -> float:
    mine = table.feature_sets[row]
    return max((len(mine & table.feature_sets[c]) / len(mine | table.feature_sets[c]) for c in chosen), default=0.0)
