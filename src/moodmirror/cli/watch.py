"""`moodmirror watch`: a camera, video or stream read live in the terminal."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodmirror.cli.console import bars, out

if TYPE_CHECKING:
    from rich.panel import Panel

    from moodmirror.mirror import LiveResult


def watch(
    camera: Annotated[
        str, typer.Option(metavar="0|FILE|URL", help="Camera number, video file or stream address.")
    ] = "0",
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop after so many seconds.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per frame instead of the panel.")
    ] = False,
    rest: Annotated[
        bool | None,
        typer.Option(
            "--rest/--no-rest",
            help="Use your resting face for the largest face; a camera does if one is kept, a file or stream only so.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Expression model (ONNX) to use instead of the shipped one.")
    ] = None,
    detector: Annotated[str | None, typer.Option(help="auto, short, full or haar.")] = None,
) -> None:
    """Read a camera live in the terminal. Frames stay in memory; nothing is stored. Ctrl-C stops it."""
    from rich.live import Live

    from moodmirror.cli.rest import kept_rest
    from moodmirror.cli.settings import settings_with
    from moodmirror.mirror import Mirror

    settings = settings_with(model=model, detector=detector)
    mirror = Mirror(settings)
    # Before a camera on this machine sits its owner; a file or a stream may show anyone.
    wanted = camera.isdecimal() if rest is None else rest
    mine = kept_rest(settings, mirror, asked=rest is True) if wanted else None
    until = None if seconds is None else time.monotonic() + seconds
    results = mirror.stream(camera, mine)
    if as_json:
        for result in results:
            sys.stdout.write(json.dumps(result.to_dict()) + "\n")
            sys.stdout.flush()
            if until is not None and time.monotonic() >= until:
                break
        return
    with Live(console=out, refresh_per_second=10) as live:
        for result in results:
            live.update(_panel(result, camera))
            if until is not None and time.monotonic() >= until:
                break


def _panel(result: LiveResult, source: str) -> Panel:
    """The largest face's mood with its seven bars."""
    from rich.panel import Panel
    from rich.text import Text

    footer = f"{result.took_ms:.0f} ms a frame, {result.dropped} passed over"
    if not result.faces:
        return Panel(Text("No face in view.", style="dim"), title=f"watching {source}", subtitle=footer)
    reading = result.faces[0]
    headline = f"expression: {reading.mood.label}" if reading.mood.label else f"unclear. {reading.why_unclear or ''}"
    affect = reading.mood.affect
    others = f"   ({len(result.faces) - 1} more in view)" if len(result.faces) > 1 else ""
    place = f"valence {affect.valence:+.2f}  arousal {affect.arousal:+.2f}"
    others += "   with your resting face" if result.rested == reading.track_id else ""
    body = "\n".join((headline + others, place, "", bars(reading.mood.probabilities)))
    return Panel(Text(body), title=f"watching {source}", subtitle=footer)
