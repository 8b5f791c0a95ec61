"""The resting face: one for each person, kept, shown and forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from moodmirror.errors import NotFound
from moodmirror.store.base import Rows
from moodmirror.store.models import RestRow
from moodmirror.types import Expression


@dataclass(frozen=True, slots=True)
class StoredRest:
    """A resting face as it was captured.

    ``offset``: seven numbers by expression, in the logits' unit. ``readings``, ``seconds``: what it was made from.
    ``read_as``: what the face at rest was read as. ``model``: SHA-256 of the model that read it. ``at``: aware.
    """

    offset: Sequence[float]
    readings: int
    seconds: float
    read_as: Expression
    model: str
    at: datetime


class RestRows(Rows):
    """The resting face of one person."""

    def rest(self) -> StoredRest | None:
        """The resting face, or None where there is none."""
        with self._reading() as session:
            row = session.get(RestRow, self._person)
            return None if row is None else _stored(row)

    def put_rest(self, rest: StoredRest) -> None:
        """Keep a resting face in the place of the one before. On return it is on the disk."""
        with self._writing() as session:
            session.merge(
                RestRow(
                    person=self._person,
                    at=rest.at,
                    offset=[float(value) for value in rest.offset],
                    readings=rest.readings,
                    seconds=rest.seconds,
                    read_as=rest.read_as,
                    model=rest.model,
                )
            )

    def delete_rest(self) -> None:
        """Forget the resting face, on the disk too. Raises NotFound where there is none."""
        with self._writing() as session:
            if not self._delete(session, RestRow, None):
                raise NotFound("No resting face is kept; there is nothing to forget.")
        self._forget(shrink=False)


def _stored(row: RestRow) -> StoredRest:
    return StoredRest(tuple(row.offset), row.readings, row.seconds, cast("Expression", row.read_as), row.model, row.at)
