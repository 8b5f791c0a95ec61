"""What must never be offered. Every rule fails closed: an item that does not say is out as soon as the rule is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.catalog.schema import Activity, Film, Food, Item, Song
from moodmirror.types import Expression, Filters, Kind, Lane

__all__ = ["RULES", "Rule", "Screen", "allowed", "mood_allows", "screen", "why_not"]

_COST: Final = {"free": 0, "cheap": 1, "paid": 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """One filter: its ``name`` for people, whether a person set it, and whether an item passes when it is set."""

    name: str
    asked: Callable[[Filters], bool]
    passes: Callable[[Item, Filters], bool]


def _blocked(item: Item, filters: Filters) -> bool:
    return item.id not in filters.blocked and (
        not item.creator or item.creator.casefold() not in {name.casefold() for name in filters.blocked}
    )


def _diet(item: Item, filters: Filters) -> bool:
    return not isinstance(item, Food) or (item.diet is not None and filters.diet <= set(item.diet))


def _allergens(item: Item, filters: Filters) -> bool:
    return not isinstance(item, Food) or (
        item.allergens is not None and filters.avoid_allergens.isdisjoint(item.allergens)
    )


def _certificate(item: Item, filters: Filters) -> bool:
    most = filters.max_certificate
    return not isinstance(item, Film) or most is None or (item.certificate is not None and item.certificate <= most)


def _languages(item: Item, filters: Filters) -> bool:
    if not isinstance(item, Song | Film):
        return True
    if item.language is None:
        return False
    wanted = {name.casefold() for name in filters.languages}
    return item.language.casefold() in wanted or item.language.split("-")[0].casefold() in wanted


def _cost(item: Item, filters: Filters) -> bool:
    most = filters.max_cost
    return not isinstance(item, Activity) or most is None or (item.cost is not None and _COST[item.cost] <= most)


def _minutes(item: Item, filters: Filters) -> bool:
    most = filters.max_minutes
    return most is None or (item.minutes is not None and item.minutes <= most)


RULES: Final[tuple[Rule, ...]] = (
    Rule("your block list", lambda f: bool(f.blocked), _blocked),
    Rule("the diet filter", lambda f: bool(f.diet), _diet),
    Rule("the allergen filter", lambda f: bool(f.avoid_allergens), _allergens),
    Rule("the age limit", lambda f: f.max_certificate is not None, _certificate),
    Rule(
        "the filter on strong language",
        lambda f: not f.allow_explicit,
        lambda item, _: not isinstance(item, Song) or item.explicit is False,
    ),
    Rule(
        "the alcohol filter",
        lambda f: not f.allow_alcohol,
        lambda item, _: not isinstance(item, Food) or item.alcohol is False,
    ),
    Rule(
        "the caffeine filter",
        lambda f: not f.allow_caffeine,
        lambda item, _: not isinstance(item, Food) or item.caffeine is False,
    ),
    Rule("the language filter", lambda f: bool(f.languages), _languages),
    Rule("the cost limit", lambda f: f.max_cost is not None, _cost),
    Rule("the time limit", lambda f: f.max_minutes is not None, _minutes),
)


def why_not(item: Item, filters: Filters) -> tuple[str, ...]:
    """Names of the rules that keep an item out; empty where it may be offered."""
    return tuple(rule.name for rule in RULES if rule.asked(filters) and not rule.passes(item, filters))


def allowed(item: Item, filters: Filters) -> bool:
    """Whether an item passes every rule that is asked for.

    >>> from moodmirror.catalog.schema import Food
    >>> dish = Food(id="food:soup", title="Soup", valence=0.2, energy=-0.4)
    >>> allowed(dish, Filters()), allowed(dish, Filters(avoid_allergens=frozenset({"nuts"})))
    (True, False)
    """
    return not why_not(item, filters)


def mood_allows(item: Item, label: Expression | None, lane: Lane) -> bool:
    """Whether a mood leaves an item in: in fear nothing with caffeine, and no horror unless the person chose to stay with it."""
    if label != "fear":
        return True
    if isinstance(item, Food):
        return item.caffeine is False
    if isinstance(item, Film) and lane != "match":
        words = {word.casefold() for word in (*item.tags, *item.warnings, item.genre or "")}
        return item.genre is not None and not any("horror" in word for word in words)
    return True


@dataclass(frozen=True, slots=True)
class Screen:
    """Which items pass: ``mask`` bool (n,), and of each rule asked for how many it keeps out (``refused``) and how many
    it alone keeps out (``alone``)."""

    mask: NDArray[np.bool_]
    refused: Mapping[str, int]
    alone: Mapping[str, int]

    def note(self, kind: Kind, left: int, others: Iterable[str] = ()) -> str:
        """Why a shelf is short, in a sentence: how many are left, and what left the rest out."""
        words = {"song": "song", "film": "film", "food": "dish", "activity": "activity"}
        plural = {"song": "songs", "film": "films", "food": "dishes", "activity": "activities"}
        head = (
            f"No {words[kind]} is left"
            if left == 0
            else f"Only {left} {words[kind] if left == 1 else plural[kind]} left"
        )
        order = sorted(self.refused, key=lambda name: (-self.alone[name], -self.refused[name]))
        causes = [f"{name} leaves out {self.refused[name]}" for name in order if self.refused[name]]
        causes += others
        if not len(self.mask):
            return f"The catalogue holds no {plural[kind]} yet."
        return f"{head}: {', '.join(causes)}." if causes else f"{head} in the catalogue."


def screen(items: Sequence[Item], filters: Filters) -> Screen:
    """Apply every rule asked for to every item."""
    asked = [rule for rule in RULES if rule.asked(filters)]
    passes = np.array([[rule.passes(item, filters) for item in items] for rule in asked], dtype=bool)
    passes = passes.reshape(len(asked), len(items))
    broken = (~passes).sum(axis=0)
    refused = {rule.name: int((~row).sum()) for rule, row in zip(asked, passes, strict=True)}
    alone = {rule.name: int((~row & (broken == 1)).sum()) for rule, row in zip(asked, passes, strict=True)}
    return Screen(broken == 0, refused, alone)
