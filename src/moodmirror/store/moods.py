"""Moods: remembered, corrected, listed page by page, forgotten."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Final, Literal, cast

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from moodmirror.errors import NotFound
from moodmirror.store.base import Rows
from moodmirror.store.models import MoodRow
from moodmirror.types import Affect, Expression, Mood, MoodEntry, MoodSource


class Keep(enum.Enum):
    """Marks a field that an update leaves as it is, where None would empty it."""

    KEEP = enum.auto()


KEEP: Final = Keep.KEEP


class MoodRows(Rows):
    """The moods of one person."""

    def add_mood(self, mood: Mood, at: datetime, note: str | None = None) -> MoodEntry:
        """Remember a settled mood. ``at``: aware. On return it is on the disk."""
        row = MoodRow(
            person=self._person,
            at=at,
            source=mood.source,
            label=mood.label,
            probabilities=[float(value) for value in mood.probabilities],
            valence=float(mood.affect.valence),
            arousal=float(mood.affect.arousal),
            confidence=float(mood.confidence),
            note=note,
        )
        with self._writing() as session:
            session.add(row)
            session.flush()
            return _entry(row)

    def mood(self, entry_id: int) -> MoodEntry:
        """One mood. Raises NotFound."""
        with self._reading() as session:
            return _entry(self._mood_row(session, entry_id))

    def update_mood(
        self,
        entry_id: int,
        corrected: Expression | Literal[Keep.KEEP] | None = KEEP,
        note: str | Literal[Keep.KEEP] | None = KEEP,
    ) -> MoodEntry:
        """Set the person's own word or note, or empty it with None. The reading stays as it was. Raises NotFound."""
        with self._writing() as session:
            row = self._mood_row(session, entry_id)
            if corrected is not KEEP:
                row.corrected = corrected
            if note is not KEEP:
                row.note = note
            return _entry(row)

    def correct_mood(self, entry_id: int, corrected: Expression | None) -> MoodEntry:
        """Keep the person's own word beside the reading; None takes it back. Raises NotFound."""
        return self.update_mood(entry_id, corrected=corrected)

    def delete_mood(self, entry_id: int) -> None:
        """Forget one mood, on the disk too. Raises NotFound."""
        with self._writing() as session:
            session.delete(self._mood_row(session, entry_id))
        self._forget(shrink=False)

    def moods(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
        before_id: int | None = None,
    ) -> tuple[MoodEntry, ...]:
        """Moods, newest first; ``since`` included, ``until`` not. ``before_id``: only those after it in that order."""
        query = self._own(MoodRow).order_by(MoodRow.at.desc(), MoodRow.id.desc())
        if since is not None:
            query = query.where(MoodRow.at >= since)
        if until is not None:
            query = query.where(MoodRow.at < until)
        with self._reading() as session:
            if before_id is not None:
                query = query.where(self._before(session, before_id))
            return tuple(_entry(row) for row in session.scalars(query.limit(limit)))

    def _before(self, session: Session, entry_id: int) -> Any:
        last = session.scalar(self._own(MoodRow).where(MoodRow.id == entry_id))
        if last is None:  # deleted since the last page; ids grow with time, so they stand in for it
            return MoodRow.id < entry_id
        return or_(MoodRow.at < last.at, and_(MoodRow.at == last.at, MoodRow.id < last.id))

    def _mood_row(self, session: Session, entry_id: int) -> MoodRow:
        row = session.scalar(self._own(MoodRow).where(MoodRow.id == entry_id))
        if row is None:
            raise NotFound(f"There is no mood {entry_id}; it may have been deleted.")
        return row


def _entry(row: MoodRow) -> MoodEntry:
    return MoodEntry(
        id=row.id,
        at=row.at,
        source=cast("MoodSource", row.source),
        label=cast("Expression | None", row.label),
        probabilities=tuple(row.probabilities),
        affect=Affect(row.valence, row.arousal),
        confidence=row.confidence,
        corrected=cast("Expression | None", row.corrected),
        note=row.note,
    )
