"""Settings from the environment with a command's own options laid over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from moodmirror.config import Settings
from moodmirror.errors import InputError

if TYPE_CHECKING:
    from moodmirror.store import Store


def settings_with(**options: Any) -> Settings:
    """Settings in which every option that is not None wins over the environment; raises ``InputError`` naming the field."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name}: {message} (got {first['input']!r}).") from error


def open_store(settings: Settings | None = None) -> Store:
    """The person's database; raises ``StoreError``."""
    from moodmirror.store import Store

    return Store.open((settings or settings_with()).database)
