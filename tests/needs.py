"""What some tests need beyond the package; absent, they skip with a reason, or fail where it is required."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest


def _absent(name: str, how: str) -> None:
    if name in os.environ.get("MOODMIRROR_REQUIRE", "").split(","):
        pytest.fail(f"{name} is required here and absent: {how}")
    pytest.skip(f"needs {name}: {how}")


def chromium() -> str:
    """Path of Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        _absent("chromium", "install Debian's package chromium, or Chrome")
    assert path is not None
    return path


def torch() -> None:
    """The training extra."""
    if importlib.util.find_spec("torch") is None:
        _absent("torch", "pip install 'moodmirror[train]'")
