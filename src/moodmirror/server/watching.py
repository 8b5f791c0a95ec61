"""From readings of each frame to one person's settled mood: who is 'me', what is settled, what is stored and when.

Pure: no socket, no clock, no database. Times are seconds on the server's clock, given by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.types import Expression, Mood, Reading

SETTLE_S: Final = 1.0
"""How long a label must hold before it counts as the mood; it has passed the smoother's hysteresis already."""
STORE_AFTER_S: Final = 5.0
GONE_S: Final = 1.5
"""Without my face for so long there is no mood, and the next one is a new one."""
MISSED_S: Final = 0.7
"""So long I stay me while only other faces are found."""
CHOICE_GONE_S: Final = 5.0
"""A chosen face that is away for so long is no longer chosen."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One settled mood from its beginning. ``said``: the label of the network, None for a mood told while unclear.

    ``mood``: the latest of it. ``entry_id``: its row in the store, once there is one.
    """

    track_id: int
    said: Expression | None
    mood: Mood
    since: float
    seen: float
    corrected: Expression | None = None
    entry_id: int | None = None

    @property
    def expression(self) -> Expression | None:
        """The person's own word before the network's."""
        return self.corrected or self.said

    @property
    def told(self) -> Mood:
        """The mood that offers are made for: where it was corrected, the person's word and its place on the map."""
        if self.corrected is None:
            return self.mood
        return replace(self.mood, label=self.corrected, affect=MOOD_AFFECT[self.corrected], confidence=1.0)


@dataclass(slots=True)
class _Candidate:
    track_id: int
    label: Expression
    since: float


class Watching:
    """The one person before the mirror, over a stream. Not shared between threads."""

    def __init__(self) -> None:
        self.me: int | None = None
        self.stretch: Stretch | None = None
        self._chosen: int | None = None
        self._chosen_seen = 0.0
        self._me_seen = 0.0
        self._candidate: _Candidate | None = None
        self._unclear: tuple[int, Mood, float] | None = None

    def choose(self, track_id: int | None, at: float) -> None:
        """Say which face is 'me'; None leaves it to size."""
        self._chosen, self._chosen_seen = track_id, at

    def update(self, readings: Sequence[Reading], at: float) -> Reading | None:
        """Take the readings of one frame, largest first; returns my own, or None where I am not in view."""
        mine = self.find(readings, at)
        self.take(mine, at)
        return mine

    def find(self, readings: Sequence[Reading], at: float) -> Reading | None:
        """Say which of the readings of one frame, largest first, is mine."""
        mine = self._find_me(readings, at)
        if mine is not None or not readings:
            self.me = mine.track_id if mine is not None else None
        return mine

    def take(self, mine: Reading | None, at: float) -> None:
        """Go on with my reading of one frame, or None where I am not in view."""
        if self.stretch is not None and (
            at - self.stretch.seen > GONE_S or (mine is not None and mine.track_id != self.stretch.track_id)
        ):
            self.stretch = None
        if mine is None:
            self._candidate, self._unclear = None, None
        else:
            self._settle(mine, at)

    def correct(self, expression: Expression | None, at: float) -> Stretch | None:
        """Take the person's own word, or take it back with None; returns the stretch it belongs to, None without a face."""
        if self.stretch is None:
            if self._unclear is None or expression is None:
                return None
            track_id, mood, seen = self._unclear
            self.stretch = Stretch(track_id, None, mood, at, seen)
        corrected = replace(self.stretch, corrected=expression)
        # A word that stood alone, while the network was unsure, leaves nothing behind when it is taken back.
        self.stretch = None if corrected.expression is None else corrected
        return corrected

    def due(self, at: float) -> bool:
        """Whether the mood has lasted long enough to be stored and is not yet."""
        stretch = self.stretch
        return stretch is not None and stretch.entry_id is None and at - stretch.since >= STORE_AFTER_S

    def stored(self, entry_id: int) -> None:
        """Note the row of the present mood."""
        if self.stretch is not None:
            self.stretch = replace(self.stretch, entry_id=entry_id)

    def _find_me(self, readings: Sequence[Reading], at: float) -> Reading | None:
        by_id = {reading.track_id: reading for reading in readings}
        if self._chosen is not None:
            if self._chosen in by_id:
                self._chosen_seen = at
                return by_id[self._chosen]
            if at - self._chosen_seen <= CHOICE_GONE_S:
                return None  # a passer-by must not become me while I bend down
            self._chosen = None
        # Who was me stays me: two faces of one size would swap at every frame.
        if self.me in by_id:
            self._me_seen = at
            return by_id[self.me]
        if self.me is not None and readings and at - self._me_seen <= MISSED_S:
            return None  # one frame without my face does not make another one mine
        self._me_seen = at
        return readings[0] if readings else None

    def _settle(self, mine: Reading, at: float) -> None:
        label = mine.mood.label
        self._unclear = (mine.track_id, mine.mood, at) if label is None else None
        if self.stretch is not None:
            # 'Unclear' between two of the same label is a doubt, not a change; the mood's numbers are those it was said with.
            mood = mine.mood if label == self.stretch.said else self.stretch.mood
            self.stretch = replace(self.stretch, seen=at, mood=mood)
        if label is None or (self.stretch is not None and label == self.stretch.said):
            self._candidate = None
            return
        candidate = self._candidate
        if candidate is None or (candidate.track_id, candidate.label) != (mine.track_id, label):
            candidate = self._candidate = _Candidate(mine.track_id, label, at)
        if at - candidate.since >= SETTLE_S:
            self.stretch = Stretch(mine.track_id, label, mine.mood, candidate.since, at)
            self._candidate = None
