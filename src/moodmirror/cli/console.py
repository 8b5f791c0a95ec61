"""Where the command line writes: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from moodmirror.types import EXPRESSIONS

out = Console()
err = Console(stderr=True)


def write_json(value: Any) -> None:
    """Print ``value`` as JSON, and nothing else, on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def progress_bar() -> Progress:
    """A progress bar on standard error; it shows nothing where that is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def bars(probabilities: tuple[float, ...], width: int = 24) -> str:
    """The seven probabilities (0..1) as lines of text with a bar and a number each.

    >>> print(bars((1, 0, 0, 0, 0, 0, 0), 4).splitlines()[0])
    angry    ████ 100 %
    """
    lines = []
    for name, p in zip(EXPRESSIONS, probabilities, strict=True):
        bar = "█" * round(p * width)
        lines.append(f"{name:<8} {bar:<{width}} {p:4.0%}".replace("%", " %"))
    return "\n".join(lines)
