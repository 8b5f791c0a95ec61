"""`moodmirror frame-fit`: the map from a detector's box and eyes to the frame of the training pictures."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodmirror.cli.console import out, progress_bar, write_json
from moodmirror.errors import InputError

if TYPE_CHECKING:
    from moodmirror.training.framing import Framing

SPLIT = "Training"


def frame_fit(
    data: Annotated[Path, typer.Option(help="FER2013 CSV (plain or .bz2), or a folder of class folders.")],
    sample: Annotated[
        int | None, typer.Option(min=1, help="Pictures of the split Training to try, drawn by chance; 2000 by default.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw, and of where and how the pictures are pasted.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the framing as JSON, and nothing else.")] = False,
    output: Annotated[
        Path | None, typer.Option("--out", help="Write the framing as JSON, for moodmirror export --framing.")
    ] = None,
) -> None:
    """Fit how a detected face is framed, on training pictures in larger ones (160 to 300 pixels, turned by up to 20°)."""
    from moodmirror.evaluation.datasets import load_crops
    from moodmirror.training.framing import SAMPLE, fit_framing
    from moodmirror.vision.detect import BlazeFaceDetector

    tried = SAMPLE if sample is None else sample
    with progress_bar() as progress:
        task = progress.add_task(f"loading {data.name}", total=None)
        crops = load_crops(data, progress=lambda rows: progress.update(task, completed=rows)).split(SPLIT).crops
        task = progress.add_task("finding faces", total=min(tried, len(crops)))
        framing = fit_framing(
            crops, BlazeFaceDetector(), seed, tried, progress=lambda done: progress.update(task, completed=done)
        )
    if output is not None:
        _write(output, framing)
    if as_json:
        write_json(dataclasses.asdict(framing))
    else:
        _print(framing)


def _write(path: Path, framing: Framing) -> None:
    try:
        path.write_text(json.dumps(dataclasses.asdict(framing), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}. Choose another file for --out."
        ) from error


def _print(framing: Framing) -> None:
    from rich.table import Table

    out.print(f"found {framing.found:.1%} of {framing.n} pictures", highlight=False)
    table = Table("ratio", "median", "spread", box=None, pad_edge=False)
    rows = (
        ("side of the frame in sides of the box", framing.side_per_box),
        ("eyes to centre, in sides of the frame", framing.eyes_to_centre),
        ("box to centre, in sides of the frame", framing.box_to_centre),
    )
    for (name, median), spread in zip(rows, framing.spread, strict=True):
        table.add_row(name, f"{median:.4f}", f"{spread:.4f}")
    out.print(table)
