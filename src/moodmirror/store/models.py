"""The tables. Each column says in ``info["why"]`` why it is stored; docs/privacy.md and the page's list are held to it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, Float, Index, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ME: Final = "me"
"""The one person there is until there are accounts."""

_WHOSE = "Whose row it is; 'me' while there is one person."


def new_uid() -> str:
    """Random identity of a row, 32 hex digits."""
    return uuid.uuid4().hex


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. Refuses one without a time zone; SQLite keeps it without and gets it back with."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From UTC."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of the tables, with a naming rule so that later migrations can name each constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class MoodRow(Base):
    """A settled mood and the person's own word for it."""

    __tablename__ = "moods"
    __table_args__ = (
        Index("ix_moods_person_at", "person", "at"),
        CheckConstraint("valence BETWEEN -1 AND 1", name="valence"),
        CheckConstraint("arousal BETWEEN -1 AND 1", name="arousal"),
        {"sqlite_autoincrement": True},  # a deleted mood's id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True, info={"why": "Names the mood when it is corrected or deleted."})
    uid: Mapped[str] = mapped_column(
        String(32), unique=True, default=new_uid, info={"why": "Random; keeps an export read back twice from doubling."}
    )
    person: Mapped[str] = mapped_column(String(64), default=ME, info={"why": _WHOSE})
    at: Mapped[datetime] = mapped_column(
        UtcDateTime, info={"why": "When the mood was settled or told, for the history."}
    )
    source: Mapped[str] = mapped_column(
        String(16), info={"why": "Camera, photo or by hand: they are not equally sure."}
    )
    label: Mapped[str | None] = mapped_column(
        String(16), info={"why": "The expression that was read; empty is 'unclear'."}
    )
    probabilities: Mapped[list[float]] = mapped_column(
        JSON, info={"why": "The seven numbers behind the label, so that history stays honest about doubt."}
    )
    valence: Mapped[float] = mapped_column(Float, info={"why": "Place on the mood map, unpleasant to pleasant."})
    arousal: Mapped[float] = mapped_column(Float, info={"why": "Place on the mood map, calm to stirred."})
    confidence: Mapped[float] = mapped_column(Float, info={"why": "How sure the reading was."})
    corrected: Mapped[str | None] = mapped_column(
        String(16), info={"why": "Your own word; it counts before the reading."}
    )
    note: Mapped[str | None] = mapped_column(Text, info={"why": "What you wrote beside it, if you did."})


class FeedbackRow(Base):
    """What a person did with an offer."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_person_item", "person", "item_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True, info={"why": "Keeps what was done in order."})
    uid: Mapped[str] = mapped_column(
        String(32), unique=True, default=new_uid, info={"why": "Random; keeps an export read back twice from doubling."}
    )
    person: Mapped[str] = mapped_column(String(64), default=ME, info={"why": _WHOSE})
    item_id: Mapped[str] = mapped_column(String(200), info={"why": "Which song, film, dish or activity it was about."})
    action: Mapped[str] = mapped_column(
        String(16), info={"why": "Liked, not now, never or opened; changes the next offer."}
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime, info={"why": "When; a 'not now' fades with time."})
    mood: Mapped[str | None] = mapped_column(
        String(16), info={"why": "The mood it was offered in, to learn what fits."}
    )
    valence: Mapped[float | None] = mapped_column(Float, info={"why": "That mood's place on the map."})
    arousal: Mapped[float | None] = mapped_column(Float, info={"why": "That mood's place on the map."})
    lane: Mapped[str | None] = mapped_column(
        String(16), info={"why": "Whether it was to match, shift or oppose the mood."}
    )


class SettingRow(Base):
    """One choice of a person."""

    __tablename__ = "settings"

    person: Mapped[str] = mapped_column(String(64), primary_key=True, default=ME, info={"why": _WHOSE})
    key: Mapped[str] = mapped_column(String(64), primary_key=True, info={"why": "Name of a choice, such as 'filters'."})
    value: Mapped[Any] = mapped_column(
        JSON, info={"why": "The choice: filters, theme, lanes, how long moods are kept."}
    )


class ItemRow(Base):
    """An item that the person brought; the starter catalogue is not stored here."""

    __tablename__ = "items"
    __table_args__ = (Index("ix_items_person_kind", "person", "kind"),)

    person: Mapped[str] = mapped_column(String(64), primary_key=True, default=ME, info={"why": _WHOSE})
    id: Mapped[str] = mapped_column(String(200), primary_key=True, info={"why": "Names the item in feedback."})
    kind: Mapped[str] = mapped_column(String(16), info={"why": "Song, film, food or activity."})
    data: Mapped[dict[str, Any]] = mapped_column(JSON, info={"why": "The item you imported, as it was imported."})
    hidden: Mapped[bool] = mapped_column(default=False, info={"why": "That you took it out of sight."})


class RestRow(Base):
    """What a person's face at rest shifts in every reading: numbers, never a picture."""

    __tablename__ = "resting_faces"

    person: Mapped[str] = mapped_column(String(64), primary_key=True, default=ME, info={"why": _WHOSE})
    at: Mapped[datetime] = mapped_column(UtcDateTime, info={"why": "When your resting face was captured."})
    offset: Mapped[list[float]] = mapped_column(
        JSON, info={"why": "Seven numbers, one an expression, that lower it in each reading of your face."}
    )
    readings: Mapped[int] = mapped_column(info={"why": "How many readings the capture is made from."})
    seconds: Mapped[float] = mapped_column(Float, info={"why": "How long the capture was."})
    read_as: Mapped[str] = mapped_column(
        String(16), info={"why": "What your face at rest was read as, so that you can judge the capture."}
    )
    model: Mapped[str] = mapped_column(
        String(64), info={"why": "Which model read it; with another one the numbers mean nothing and are not used."}
    )
