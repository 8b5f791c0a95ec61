"""One kind of a catalogue as columns, built once, so that scoring is a few array operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.catalog.schema import Item
from moodmirror.recommend.features import PRIOR_VARIANCE, features_of, group_of
from moodmirror.recommend.filters import Screen, mood_allows, screen
from moodmirror.types import Expression, Filters, Kind, Lane

__all__ = ["Table", "percentiles"]

Floats = NDArray[np.floating[Any]]
_CACHED_FILTERS: Final = 16
_CACHED_COLUMNS: Final = 32


def percentiles(values: Floats) -> Floats:
    """Share of values below each, equal ones counted half, 0..1.

    >>> percentiles(np.array([5.0, 1.0, 1.0, 9.0])).tolist()
    [0.625, 0.25, 0.25, 0.875]
    """
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return np.asarray(below / (2 * max(len(values), 1)), dtype=np.float64)


class Table:
    """Columns of the items of one kind; all arrays are (n,) but ``features`` (n, m), indices into ``names``.

    ``valence``, ``energy``: -1..1; ``valence_rank``, ``energy_rank``: percentiles in the kind, 0..1; ``minutes``: nan where
    not known. Index 0 of ``names`` is padding and weighs nothing.
    """

    def __init__(self, kind: Kind, items: Sequence[Item]) -> None:
        self.kind: Final = kind
        self.items: Final = tuple(items)
        self.row: Final[Mapping[str, int]] = {item.id: i for i, item in enumerate(self.items)}
        self.valence: Final = np.array([item.valence for item in items], dtype=np.float64)
        self.energy: Final = np.array([item.energy for item in items], dtype=np.float64)
        self.sureness: Final = np.array([item.affect_confidence for item in items], dtype=np.float64)
        self.valence_rank: Final = percentiles(self.valence)
        self.energy_rank: Final = percentiles(self.energy)
        self.minutes: Final = np.array([item.minutes or np.nan for item in items], dtype=np.float64)
        self.own: Final = np.array([item.source != "starter" for item in items], dtype=bool)
        self.creator: Final = tuple(item.creator.casefold() for item in items)
        self.feature_sets: Final = tuple(frozenset(features_of(item)) for item in items)
        self._number_features()
        self.tagged: Final = lru_cache(_CACHED_COLUMNS)(self._tagged)
        self.column: Final = lru_cache(_CACHED_COLUMNS)(self._column)
        self.screened: Final = lru_cache(_CACHED_FILTERS)(self._screened)
        self.fits_mood: Final = lru_cache(_CACHED_FILTERS)(self._fits_mood)

    def __len__(self) -> int:
        return len(self.items)

    def flag(self, which: Mapping[str, object] | frozenset[str] | set[str]) -> NDArray[np.bool_]:
        """True at the rows of these ids."""
        mask = np.zeros(len(self), dtype=bool)
        mask[[self.row[name] for name in which if name in self.row]] = True
        return mask

    def weighed(self, weights: Floats) -> Floats:
        """Sum of each item's feature weights; ``weights`` (m,) by :attr:`index`."""
        return np.asarray(weights[self.features].sum(axis=1), dtype=np.float64)

    def _number_features(self) -> None:
        index: dict[str, int] = {}
        rows = [[index.setdefault(name, len(index) + 1) for name in features_of(item)] for item in self.items]
        width = max((len(row) for row in rows), default=0)
        features = np.zeros((len(rows), width), dtype=np.int32)
        for i, row in enumerate(rows):
            features[i, : len(row)] = row
        self.index: Mapping[str, int] = index
        self.features: NDArray[np.int32] = features
        self.deviation: Floats = np.array([0.0, *(PRIOR_VARIANCE[group_of(name)] ** 0.5 for name in index)])

    def _tagged(self, tag: str) -> NDArray[np.bool_]:
        """True at the rows that carry a tag, or are at their best in the season of that name."""
        return np.array([tag in item.tags or tag in getattr(item, "season", ()) for item in self.items], dtype=bool)

    def _column(self, name: str) -> NDArray[np.object_]:
        """A field of the items, as it is; None where the kind has no such field."""
        cells = np.empty(len(self), dtype=object)
        cells[:] = [getattr(item, name, None) for item in self.items]
        return cells

    def _screened(self, filters: Filters) -> Screen:
        return screen(self.items, filters)

    def _fits_mood(self, label: Expression | None, lane: Lane) -> NDArray[np.bool_]:
        return np.array([mood_allows(item, label, lane) for item in self.items], dtype=bool)
