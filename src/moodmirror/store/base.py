"""The database that the subjects share: opening, closing, one transaction for each call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

from sqlalchemy import CursorResult, Engine, Select, delete, select, text
from sqlalchemy.orm import Session

from moodmirror.store import engine as database
from moodmirror.store.models import ME, Base, FeedbackRow, ItemRow, MoodRow, RestRow, SettingRow

RowT = TypeVar("RowT", MoodRow, FeedbackRow, SettingRow, ItemRow, RestRow)

OWNED: Final = (MoodRow, FeedbackRow, SettingRow, ItemRow, RestRow)
"""Every table that holds rows of a person."""


class Rows:
    """One person's rows in an open database."""

    def __init__(self, engine: Engine, person: str = ME) -> None:
        self._engine = engine
        self._person = person
        self.address = engine.url.render_as_string(hide_password=True)

    @classmethod
    def open(cls, address: str | Path, person: str = ME) -> Self:
        """Open, create or migrate a database: a path, or an address such as ``sqlite:////path/to.db``.

        Raises StoreError, in plain words, where it cannot be opened or was made by a newer version.
        """
        url = database.parse_address(address)
        shown = url.render_as_string(hide_password=True)
        with database.plain_errors(shown):
            engine = database.open_engine(url)
            try:
                database.migrate(engine)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, person)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def check(self) -> None:
        """Raise StoreError unless the database answers."""
        with self._reading() as session:
            session.execute(text("SELECT 1"))

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with database.plain_errors(self.address), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        engine = self._engine.execution_options(writes=True)
        with database.plain_errors(self.address), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def _forget(self, *, shrink: bool) -> None:
        with database.plain_errors(self.address):
            database.forget_freed_pages(self._engine, shrink=shrink)

    def _own(self, model: type[RowT]) -> Select[RowT]:
        return select(model).where(model.person == self._person)

    def _delete(self, session: Session, model: type[Base], where: Any) -> int:
        query = delete(model).where(model.__table__.c.person == self._person)
        result = session.execute(query if where is None else query.where(where))
        return cast("CursorResult[Any]", result).rowcount
