"""What is remembered: moods, corrections, feedback, settings, imported items and a resting face. Never a picture.

Knows only :mod:`moodmirror.types`; it does not know cameras, models or the catalogue's schema.
"""

from __future__ import annotations

from moodmirror.store.fields import StoredField, stored_fields
from moodmirror.store.moods import KEEP, Keep
from moodmirror.store.rest import StoredRest
from moodmirror.store.store import Store, StoredItem

__all__ = ["KEEP", "Keep", "Store", "StoredField", "StoredItem", "StoredRest", "stored_fields"]
