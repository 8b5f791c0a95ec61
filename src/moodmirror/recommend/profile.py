"""What is known of a person when an offer is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from moodmirror.catalog.load import Catalog
from moodmirror.errors import InputError
from moodmirror.recommend.features import features_of
from moodmirror.recommend.taste import REWARD, Observation, Taste
from moodmirror.types import Expression, Feedback, Filters, Lane

__all__ = ["Profile"]


@dataclass(frozen=True)
class Profile:
    """A person's filters, chosen lanes, taste and latest answers; frozen, so each answer makes a new one.

    ``never``: ids blocked for good. ``rested``: when an item was last put off. ``seen``: when it was last liked or opened.
    ``offered``: when it was last shown. ``liked``, ``opened``: features of items answered so, for reasons that are true.
    """

    filters: Filters = field(default_factory=Filters)
    lanes: Mapping[Expression, Lane] = field(default_factory=dict)
    taste: Taste = field(default_factory=Taste)
    never: frozenset[str] = frozenset()
    rested: Mapping[str, datetime] = field(default_factory=dict)
    seen: Mapping[str, datetime] = field(default_factory=dict)
    offered: Mapping[str, datetime] = field(default_factory=dict)
    liked: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()

    @classmethod
    def from_feedback(
        cls,
        catalog: Catalog,
        feedback: Iterable[Feedback],
        filters: Filters | None = None,
        lanes: Mapping[Expression, Lane] | None = None,
        offered: Mapping[str, datetime] | None = None,
        shared: Mapping[str, float] | None = None,
    ) -> Profile:
        """The profile after these answers, in any order. An answer on an item that is gone still blocks or rests its id.

        ``shared``: the mean appeal of features from which everybody starts; zero by default.
        Times must know their zone; raises :class:`InputError` otherwise.
        """
        start = cls(filters or Filters(), dict(lanes or {}), offered=dict(offered or {}))
        _need_zones(start.offered.values())
        answers = list(feedback)
        _need_zones(answer.at for answer in answers)
        answers.sort(key=lambda answer: answer.at)
        for answer in answers:
            start = start._remembered(catalog, answer)
        looks = (look for answer in answers if (look := _look(catalog, answer)))
        return replace(start, taste=Taste.of(looks, shared))

    def with_feedback(self, catalog: Catalog, answer: Feedback) -> Profile:
        """The profile after one more answer, which must be the newest."""
        _need_zones([answer.at])
        look = _look(catalog, answer)
        taste = self.taste.updated(look) if look else self.taste
        return replace(self._remembered(catalog, answer), taste=taste)

    def with_offered(self, item_ids: Sequence[str], at: datetime) -> Profile:
        """The profile after these were shown."""
        _need_zones([at])
        return replace(self, offered={**self.offered, **dict.fromkeys(item_ids, at)})

    def with_lane(self, expression: Expression, lane: Lane) -> Profile:
        """The profile after the person chose a lane for a mood; it sticks."""
        return replace(self, lanes={**self.lanes, expression: lane})

    def _remembered(self, catalog: Catalog, answer: Feedback) -> Profile:
        item = catalog.get(answer.item_id)
        names = frozenset(features_of(item)) if item is not None else frozenset()
        key, at = answer.item_id, answer.at
        if answer.action == "never":
            return replace(self, never=self.never | {key})
        if answer.action == "not_now":
            return replace(self, rested={**self.rested, key: at})
        if answer.action == "like":
            return replace(self, seen={**self.seen, key: at}, liked=self.liked | names)
        return replace(self, seen={**self.seen, key: at}, opened=self.opened | names)


def _look(catalog: Catalog, answer: Feedback) -> Observation | None:
    item = catalog.get(answer.item_id)
    return None if item is None else Observation(features_of(item), REWARD[answer.action])


def _need_zones(times: Iterable[datetime]) -> None:
    if any(time.tzinfo is None for time in times):
        raise InputError("A time has no zone. Give UTC or the person's own.")
