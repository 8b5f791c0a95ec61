"""The application put together: routes, gates, the page; and the factories that a server process calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from moodmirror import __version__
from moodmirror.catalog.load import load_starter
from moodmirror.config import Settings
from moodmirror.errors import StoreError
from moodmirror.mirror import Mirror
from moodmirror.recommend.recommender import Recommender
from moodmirror.server import failures, live, reference
from moodmirror.server.addresses import Leftovers
from moodmirror.server.limits import DRAIN_S, MAX_FRAME_BYTES, Limits, Seats, Window
from moodmirror.server.mind import Mind
from moodmirror.server.reader import Reader
from moodmirror.server.resting import Resting
from moodmirror.server.routes import about, data, moods, offers, reading, rest
from moodmirror.server.security import BodyLimit, Guard, SecurityHeaders, require_loopback
from moodmirror.server.state import Desk
from moodmirror.server.static import BUILT, Page
from moodmirror.store import Store

log = logging.getLogger(__name__)
DAY_S: Final = 24 * 3600.0
UVICORN_LIMITS: Final[Mapping[str, Any]] = {
    "ws": "moodmirror.server.sockets:SocketProtocol",
    "ws_max_size": MAX_FRAME_BYTES,
    "ws_max_queue": 4,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": DRAIN_S - 2,
    "server_header": False,
}
DESCRIPTION: Final = (
    "Reads an expression, settles it into a mood and offers songs, films, food and things to do. "
    "Runs on this machine for the person in front of it. The live socket is described in docs/api.md."
)


def create_app(
    settings: Settings,
    mirror: Mirror,
    store: Store,
    recommender: Recommender,
    limits: Limits | None = None,
    page: Path = BUILT,
) -> FastAPI:
    """The application around parts that are built already. Raises SetupError for an address that others could reach.

    The application owns the store from here on and closes it when it ends.
    """
    require_loopback(settings.host)
    limits = limits or Limits()
    desk = Desk(
        settings=settings,
        mirror=mirror,
        store=store,
        mind=Mind(store, recommender),
        resting=Resting(store, mirror.classifier.card.sha256),
        limits=limits,
        reader=Reader(),
        photos=Window(limits.photos_per_min, 60.0),
        sockets=Seats(limits.sockets, "live sockets"),
    )
    app = FastAPI(
        title="Mood Mirror",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # the usual pages load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        responses=failures.RESPONSES,
        strict_content_type=False,
    )
    app.state.desk = desk
    for part in (about, reading, moods, offers, rest, data, live, reference):
        app.include_router(part.router)
    app.mount("/", Leftovers(app.routes, Page(page)))
    failures.install(app)
    # The last one added is the outermost: headers go on what the others refuse, too.
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard)
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    await asyncio.to_thread(data.forget_old, desk)
    task = asyncio.create_task(_forget_daily(desk))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        desk.reader.close()
        desk.store.close()


async def _forget_daily(desk: Desk) -> None:
    while True:
        await asyncio.sleep(DAY_S)
        try:
            await asyncio.to_thread(data.forget_old, desk)
        except StoreError:  # tomorrow is another try; the server must live on
            log.exception("old moods could not be forgotten")


def build(settings: Settings | None = None) -> FastAPI:
    """The application with its parts built from the settings; a factory for server processes.

    ``gunicorn -k uvicorn_worker.UvicornWorker 'moodmirror.server.app:build()'`` or
    ``uvicorn --factory moodmirror.server.app:build``.
    """
    settings = settings or Settings()
    require_loopback(settings.host)
    mirror = Mirror(settings)
    store = Store.open(settings.database)
    return create_app(settings, mirror, store, Recommender(load_starter()))


def uvicorn_options(settings: Settings) -> dict[str, Any]:
    """What uvicorn must be run with: its own limits for sockets are far too wide.

    >>> uvicorn_options(Settings())["ws_per_message_deflate"]
    False
    """
    require_loopback(settings.host)
    return {
        "host": settings.host,
        "port": settings.port,
        "log_level": "warning",
        **UVICORN_LIMITS,
    }
