"""What no route answers: which methods an address takes, that there is none, or else the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_SUCH: Final = "There is no such address. /docs lists those that there are."


class Leftovers:
    """Answers what the routes left over, 405 with Allow or 404, and gives the rest to the page; ASGI, mounted at /.

    A mount at / matches every address, so that the framework's own 405 is never reached.
    """

    def __init__(self, routes: Sequence[BaseRoute], page: ASGIApp) -> None:
        self._routes = tuple(routes)
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            allowed = self._allowed(scope)
            if allowed:
                raise not_allowed(allowed)
            if f"{_path(scope)}/".startswith("/api/"):
                raise HTTPException(404, NO_SUCH)
        await self._page(scope, receive, send)

    def _allowed(self, scope: Scope) -> list[str]:
        # As the routes saw it: a mount moves the root.
        asked = dict(scope) | {"root_path": scope.get("app_root_path", "")}
        return [
            method
            for method in METHODS
            if any(route.matches(asked | {"method": method})[0] is Match.FULL for route in self._routes)
        ]


def not_allowed(methods: Sequence[str]) -> HTTPException:
    """The 405 that says what an address takes.

    >>> not_allowed(["GET", "POST"]).detail
    'This address takes GET, POST.'
    """
    names = ", ".join(methods)
    return HTTPException(405, f"This address takes {names}.", headers={"Allow": names})


def _path(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(scope.get("app_root_path", ""))
