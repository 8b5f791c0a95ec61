"""`moodmirror serve`: the mirror on a web page, on this machine."""

from __future__ import annotations

import errno
import socket
import threading
import time
import urllib.request
import webbrowser
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Annotated

import typer

from moodmirror.cli.console import err
from moodmirror.errors import SetupError

OPEN_TIMEOUT_S = 15.0
"""How long the browser waits for the server before it is not opened at all."""


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on (8760).")] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; only loopback until there are accounts.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of the database.")] = None,
    detector: Annotated[str | None, typer.Option(help="auto, short, full or haar.")] = None,
    model: Annotated[
        Path | None, typer.Option(help="Expression model (ONNX) to use instead of the shipped one.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Start the mirror; Ctrl-C stops it. Frames are read in memory and never written to a disk."""
    from moodmirror.cli.settings import settings_with

    settings = settings_with(port=port, host=host, home=home, detector=detector, model=model)
    check_port(settings.host, settings.port)

    import uvicorn

    from moodmirror.server.app import build, uvicorn_options

    app = build(settings)
    address = f"http://{'localhost' if settings.host in {'127.0.0.1', '::1'} else settings.host}:{settings.port}/"
    err.print(f"Mood Mirror is at [bold]{address}[/]  (Ctrl-C stops it)")
    if open_browser:
        threading.Thread(target=_open_when_up, args=(settings.host, settings.port, address), daemon=True).start()
    uvicorn.run(app, **uvicorn_options(settings))


def check_port(host: str, port: int) -> None:
    """Say what is wrong with the address before anything heavy is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                by = (
                    f"by a mirror: open http://localhost:{port}/"
                    if mirror_answers(host, port)
                    else "by another program"
                )
                raise SetupError(
                    f"Port {port} is taken {by}. Or choose another: "
                    f"`make run PORT={port + 1}` or `moodmirror serve --port {port + 1}`."
                ) from error
            why = error.strerror or error
            raise SetupError(f"Cannot listen on {host}:{port}: {why}. Choose another --host or --port.") from error


def mirror_answers(host: str, port: int) -> bool:
    """Whether a mirror is running at this address."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=1) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, HTTPException):
        return False


def _open_when_up(host: str, port: int, address: str) -> None:
    until = time.monotonic() + OPEN_TIMEOUT_S
    while time.monotonic() < until:
        try:
            with socket.create_connection((host, port), timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    else:
        return
    if not webbrowser.open(address):
        err.print(f"No browser could be opened here. Open {address} yourself.")
