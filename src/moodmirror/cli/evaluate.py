"""`moodmirror evaluate`: an expression reader measured on labelled crops."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moodmirror.cli.console import out, progress_bar, write_json
from moodmirror.errors import InputError

if TYPE_CHECKING:
    from moodmirror.evaluation.calibration import Fitting
    from moodmirror.evaluation.datasets import LabelledCrops
    from moodmirror.evaluation.metrics import Figures, VoteFigures
    from moodmirror.evaluation.robustness import Loss
    from moodmirror.expression.card import ModelCard
    from moodmirror.expression.classify import Heads, OnnxClassifier


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that one call measured; None where it was not asked for."""

    card: ModelCard
    split: str | None
    figures: Figures
    votes: VoteFigures | None = None
    losses: tuple[Loss, ...] | None = None
    fittings: dict[str, Fitting] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        values = {"model": self.card.name, "sha256": self.card.sha256, "split": self.split, **self.figures.to_dict()}
        if self.votes is not None:
            values |= self.votes.to_dict()
        if self.losses is not None:
            values["robustness"] = {loss.condition.name: loss.to_dict() for loss in self.losses}
        if self.fittings is not None:
            values["calibration"] = {name: fitting.to_dict() for name, fitting in self.fittings.items()}
        return values


def evaluate(
    data: Annotated[Path, typer.Option(help="FER2013 CSV (plain or .bz2), or a folder of class folders.")],
    votes: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="FER+ votes, row for row beside the whole CSV: adds agreement with its raters."
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only rows of this Usage, such as PublicTest.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Any expression model (ONNX); the shipped one by default.")] = None,
    robustness: Annotated[
        bool,
        typer.Option("--robustness", help="Also what is lost in bad light, noise, small, tilted and ill-framed faces."),
    ] = False,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Also a reliability diagram: is stated confidence kept?")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON, and nothing else.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="PNG|FOLDER",
            help="Write what was asked for as a picture: the one of --robustness or --calibration, else the confusion matrix. "
            "A folder takes them all.",
        ),
    ] = None,
) -> None:
    """Accuracy, F1, likelihood and calibration on 48x48 crops, taken as they are. Nothing is fitted."""
    from moodmirror.evaluation.metrics import figures, vote_figures
    from moodmirror.expression.classify import OnnxClassifier

    asked = [name for name, wanted in (("robustness", robustness), ("calibration", calibration)) if wanted]
    targets = {} if picture is None else picture_paths(picture, asked)
    for path in targets.values():
        # Before minutes of measuring, not after.
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
    classifier = OnnxClassifier(model)
    crops = _load(data, votes, split)
    heads = _read(classifier, crops)
    result = figures(heads.labels, crops.labels)
    evaluation = Evaluation(
        classifier.card,
        split,
        result,
        None if crops.votes is None else vote_figures(heads, crops.votes),
        _losses(classifier, crops, result.accuracy) if robustness else None,
        _fittings(heads, classifier.card, crops) if calibration else None,
    )
    for name, path in targets.items():
        with _writing(path):
            path.write_bytes(_draw(name, evaluation))
    if as_json:
        write_json(evaluation.to_dict())
    else:
        _print(evaluation)


def picture_paths(picture: Path, asked: list[str]) -> dict[str, Path]:
    """Which picture goes where. ``picture``: a PNG for the one that is asked for, or a folder for them all.

    >>> [path.name for path in picture_paths(Path("figures"), ["robustness"]).values()]
    ['confusion.png', 'robustness.png']
    """
    if picture.is_dir() or not picture.suffix:
        return {name: picture / f"{name}.png" for name in ("confusion", *asked)}
    if picture.suffix.lower() != ".png":
        raise InputError(f"{picture}: pictures are written as PNG. Name a .png, or a folder.")
    if len(asked) > 1:
        raise InputError(f"{picture} is one file, and {' and '.join(asked)} make a picture each. Name a folder.")
    return {(asked or ["confusion"])[0]: picture}


def _load(data: Path, votes: Path | None, split: str | None) -> LabelledCrops:
    from moodmirror.evaluation.datasets import load_crops

    if votes is not None and not votes.is_file():
        raise InputError(f"{votes} is no file. Give FER+'s fer2013new.csv, or leave --votes out.")
    with progress_bar() as progress:
        task = progress.add_task(f"loading {data.name}", total=None)
        crops = load_crops(data, votes, progress=lambda rows: progress.update(task, completed=rows))
    # Only now: votes stand row for row beside the whole file.
    return crops if split is None else crops.split(split)


def _read(classifier: OnnxClassifier, crops: LabelledCrops) -> Heads:
    from moodmirror.evaluation.reader import read_crops

    with progress_bar() as progress:
        task = progress.add_task("reading crops", total=len(crops))
        return read_crops(classifier, crops.crops, progress=lambda done: progress.update(task, completed=done))


def _losses(classifier: OnnxClassifier, crops: LabelledCrops, accuracy: float) -> tuple[Loss, ...]:
    from moodmirror.evaluation.robustness import PASSES, robustness

    with progress_bar() as progress:
        task = progress.add_task("reading worse pictures", total=len(crops) * PASSES)
        return robustness(classifier, crops, accuracy, progress=lambda done: progress.update(task, completed=done))


def _fittings(heads: Heads, card: ModelCard, crops: LabelledCrops) -> dict[str, Fitting]:
    from moodmirror.evaluation.calibration import calibration

    return calibration(heads, card, crops.labels, crops.votes)


def _draw(name: str, evaluation: Evaluation) -> bytes:
    from moodmirror.evaluation.picture import confusion_png, reliability_png, robustness_png

    result = evaluation.figures
    title = f"{evaluation.card.name}: {evaluation.split or 'all rows'}, n = {result.n}, accuracy {result.accuracy:.1%}"
    if name == "robustness" and evaluation.losses is not None:
        return robustness_png(evaluation.losses, result.accuracy, title)
    if name == "calibration" and evaluation.fittings is not None:
        return reliability_png(evaluation.fittings, title)
    return confusion_png(result.confusion, title)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}. Choose another place for --picture."
        ) from error


def _print(evaluation: Evaluation) -> None:
    _print_figures(evaluation.figures)
    if evaluation.votes is not None:
        _print_votes(evaluation.votes)
    if evaluation.losses is not None:
        _print_losses(evaluation.losses)
    for name, fitting in (evaluation.fittings or {}).items():
        _print_fitting(name, fitting)
    if evaluation.fittings is not None and "shown" not in evaluation.fittings:
        out.print("\nWhat people see is calibrated against FER+'s raters: give their votes with --votes to measure it.")


def _print_figures(result: Figures) -> None:
    from rich.table import Table

    low, high = result.accuracy_interval
    out.print(
        f"n {result.n}   accuracy {result.accuracy:.4f} ({low:.4f} to {high:.4f} at 95 %)   "
        f"macro-F1 {result.macro_f1:.4f}   NLL {result.nll:.4f}   ECE {result.ece:.4f}",
        highlight=False,
        soft_wrap=True,
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


def _print_votes(votes: VoteFigures) -> None:
    if votes.ferplus_accuracy is not None:
        ferplus = f"{votes.ferplus_accuracy:.4f} on the {votes.ferplus_n} rows where most raters agree"
    elif votes.ferplus_n:
        ferplus = "not measured: this model has no head for FER+'s eight emotions"
    else:
        ferplus = "not measured: on none of these rows do most raters agree"
    out.print(f"\nFER+ majority, 8 classes: {ferplus}", highlight=False, soft_wrap=True)
    if votes.shown_accuracy is None:
        out.print("What people see: not measured: no rater named one of the seven expressions on these rows.")
        return
    out.print(
        f"What people see, against the raters' shares: n {votes.shown_n}   accuracy {votes.shown_accuracy:.4f}   "
        f"NLL {votes.shown_nll:.4f}   ECE {votes.shown_ece:.4f}",
        highlight=False,
        soft_wrap=True,
    )


def _print_losses(losses: tuple[Loss, ...]) -> None:
    from rich.table import Table

    from moodmirror.evaluation.picture import points

    out.print("\nrobustness: points of accuracy lost against the pictures as they are")
    table = Table("condition", "accuracy", "lost", "may lose", "", box=None, pad_edge=False)
    for loss in losses:
        limit = loss.condition.limit
        verdict = "" if limit is None else "kept" if loss.lost <= limit else "not kept"
        may = "" if limit is None else f"{limit * 100:g}"
        table.add_row(loss.condition.title, f"{loss.accuracy:.4f}", points(loss.lost), may, verdict)
    out.print(table)


def _print_fitting(name: str, fitting: Fitting) -> None:
    from rich.table import Table

    source = {"labels": "the label head, against the label", "shown": "what people see, against FER+'s raters"}[name]
    before, after = fitting.before, fitting.after
    out.print(
        f"\ncalibration of {source}: ECE {before.ece:.4f} before fitting, {after.ece:.4f} as given out",
        highlight=False,
        soft_wrap=True,
    )
    table = Table("bin", "rows", "confidence", "right", "before: rows", "confidence", "right", box=None, pad_edge=False)
    for one, raw in zip(after.bins, before.bins, strict=True):
        cells = [f"{one.low:.2f}-{one.high:.2f}"]
        for part in (one, raw):
            means = ("", "") if part.right is None else (f"{part.confidence:.3f}", f"{part.right:.3f}")
            cells += [str(part.rows), *means]
        table.add_row(*cells)
    out.print(table)
