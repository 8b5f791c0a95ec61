"""What is remembered: moods, corrections, feedback, settings and imported items. Never a picture.

Knows only :mod:`moodmirror.types`; it does not know cameras, models or the catalogue's schema.
"""

from __future__ import annotations

from moodmirror.store.fields import StoredField, stored_fields
from moodmirror.store.store import KEEP, Keep, Store, StoredItem

__all__ = ["KEEP", "Keep", "Store", "StoredField", "StoredItem", "stored_fields"]
