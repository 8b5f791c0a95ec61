"""Where tests find data that is not in the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"


def data_dir(name: str) -> Path:
    """The folder ``name`` of ``MOODMIRROR_DATA`` (by default ../shared/data beside the checkout); skips where it is absent."""
    root = Path(os.environ.get("MOODMIRROR_DATA", _DEFAULT))
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f"needs {folder}, which is not here; MOODMIRROR_DATA names another place")
    return folder
