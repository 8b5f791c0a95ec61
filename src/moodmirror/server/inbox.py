"""What a client has sent and nobody has looked at yet: a few messages in order, and the one newest frame."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

FrameT = TypeVar("FrameT")
MessageT = TypeVar("MessageT")


class Overflow(Exception):
    """More messages wait than may."""


class Inbox(Generic[MessageT, FrameT]):
    """Newest frame wins: a frame overwrites the one that waits, and the loss is counted. Messages keep their order.

    >>> async def twice() -> tuple[int | None, int]:
    ...     inbox = Inbox[str, int](max_messages=2)
    ...     inbox.put_frame(1)
    ...     inbox.put_frame(2)
    ...     await inbox.wait()
    ...     return inbox.take_frame(), inbox.dropped
    >>> asyncio.run(twice())
    (2, 1)
    """

    def __init__(self, max_messages: int) -> None:
        self.dropped = 0
        self.closed = False
        self._max = max_messages
        self._messages: deque[MessageT] = deque()
        self._frame: FrameT | None = None
        self._changed = asyncio.Event()

    def put_frame(self, frame: FrameT) -> None:
        """Put the newest frame in the one slot there is."""
        if self._frame is not None:
            self.dropped += 1
        self._frame = frame
        self._changed.set()

    def put_message(self, message: MessageT) -> None:
        """Queue a message. Raises Overflow."""
        if len(self._messages) >= self._max:
            raise Overflow
        self._messages.append(message)
        self._changed.set()

    def close(self) -> None:
        """Nothing more will come."""
        self.closed = True
        self._changed.set()

    async def wait(self, timeout_s: float | None = None) -> None:
        """Until there is something to take, or the time is over."""
        if timeout_s is None:
            await self._changed.wait()
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return

    def take_messages(self) -> list[MessageT]:
        """Every message that waits, oldest first."""
        self._changed.clear()
        taken = list(self._messages)
        self._messages.clear()
        return taken

    def take_frame(self) -> FrameT | None:
        """The newest frame, once."""
        taken, self._frame = self._frame, None
        return taken
