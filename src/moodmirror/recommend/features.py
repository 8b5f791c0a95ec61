"""What taste can take hold of in an item: a few named features, the same for every catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from moodmirror.catalog.schema import Film, Food, Item, Song

__all__ = ["PRIOR_VARIANCE", "features_of", "group_of"]

PRIOR_VARIANCE: Final[Mapping[str, float]] = {
    "item": 0.40,
    "creator": 0.50,
    "genre": 0.25,
    "language": 0.08,
    "decade": 0.05,
    "tag": 0.10,
    "feel": 0.05,
    "kind": 0.03,
}
"""How far a person may stray from the shared mean in a feature of each group; starting values, chosen by hand.

A like of one song then says much of its maker, something of its genre and little of its decade.
"""


def features_of(item: Item) -> tuple[str, ...]:
    """Names of the features an item has, each 'group:kind:value', without doubles; values are in lower case.

    >>> from moodmirror.catalog.schema import Song
    >>> song = Song(id="song:halo", title="Halo", creator="Beyoncé", genre="pop", year=2008, valence=0.5, energy=0.4)
    >>> features_of(song)
    ('item:song:halo', 'kind:song', 'creator:beyoncé', 'genre:song:pop', 'decade:song:2000', 'feel:song:bright')
    """
    kind = item.kind
    names = [f"item:{item.id}", f"kind:{kind}"]
    if item.creator and not isinstance(item, Food):
        names.append(f"creator:{item.creator.casefold()}")
    genre = item.genre if isinstance(item, Song | Film) else item.cuisine if isinstance(item, Food) else None
    if genre:
        names.append(f"genre:{kind}:{genre.casefold()}")
    if item.language:
        names.append(f"language:{kind}:{item.language.split('-')[0]}")
    if item.year is not None and kind in {"song", "film"}:
        names.append(f"decade:{kind}:{item.year // 10 * 10}")
    names += (f"tag:{kind}:{tag.casefold()}" for tag in item.tags if not tag.startswith("mood:"))
    if item.valence >= 0.3:
        names.append(f"feel:{kind}:bright")
    elif item.valence <= -0.3:
        names.append(f"feel:{kind}:dark")
    if item.energy >= 0.5:
        names.append(f"feel:{kind}:lively")
    elif item.energy <= -0.3:
        names.append(f"feel:{kind}:calm")
    return tuple(dict.fromkeys(names))


def group_of(feature: str) -> str:
    """The group that a feature's prior variance goes by."""
    return feature.partition(":")[0]
