"""`moodmirror doctor`: what works on this machine, and the mend for what does not."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from moodmirror import __version__
from moodmirror.cli.console import out
from moodmirror.errors import MoodMirrorError

CAMERAS_TRIED = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``works`` is None for what is optional and absent; ``detail`` then says how to get it."""

    name: str
    works: bool | None
    detail: str


def doctor() -> int:
    """Check models, database, page, port, cameras and extras. Exit code 1 where something that is needed fails."""
    from rich.markup import escape
    from rich.table import Table

    findings = list(examine())
    table = Table("", "part", "finding", box=None, pad_edge=False)
    marks = {True: "[green]works[/]", False: "[red]fails[/]", None: "[yellow]absent[/]"}
    for finding in findings:
        table.add_row(marks[finding.works], finding.name, escape(finding.detail))
    out.print(table)
    return 1 if any(finding.works is False for finding in findings) else 0


def examine() -> Iterator[Finding]:
    """Look at each part in the order in which a reading needs it."""
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield Finding("version", True, f"moodmirror {__version__}, {machine}")
    yield _try("detectors", _detectors)
    yield _try("expression model", _model)
    yield _try("fallback detector", _haar)
    yield _try("catalogue", _catalogue)
    yield _try("database", _database)
    yield _try("port", _port)
    yield _page()
    yield _cameras()
    yield extra("train", ("torch", "onnxscript"), "training and export")
    yield extra("production", ("gunicorn", "uvicorn_worker"), "gunicorn")


def _try(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except MoodMirrorError as error:
        return Finding(name, False, str(error))


def _detectors() -> str:
    from moodmirror.vision.detect import open_detector

    open_detector("short", 1)
    open_detector("full", 1)
    return "BlazeFace, short and full range"


def _haar() -> str:
    from moodmirror.vision.detect import open_detector

    open_detector("haar", 1)
    return "Haar cascade (--detector haar)"


def _model() -> str:
    from moodmirror.cli.settings import settings_with
    from moodmirror.expression.classify import OnnxClassifier

    card = OnnxClassifier(settings_with().model).card
    return f"{card.name}, sha256 {card.sha256[:12]}…"


def _catalogue() -> str:
    from moodmirror.catalog.load import load_starter

    return f"{len(load_starter())} items in the starter catalogue"


def _database() -> str:
    from moodmirror.cli.settings import open_store, settings_with

    settings = settings_with()
    with open_store(settings) as store:
        store.check()
    return str(settings.database)


def _port() -> str:
    from moodmirror.cli.serve import check_port, mirror_answers
    from moodmirror.cli.settings import settings_with

    settings = settings_with()
    if mirror_answers(settings.host, settings.port):
        return f"a mirror is running at http://{settings.host}:{settings.port}/"
    check_port(settings.host, settings.port)
    return f"{settings.host}:{settings.port} is free"


def _page() -> Finding:
    from moodmirror import server

    index = Path(server.__file__).parent / "static" / "index.html"
    mend = "not built. In a checkout: make run. Else install the wheel again."
    return Finding("page", index.exists(), "built" if index.exists() else mend)


def _cameras() -> Finding:
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    captures = {str(number): cv2.VideoCapture(number) for number in range(CAMERAS_TRIED)}
    found = [number for number, capture in captures.items() if capture.isOpened()]
    for capture in captures.values():
        capture.release()
    if found:
        return Finding("cameras", True, f"number {', '.join(found)} (`watch --camera {found[0]}`)")
    return Finding("cameras", None, "none that this process may open. `read` and the page's own camera work without.")


def extra(name: str, modules: tuple[str, ...], purpose: str) -> Finding:
    """Whether the modules of an optional part are there."""
    if all(importlib.util.find_spec(module) for module in modules):
        return Finding(f"extra {name}", True, purpose)
    return Finding(f"extra {name}", None, f"for {purpose}: pip install 'moodmirror[{name}]' in its environment")
