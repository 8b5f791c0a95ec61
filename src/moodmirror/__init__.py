"""Mood Mirror: reads an expression, settles it into a mood, offers something that fits.

from moodmirror import Mirror

result = Mirror().read("photo.jpg")
result.to_pandas()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moodmirror.mirror import LiveResult, Mirror, MirrorSession, ReadResult

__version__ = "0.1.0"
__all__ = ["LiveResult", "Mirror", "MirrorSession", "ReadResult", "__version__"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: `moodmirror --version` need not open an inference engine.
    if name in __all__:
        from moodmirror import mirror

        return getattr(mirror, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
