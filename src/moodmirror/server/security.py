"""Who may ask, how much a body may hold, and which headers every answer carries.

Pure ASGI, so that sockets and streamed answers pass the same gates. The defence against other sites' pages (CSRF, DNS
rebinding, hijacked sockets) is by name: the Host must be a loopback name, and an Origin must be exactly this server's.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moodmirror.errors import ImageTooLarge, InputError, MoodMirrorError, Refused, SetupError, TooLarge, TooMany
from moodmirror.server.limits import MAX_IMPORT_BYTES, MAX_JSON_BYTES, MAX_UPLOAD_BYTES, MULTIPART_ROOM_BYTES

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS: Final = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_HOST: Final = re.compile(r"^(?P<name>(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::(?P<port>[0-9]{1,5}))?$")

PHOTO_PATH: Final = "/api/v1/read"
BODY_LIMITS: Final = {
    PHOTO_PATH: MAX_UPLOAD_BYTES + MULTIPART_ROOM_BYTES,
    "/api/v1/import": MAX_IMPORT_BYTES,
}

LINGER_S: Final = 10.0
LINGER_BYTES: Final = 64 * 2**20
"""How long, and for how much, the rest of a refused body is taken in and dropped before the connection is closed."""

HEADERS: Final = {
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CSP: Final = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'{sockets}; img-src 'self' blob:; "
    "media-src 'self' blob:; worker-src 'self' blob:; style-src 'self'; font-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.1.5", "example.org")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def require_loopback(host: str) -> None:
    """Raise SetupError for an address that others could reach: there are no accounts to keep them apart."""
    if not is_loopback(host):
        raise SetupError(
            f"{host} can be reached from other machines, and there are no accounts yet to keep people apart. "
            "Listen on 127.0.0.1 (leave MOODMIRROR_HOST unset)."
        )


def error_response(error: MoodMirrorError) -> JSONResponse:
    """Our one form of an error: ``{"error": {"type", "message"}}`` with the status of its class."""
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooMany) else None
    content = {"error": {"type": type(error).__name__, "message": str(error)}}
    return JSONResponse(content, error.http_status, headers=headers)


def check_host(headers: Headers) -> tuple[str, str | None]:
    """Name and port of the Host header. Raises Refused unless it is one loopback name."""
    hosts = headers.getlist("host")
    match = _HOST.match(hosts[0].lower()) if len(hosts) == 1 else None
    if match is None:
        raise Refused("The mirror answers to localhost and 127.0.0.1 only. Open it by one of these names.")
    return match["name"], match["port"]


def check_arrival(scope: Scope) -> None:
    """Raise Refused for what came in by an address that others can reach, whatever a process manager was told to bind."""
    host, port = scope.get("server") or ("127.0.0.1", None)
    if port is not None and not is_loopback(host):
        raise Refused("The mirror is for this machine only. Bind it to 127.0.0.1 and open http://localhost.")


def check_origin(scheme: str, headers: Headers, *, required: bool) -> None:
    """Raise Refused unless Origin is this server's own: the same scheme, name and port, letter by letter.

    ``required``: refuse a missing one too. Without it a program that is no browser may go without.
    """
    name, port = check_host(headers)
    origins = headers.getlist("origin")
    if not origins and not required:
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise Refused("Another site's page may not change anything here.")
        return
    secure = scheme in {"https", "wss"}
    default = DEFAULT_PORTS[scheme]
    own = f"{'https' if secure else 'http'}://{name}" + (f":{port}" if port and port != default else "")
    if origins != [own]:
        raise Refused("Another site's page may not use the mirror. Open the mirror's own page.")


class Guard:
    """Lets in only requests to a loopback name, and changes and sockets only from the mirror's own page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            check_arrival(scope)
            check_host(headers)
            if scope["type"] == "websocket":
                check_origin(scope["scheme"], headers, required=True)
            elif scope["method"] not in SAFE_METHODS:
                check_origin(scope["scheme"], headers, required=False)
        except Refused as error:
            await refuse(scope, receive, send, error_response(error))
            return
        await self._app(scope, receive, send)


async def refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    """Answer with a response; a socket is refused before it opens, with the same one where the server can send it."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})  # answered with 403
        return
    await response(scope, receive, send)


class SecurityHeaders:
    """Adds the headers to every answer, errors and files included; what the API says is never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        csp = _policy(Headers(scope=scope))

        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                headers = MutableHeaders(raw=list(message.get("headers", [])))
                headers.update(HEADERS)
                headers["Content-Security-Policy"] = csp
                headers.setdefault("Cache-Control", "no-store")
                message = {**message, "headers": headers.raw}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _policy(headers: Headers) -> str:
    try:
        name, port = check_host(headers)
    except Refused:
        return CSP.format(sockets="")
    host = f"{name}:{port}" if port else name
    # 'self' covers sockets in current browsers; older ones want them named.
    return CSP.format(sockets=f" ws://{host} wss://{host}")


class BodyTooLarge(Exception):
    """More came than may; caught by :class:`BodyLimit` alone."""


class BodyLimit:
    """Counts a body as it comes in and answers 413 as soon as it is too large, whatever its Content-Length says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = BODY_LIMITS.get(scope["path"], MAX_JSON_BYTES)
        try:
            stated = _stated_length(Headers(scope=scope))
        except InputError as error:
            await error_response(error)(scope, receive, send)
            return
        if stated > limit:
            await _answer_then_linger(_too_large(scope["path"], limit), scope, receive, send)
            return
        await self._count(scope, receive, send, limit)

    async def _count(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        got, over, started, ended = 0, False, False, False

        async def counted() -> Message:
            nonlocal got, over, ended
            message = await receive()
            ended = not message.get("more_body", False)
            got += len(message.get("body", b""))
            if got > limit:
                over = True
                raise BodyTooLarge
            return message

        async def unless_over(message: Message) -> None:
            nonlocal started
            # Whatever the application makes of the broken-off body, the answer is 413.
            if over and not started:
                return
            started = True
            await send(message)

        try:
            await self._app(scope, counted, unless_over)
        except BodyTooLarge:
            over = True
        if over and not started:
            refusal = _too_large(scope["path"], limit)
            await (refusal(scope, receive, send) if ended else _answer_then_linger(refusal, scope, receive, send))


async def _answer_then_linger(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and close only when the rest of the body is in.

    A socket that is closed with bytes unread resets the connection, and the client may lose the answer with it (RFC 9112, 9.6).
    """

    async def send_then_linger(message: Message) -> None:
        if message["type"] == "http.response.body":
            await send({**message, "more_body": True})
            # Who waits for leave to go on (100-continue) has sent nothing, and asking for it would give that leave.
            if "expect" not in Headers(scope=scope):
                await _drop_rest(receive)
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    await response(scope, receive, send_then_linger)


async def _drop_rest(receive: Receive) -> None:
    left = LINGER_BYTES
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def _stated_length(headers: Headers) -> int:
    stated = headers.get("content-length", "0")
    if not stated.isascii() or not stated.isdigit():
        raise InputError("Content-Length must be a number.")
    return int(stated)


def _too_large(path: str, limit: int) -> JSONResponse:
    size = f"{limit / 2**20:.0f} MiB" if limit >= 2**20 else f"{limit / 2**10:.0f} KiB"
    kind = ImageTooLarge if path == PHOTO_PATH else TooLarge
    response = error_response(kind(f"The body is over the limit of {size}. Send less."))
    response.headers["Connection"] = "close"
    return response
