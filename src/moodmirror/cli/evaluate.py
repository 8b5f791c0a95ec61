"""`moodmirror evaluate`: an expression reader measured on labelled crops."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodmirror.cli.console import out, progress_bar, write_json
from moodmirror.errors import InputError

if TYPE_CHECKING:
    from moodmirror.evaluation.datasets import LabelledCrops
    from moodmirror.evaluation.metrics import Figures


def evaluate(
    data: Annotated[Path, typer.Option(help="FER2013 CSV (plain or .bz2), or a folder of class folders.")],
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only rows of this Usage, such as PublicTest.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Any expression model (ONNX); the shipped one by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, and nothing else.")] = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Write the confusion matrix as a picture.")
    ] = None,
) -> None:
    """Accuracy, F1, likelihood and calibration on 48x48 crops, taken as they are. Nothing is fitted."""
    from moodmirror.evaluation.reader import measure
    from moodmirror.expression.classify import OnnxClassifier

    classifier = OnnxClassifier(model)
    crops = _load(data, split)
    with progress_bar() as progress:
        task = progress.add_task("reading crops", total=len(crops))
        result = measure(classifier, crops, progress=lambda done: progress.update(task, completed=done))
    if picture is not None:
        _write_picture(picture, result, classifier.card.name, split)
    if as_json:
        write_json(
            {"model": classifier.card.name, "sha256": classifier.card.sha256, "split": split, **result.to_dict()}
        )
    else:
        _print_figures(result)


def _load(data: Path, split: str | None) -> LabelledCrops:
    from moodmirror.evaluation.datasets import load_crops

    with progress_bar() as progress:
        task = progress.add_task(f"loading {data.name}", total=None)
        crops = load_crops(data, progress=lambda rows: progress.update(task, completed=rows))
    return crops if split is None else crops.split(split)


def _write_picture(path: Path, result: Figures, name: str, split: str | None) -> None:
    from moodmirror.evaluation.picture import confusion_png

    title = f"{name}: {split or 'all rows'}, n = {result.n}, accuracy {result.accuracy:.1%}"
    try:
        path.write_bytes(confusion_png(result.confusion, title))
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}. Choose another file for --picture."
        ) from error


def _print_figures(result: Figures) -> None:
    from rich.table import Table

    out.print(
        f"n {result.n}   accuracy {result.accuracy:.4f}   macro-F1 {result.macro_f1:.4f}   "
        f"NLL {result.nll:.4f}   ECE {result.ece:.4f}",
        highlight=False,
    )
    table = Table("class", "precision", "recall", "F1", "rows", box=None, pad_edge=False)
    for name, c in result.classes.items():
        table.add_row(name, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", str(c.support))
    out.print(table)
    out.print("\nconfusion (rows: label, columns: prediction)")
    confusion = Table("", *result.classes, box=None, pad_edge=False)
    for name, row in zip(result.classes, result.confusion, strict=True):
        confusion.add_row(name, *(str(count) for count in row))
    out.print(confusion)
