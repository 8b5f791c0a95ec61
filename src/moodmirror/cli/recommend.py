"""`moodmirror recommend`: offers for a mood, in the terminal."""

from __future__ import annotations
