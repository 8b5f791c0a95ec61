"""The live socket: frames or readings in, mood and offers out.

Two tasks a socket. One receives: it puts messages in a short queue and lets each frame overwrite the one that waits, so
that a slow reading is always of the newest frame. The other reads, thinks and answers. The reading itself runs in the
desk's pool, off the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from moodmirror import __version__
from moodmirror.errors import InputError, MoodMirrorError, TooMany
from moodmirror.server.failures import problems_in
from moodmirror.server.inbox import Inbox, Overflow
from moodmirror.server.limits import MAX_FRAME_BYTES, MAX_WAITING_MESSAGES
from moodmirror.server.routes.about import LIMITS
from moodmirror.server.schemas import ErrorBody
from moodmirror.server.security import error_response, refuse
from moodmirror.server.sitting import Sitting
from moodmirror.server.state import Desk, get_desk
from moodmirror.server.wire import CLIENT_MESSAGE, ClientMessage, Hello, LiveError, Readings, ServerMessage

log = logging.getLogger(__name__)
router = APIRouter()

TOO_BIG: Final = 1009
UNWELCOME: Final = 1008
BROKEN: Final = 1011

Box = Inbox[ClientMessage | InputError, bytes | Readings]


@router.websocket("/api/v1/live")
async def live(socket: WebSocket) -> None:
    """One live socket, from its first word to its last."""
    desk = get_desk(socket)
    try:
        desk.sockets.take()
    except TooMany as error:
        await refuse(socket.scope, socket.receive, socket.send, error_response(error))
        return
    try:
        await socket.accept()
        await _converse(socket, desk)
    except WebSocketDisconnect:
        log.debug("the page went away")
    finally:
        desk.sockets.leave()


async def _converse(socket: WebSocket, desk: Desk) -> None:
    await _send(socket, Hello(version=__version__, limits=LIMITS))
    inbox = Box(MAX_WAITING_MESSAGES)
    receiving = asyncio.create_task(_receive(socket, inbox))
    code: int | None = None
    try:
        await _answer(socket, Sitting(desk), inbox, 1 / desk.limits.frames_per_s)
        code = await receiving
    except WebSocketDisconnect:
        log.debug("the page went away in the middle of an answer")
    except Exception:
        log.exception("a live socket failed")
        code = BROKEN
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
    if code is not None:
        await _close(socket, code)


async def _receive(socket: WebSocket, inbox: Box) -> int | None:
    """Fill the inbox until the client goes; returns the code to close with, or None where it went by itself."""
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            data: str | bytes = message.get("bytes") or message.get("text") or ""
            if len(data) > MAX_FRAME_BYTES:
                return TOO_BIG
            _sort(data, inbox)
    except Overflow:
        return UNWELCOME
    finally:
        inbox.close()


def _sort(data: str | bytes, inbox: Box) -> None:
    if isinstance(data, str):
        try:
            message = CLIENT_MESSAGE.validate_json(data)
        except ValidationError as error:
            inbox.put_message(InputError(f"This message cannot be used. {problems_in(error.errors())}"))
            return
        if isinstance(message, Readings):
            inbox.put_frame(message)
        else:
            inbox.put_message(message)
    else:
        inbox.put_frame(data)


async def _answer(socket: WebSocket, sitting: Sitting, inbox: Box, interval_s: float) -> None:
    """Take what came and answer it until the inbox is closed; a frame is looked at every ``interval_s`` at most."""
    loop = asyncio.get_running_loop()
    while True:
        await inbox.wait(sitting.offers_due_in())
        for message in inbox.take_messages():
            await _heed(socket, sitting, message)
        await _send_news(socket, sitting)
        frame = inbox.take_frame()
        if frame is not None:
            looked_at = loop.time()
            try:
                await _send(socket, await sitting.look(frame, inbox.dropped))
            except MoodMirrorError as error:
                await _send(socket, _told(error))
            await _send_news(socket, sitting)
            # The pace is held by waiting, not by throwing frames away: the newest always gets its answer.
            await asyncio.sleep(looked_at + interval_s - loop.time())
        if sitting.offers_due_in() == 0:
            await _send_offers(socket, sitting)
        if inbox.closed:
            return


async def _heed(socket: WebSocket, sitting: Sitting, message: ClientMessage | InputError) -> None:
    try:
        if isinstance(message, InputError):
            raise message
        await sitting.heed(message)
    except MoodMirrorError as error:
        await _send(socket, _told(error))


async def _send_news(socket: WebSocket, sitting: Sitting) -> None:
    for message in sitting.news():
        await _send(socket, message)


async def _send_offers(socket: WebSocket, sitting: Sitting) -> None:
    try:
        offers = await sitting.offers()
    except MoodMirrorError as error:
        await _send(socket, _told(error))
        return
    if offers is not None:
        await _send(socket, offers)


def _told(error: MoodMirrorError) -> LiveError:
    return LiveError(error=ErrorBody(type=type(error).__name__, message=str(error)))


async def _send(socket: WebSocket, message: ServerMessage) -> None:
    await socket.send_text(message.model_dump_json())


async def _close(socket: WebSocket, code: int) -> None:
    if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
        await socket.close(code)
