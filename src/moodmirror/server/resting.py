"""The person's resting face as the server uses it: read from the store, and gone from every socket once it is forgotten."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Final

from moodmirror.mood.rest import RestingFace
from moodmirror.store import Store, StoredRest

LOOK_EVERY_S: Final = 1.0
"""How old the copy in memory may be: so soon what another process kept or forgot is heeded here."""


class Resting:
    """One person's resting face. Safe to share between threads; ``at``: seconds that never go back.

    ``model``: SHA-256 of the model that reads. One captured with another is kept but not used.
    """

    def __init__(self, store: Store, model: str) -> None:
        self._store = store
        self._model = model
        self._lock = Lock()
        self._face: RestingFace | None = None
        self._looked_at: float | None = None

    def stale(self, at: float) -> bool:
        """Whether :meth:`now` will look into the store, which takes a moment."""
        return self._looked_at is None or not 0 <= at - self._looked_at < LOOK_EVERY_S

    def now(self, at: float) -> RestingFace | None:
        """The one to use now, or None. Raises StoreError."""
        if self.stale(at):
            self.renew(at)
        return self._face

    def renew(self, at: float) -> None:
        """Look into the store."""
        with self._lock:
            kept = self._store.rest()
            self._face = None if kept is None else usable(kept, self._model)
            self._looked_at = at

    def keep(self, face: RestingFace, now: datetime, at: float) -> StoredRest:
        """Keep a new one in the place of the old. ``now``: aware."""
        kept = StoredRest(face.offset, face.readings, face.seconds, face.read_as, face.model, now)
        self._store.put_rest(kept)
        self.renew(at)
        return kept

    def forget(self, at: float) -> None:
        """Forget it; from now on nothing is shifted. Raises NotFound where there is none."""
        self._store.delete_rest()
        self.renew(at)


def usable(kept: StoredRest, model: str) -> RestingFace | None:
    """The resting face for readings of ``model`` (SHA-256), or None where another one read it."""
    if kept.model != model:
        return None
    return RestingFace(tuple(kept.offset), kept.readings, kept.seconds, kept.read_as, kept.model)
