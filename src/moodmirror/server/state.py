"""What every route needs, gathered once by the application and handed to each request."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from fastapi import Depends
from starlette.requests import HTTPConnection

from moodmirror.config import Settings
from moodmirror.mirror import Mirror
from moodmirror.server.limits import Limits, Seats, Window
from moodmirror.server.mind import Mind
from moodmirror.server.reader import Reader
from moodmirror.server.resting import Resting
from moodmirror.store import Store


def utc_now() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """The parts behind the routes. ``clock``: seconds that never go back; ``now``: aware, for what is stored."""

    settings: Settings
    mirror: Mirror
    store: Store
    mind: Mind
    resting: Resting
    limits: Limits
    reader: Reader
    photos: Window
    sockets: Seats
    clock: Callable[[], float] = field(default=time.monotonic)
    now: Callable[[], datetime] = field(default=utc_now)


def get_desk(connection: HTTPConnection) -> Desk:
    """The desk of the application that a request or socket belongs to."""
    desk = connection.app.state.desk
    if not isinstance(desk, Desk):
        raise TypeError("create_app() was not used")
    return desk


DeskDep: TypeAlias = Annotated[Desk, Depends(get_desk)]
