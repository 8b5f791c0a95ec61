"""`moodmirror read`: photos, folders and video files to a table, JSON, CSV or drawn pictures."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moodmirror.cli.console import err, out, progress_bar, write_json
from moodmirror.errors import InputError, MoodMirrorError

if TYPE_CHECKING:
    from moodmirror.mirror import Mirror
    from moodmirror.mood.rest import RestingFace
    from moodmirror.types import Frame, Reading

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
VIDEOS = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mjpeg", ".mjpg", ".y4m"})
_COLUMNS = (
    *("path", "at", "track_id", "left", "top", "right", "bottom"),
    *("expression", "confidence", "valence", "arousal", "why_unclear"),
)


@dataclass(slots=True)
class _Input:
    """What one file came to: readings with their time in it, seconds, or why it could not be read."""

    path: Path
    faces: list[tuple[float, Reading]] = field(default_factory=list)
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        faces = [{"at": round(at, 3), **reading.to_dict()} for at, reading in self.faces]
        return {"path": str(self.path), "faces": faces} | ({"error": self.error} if self.error else {})


def read(
    paths: Annotated[list[Path], typer.Argument(help="Photos, folders of them, or video files.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list, an object per file, and nothing else.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a row per face.")] = False,
    draw: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write pictures with the faces drawn in to this folder.")
    ] = None,
    every: Annotated[float, typer.Option(min=0.04, help="Seconds between the rows of a video.")] = 0.5,
    rest: Annotated[
        bool,
        typer.Option(
            "--rest/--no-rest",
            help="These are of you: use your resting face (for a photo's only face, a video's largest).",
        ),
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="Expression model (ONNX) to use instead of the shipped one.")
    ] = None,
    detector: Annotated[str | None, typer.Option(help="auto, short, full or haar.")] = None,
) -> int:
    """Read the expressions in photos, folders and videos. Exit code 1 where a file could not be read."""
    if as_json and as_csv:
        raise InputError("--json and --csv exclude each other. Choose one.")
    mirror, mine = _open_mirror(model, detector, rest=rest)
    files = list(_files(paths))
    with progress_bar() as progress:
        inputs = [_read_one(mirror, file, every, draw, mine) for file in progress.track(files, description="reading")]
    if as_json:
        write_json([item.to_dict() for item in inputs])
    elif as_csv:
        _write_csv(inputs)
    else:
        _print_table(inputs)
    return 1 if any(item.error for item in inputs) else 0


def _open_mirror(model: Path | None, detector: str | None, *, rest: bool) -> tuple[Mirror, RestingFace | None]:
    from moodmirror.cli.rest import kept_rest
    from moodmirror.cli.settings import settings_with
    from moodmirror.mirror import Mirror

    settings = settings_with(model=model, detector=detector)
    mirror = Mirror(settings)
    return mirror, kept_rest(settings, mirror, asked=True) if rest else None


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The paths given, folders opened into the pictures and videos below them."""
    for path in paths:
        below = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES | VIDEOS) if path.is_dir() else []
        yield from below or [path]


def _read_one(mirror: Mirror, path: Path, every_s: float, draw: Path | None, rest: RestingFace | None) -> _Input:
    item = _Input(path)
    try:
        if path.is_dir():
            raise InputError("no picture or video in this folder.")
        for frame, at, readings in _frames(mirror, path, every_s, rest):
            item.faces += [(at, reading) for reading in readings]
            if draw is not None:
                _draw(frame, readings, draw, path, at)
    except MoodMirrorError as error:
        item.error = str(error)
    return item


def _frames(
    mirror: Mirror, path: Path, every_s: float, rest: RestingFace | None
) -> Iterator[tuple[Frame, float, tuple[Reading, ...]]]:
    from moodmirror.vision.decode import read_image

    if path.suffix.lower() not in VIDEOS:
        frame = read_image(path)
        yield frame, 0.0, mirror.read(frame.pixels, rest).faces
        return
    due = 0.0
    for live in mirror.stream(str(path), rest):
        # Every frame is read, so that the mood settles as it would live; rows come at the asked distance.
        if live.frame.at >= due:
            due = live.frame.at + every_s
            yield live.frame, live.frame.at, live.faces


def _draw(frame: Frame, readings: tuple[Reading, ...], folder: Path, path: Path, at: float) -> None:
    from moodmirror.cli.draw import draw_readings

    suffix = f"-{at:07.2f}s" if path.suffix.lower() in VIDEOS else ""
    target = folder / f"{path.stem}{suffix}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draw_readings(frame, readings).save(target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}. Choose another folder for --draw."
        ) from error


def _write_csv(inputs: Sequence[_Input]) -> None:
    from moodmirror.types import EXPRESSIONS

    writer = csv.writer(sys.stdout)
    writer.writerow([*_COLUMNS, *EXPRESSIONS])
    for item in inputs:
        for at, r in item.faces:
            affect = r.mood.affect
            values = (r.mood.label or "unclear", r.mood.confidence, affect.valence, affect.arousal, r.why_unclear or "")
            writer.writerow([item.path, round(at, 3), r.track_id, *r.face.bbox_xyxy, *values, *r.mood.probabilities])
    _print_errors(inputs)


def _print_table(inputs: Sequence[_Input]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("file", "time", "face", "expression", "sure", "valence", "arousal", "note", box=None, pad_edge=False)
    table.columns[0].overflow = "fold"
    for column in table.columns[1:7]:
        column.no_wrap = True
    for item in inputs:
        name = escape(item.path.name)
        if not item.faces and not item.error:
            table.add_row(name, "", "", "[dim]no face[/]")
        for at, r in item.faces:
            left, top, right, bottom = (round(v) for v in r.face.bbox_xyxy)
            place = f"{left},{top} {right - left}x{bottom - top}"
            affect = r.mood.affect
            numbers = (f"{r.mood.confidence:.0%}", f"{affect.valence:+.2f}", f"{affect.arousal:+.2f}")
            label = r.mood.label or "[dim]unclear[/]"
            note = (r.why_unclear or "").partition(".")[0]
            table.add_row(name, f"{at:.1f} s" if at else "", place, label, *numbers, note)
    if table.rows:
        out.print(table)
    _print_errors(inputs)


def _print_errors(inputs: Sequence[_Input]) -> None:
    for item in inputs:
        if item.error:
            err.print(f"error: {item.path}: {item.error}", markup=False, highlight=False, soft_wrap=True)
