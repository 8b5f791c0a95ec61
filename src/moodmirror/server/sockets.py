"""How sockets are spoken under uvicorn: its own protocol, less a false alarm."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SocketProtocol(WebSocketsSansIOProtocol):
    """Takes a socket that was refused with an answer of its own for done.

    Uvicorn sends such an answer (the ASGI extension ``websocket.http.response``), but logs "ASGI callable returned
    without completing handshake" as an error after it.
    """

    async def send(self, message: Any) -> None:
        """ASGI; what goes to the client is uvicorn's."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True
