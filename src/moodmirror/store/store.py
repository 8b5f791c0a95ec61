"""What a person's mirror remembers, on SQLite by default, any SQLAlchemy address by choice.

Safe to use from several threads; every call is one transaction. Moments are aware and kept in UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from moodmirror.errors import NotFound
from moodmirror.store.base import OWNED
from moodmirror.store.models import FeedbackRow, ItemRow, MoodRow, RestRow, SettingRow
from moodmirror.store.moods import MoodRows
from moodmirror.store.rest import RestRows
from moodmirror.store.transfer import Export, pack, unpack
from moodmirror.types import Action, Affect, Expression, Feedback, Kind, Lane

OPINIONS: Final[tuple[Action, ...]] = ("like", "not_now", "never")
"""What undoing takes back; that something was opened stays a fact."""


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An imported item. ``data``: as the catalogue's schema writes it, JSON values only."""

    id: str
    kind: Kind
    data: Mapping[str, Any]
    hidden: bool = False


class Store(MoodRows, RestRows):
    """Everything remembered of one person.

    >>> from moodmirror.types import Affect, Mood
    >>> with Store.open("sqlite://") as store:
    ...     entry = store.add_mood(Mood("sad", (), Affect(-0.6, -0.3), 0.8, "manual"), at=datetime.now(UTC))
    ...     store.correct_mood(entry.id, "neutral").corrected
    'neutral'
    """

    # Feedback

    def add_feedback(self, feedback: Feedback) -> Feedback:
        """Remember what was done with an offer."""
        affect = feedback.affect
        row = FeedbackRow(
            person=self._person,
            item_id=feedback.item_id,
            action=feedback.action,
            at=feedback.at,
            mood=feedback.mood,
            valence=None if affect is None else float(affect.valence),
            arousal=None if affect is None else float(affect.arousal),
            lane=feedback.lane,
        )
        with self._writing() as session:
            session.add(row)
            session.flush()
            return _feedback(row)

    def feedback(self, item_id: str | None = None) -> tuple[Feedback, ...]:
        """What was done with offers, oldest first; of one item, or of all."""
        query = self._own(FeedbackRow).order_by(FeedbackRow.at, FeedbackRow.id)
        if item_id is not None:
            query = query.where(FeedbackRow.item_id == item_id)
        with self._reading() as session:
            return tuple(_feedback(row) for row in session.scalars(query))

    def undo_feedback(self, item_id: str) -> int:
        """Take back like, not now and never for an item; returns how many. Raises NotFound where there is none."""
        with self._writing() as session:
            opinions = and_(FeedbackRow.item_id == item_id, FeedbackRow.action.in_(OPINIONS))
            gone = self._delete(session, FeedbackRow, opinions)
        if not gone:
            raise NotFound(f"There is no opinion on {item_id} to take back.")
        self._forget(shrink=False)
        return gone

    # Settings

    def settings(self) -> dict[str, Any]:
        """Every choice by its key; empty where none was made."""
        with self._reading() as session:
            return {row.key: row.value for row in session.scalars(self._own(SettingRow).order_by(SettingRow.key))}

    def put_settings(self, values: Mapping[str, Any]) -> None:
        """Set choices by key, JSON values only; others stay."""
        with self._writing() as session:
            for key, value in values.items():
                session.merge(SettingRow(person=self._person, key=key, value=value))

    # Imported items

    def items(self, kind: Kind | None = None, *, hidden: bool = True) -> tuple[StoredItem, ...]:
        """Imported items by id; ``hidden``: with the hidden ones."""
        query = self._own(ItemRow).order_by(ItemRow.id)
        if kind is not None:
            query = query.where(ItemRow.kind == kind)
        if not hidden:
            query = query.where(ItemRow.hidden.is_(False))
        with self._reading() as session:
            return tuple(_item(row) for row in session.scalars(query))

    def put_items(self, items: Iterable[StoredItem]) -> int:
        """Add or replace items by id, all or none; returns how many."""
        count = 0
        with self._writing() as session:
            for item in items:
                session.merge(
                    ItemRow(person=self._person, id=item.id, kind=item.kind, data=dict(item.data), hidden=item.hidden)
                )
                count += 1
        return count

    def hide_item(self, item_id: str, *, hidden: bool = True) -> None:
        """Take an imported item out of sight, or bring it back. Raises NotFound."""
        with self._writing() as session:
            row = session.get(ItemRow, (self._person, item_id))
            if row is None:
                raise NotFound(f"There is no imported item {item_id}.")
            row.hidden = hidden

    # Everything

    def purge(self, keep_days: int, now: datetime) -> int:
        """Forget moods and feedback older than ``keep_days``, save 'never' and 'like'. Returns how many rows went."""
        edge = now - timedelta(days=keep_days)
        old_feedback = and_(FeedbackRow.at < edge, FeedbackRow.action.not_in(["never", "like"]))
        with self._writing() as session:
            gone = self._delete(session, MoodRow, MoodRow.at < edge) + self._delete(session, FeedbackRow, old_feedback)
        if gone:
            self._forget(shrink=False)
        return gone

    def export(self, at: datetime | None = None) -> dict[str, Any]:
        """Everything, as plain values ready for JSON; :meth:`import_` reads it back without loss."""
        with self._reading() as session:
            return pack(
                at or datetime.now(UTC),
                list(session.scalars(self._own(MoodRow).order_by(MoodRow.id))),
                list(session.scalars(self._own(FeedbackRow).order_by(FeedbackRow.id))),
                list(session.scalars(self._own(SettingRow).order_by(SettingRow.key))),
                list(session.scalars(self._own(ItemRow).order_by(ItemRow.id))),
                session.get(RestRow, self._person),
            )

    def import_(self, data: object) -> dict[str, int]:
        """Read an export back: all is checked first and written in one transaction; a second time adds nothing.

        What is here already stays as it is, but settings, items and a resting face follow the export. A mood keeps its id
        where that is free. Returns how many rows are new by table. Raises DataError that names row and field.
        """
        export = unpack(data)
        with self._writing() as session:
            counts = {
                "moods": self._import_moods(session, export),
                "feedback": self._import_feedback(session, export),
                "items": self._import_items(session, export),
                "resting_faces": self._import_rest(session, export),
            }
            for key, value in export.settings.items():
                session.merge(SettingRow(person=self._person, key=key, value=value))
        return counts

    def _import_moods(self, session: Session, export: Export) -> int:
        taken = {row.uid: row.id for row in session.execute(select(MoodRow.uid, MoodRow.id))}
        used = set(taken.values())
        free = max([0, *used, *(mood.id for mood in export.moods)]) + 1
        new = [mood.row(self._person) for mood in export.moods if mood.uid not in taken]
        for row in new:
            if row.id in used:
                row.id, free = free, free + 1
            used.add(row.id)
        session.add_all(new)
        return len(new)

    def _import_feedback(self, session: Session, export: Export) -> int:
        taken = set(session.scalars(select(FeedbackRow.uid)))
        new = [act.row(self._person) for act in export.feedback if act.uid not in taken]
        session.add_all(new)
        return len(new)

    def _import_items(self, session: Session, export: Export) -> int:
        taken = set(session.scalars(select(ItemRow.id).where(ItemRow.person == self._person)))
        for item in export.items:
            session.merge(item.row(self._person))
        return sum(item.id not in taken for item in export.items)

    def _import_rest(self, session: Session, export: Export) -> int:
        if export.resting_face is None:
            return 0
        new = session.get(RestRow, self._person) is None
        session.merge(export.resting_face.row(self._person))
        return int(new)

    def delete_all(self) -> dict[str, int]:
        """Forget everything of this person, on the disk too. Returns how many rows went, by table."""
        with self._writing() as session:
            counts = {str(model.__tablename__): self._delete(session, model, None) for model in OWNED}
        self._forget(shrink=True)
        return counts

    def counts(self) -> dict[str, int]:
        """How many rows there are, by table."""
        with self._reading() as session:
            return {
                str(model.__tablename__): session.scalar(
                    select(func.count()).select_from(model).where(model.person == self._person)
                )
                or 0
                for model in OWNED
            }

    def stamps(self) -> dict[str, str]:
        """A short mark for feedback, settings and items each that changes whenever they do, in this process or another."""
        marks = {}
        with self._reading() as session:
            rows = select(func.count(), func.max(FeedbackRow.id)).where(FeedbackRow.person == self._person)
            marks["feedback"] = str(tuple(session.execute(rows).one()))
            for name, model in (("settings", SettingRow), ("items", ItemRow)):
                digest = hashlib.sha256()
                for column in session.execute(select(model.__table__).where(model.person == self._person)):
                    digest.update(repr(tuple(column)).encode())
                marks[name] = digest.hexdigest()
        return marks


def _feedback(row: FeedbackRow) -> Feedback:
    known = row.valence is not None and row.arousal is not None
    return Feedback(
        item_id=row.item_id,
        action=cast("Action", row.action),
        at=row.at,
        mood=cast("Expression | None", row.mood),
        affect=Affect(cast("float", row.valence), cast("float", row.arousal)) if known else None,
        lane=cast("Lane | None", row.lane),
    )


def _item(row: ItemRow) -> StoredItem:
    return StoredItem(row.id, cast("Kind", row.kind), row.data, row.hidden)
