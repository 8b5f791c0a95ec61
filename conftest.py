"""Doctests of the training extra need torch; their tests in tests/training say so, one by one, where it is absent."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["src/moodmirror/training/*"]
