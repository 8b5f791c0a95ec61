"""`moodmirror train` and `moodmirror export`: a model from data; both need the extra `train`."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moodmirror.cli.console import err, out, progress_bar
from moodmirror.errors import InputError, SetupError

if TYPE_CHECKING:
    from moodmirror.evaluation.datasets import LabelledCrops
    from moodmirror.training.recipe import Recipe
    from moodmirror.training.train import EpochReport

RUN_FOLDER = Path("runs/reader")


def train(
    data: Annotated[Path, typer.Option(help="FER2013 CSV (plain or .bz2), or a folder of class folders.")],
    votes: Annotated[Path | None, typer.Option(help="FER+ votes, row for row beside the CSV.")] = None,
    out_folder: Annotated[
        Path, typer.Option("--out", help="Folder of the run; one that holds a checkpoint is resumed.")
    ] = RUN_FOLDER,
    recipe_name: Annotated[
        str, typer.Option("--recipe", metavar="NAME", help="shipped or long (two cores), gpu (with teachers), quick.")
    ] = "shipped",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the data; the recipe's own by default.")
    ] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Pictures a step.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and views.")] = None,
) -> None:
    """Train an expression reader. Saves after every epoch; the same command resumes a run that was cut."""
    _need_torch()
    from moodmirror.training.recipe import RECIPES
    from moodmirror.training.train import CHECKPOINT
    from moodmirror.training.train import train as run

    if recipe_name not in RECIPES:
        raise InputError(f"no recipe {recipe_name!r}. Choose one of {', '.join(RECIPES)}.")
    recipe = _with_options(RECIPES[recipe_name], epochs=epochs, batch=batch, seed=seed)
    crops = _load(data, votes)
    with progress_bar() as progress:
        task = progress.add_task("training", total=recipe.epochs)

        def on_batch(epoch: int, done: int, batches: int) -> None:
            progress.update(task, total=recipe.epochs * batches, completed=epoch * batches + done)

        run(crops, out_folder, recipe, on_batch=on_batch, on_epoch=_report)
    out.print(f"Checkpoint: {out_folder / CHECKPOINT}")
    with_votes = "" if votes is None else f" --votes {votes}"
    out.print(f"Make a model of it: moodmirror export --run {out_folder} --data {data}{with_votes}")


def export(
    data: Annotated[Path, typer.Option(help="The data of the run: calibration is fitted on its split PublicTest.")],
    votes: Annotated[Path | None, typer.Option(help="FER+ votes, if the run had them; noted in the JSON.")] = None,
    run: Annotated[Path, typer.Option(help="Folder of the training run.")] = RUN_FOLDER,
    output: Annotated[
        Path, typer.Option("--out", help="The ONNX file to write; a JSON of its making goes beside it.")
    ] = Path("express.onnx"),
    framing: Annotated[
        Path | None, typer.Option(help="What moodmirror frame-fit --out wrote; the package's own framing by default.")
    ] = None,
) -> None:
    """Make the ONNX model of a training run: calibrated, checked against PyTorch, with a JSON of its making."""
    _need_torch()
    from moodmirror.training.express import export_model
    from moodmirror.training.framing import FRAMING, read_framing
    from moodmirror.training.train import CHECKPOINT

    framed = FRAMING if framing is None else read_framing(framing)
    card = export_model(run / CHECKPOINT, _load(data, votes), output, framing=framed)
    out.print(
        f"Wrote {output} ({output.stat().st_size / 1e6:.2f} MB, sha256 {card.sha256[:12]}…) and {output.with_suffix('.json')}."
    )


def _need_torch() -> None:
    missing = [name for name in ("torch", "onnxscript") if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(
            f"This needs the extra 'train' ({', '.join(missing)} is missing). pip install 'moodmirror[train]'"
        )


def _with_options(recipe: Recipe, **options: int | None) -> Recipe:
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    return dataclasses.replace(recipe, **given)


def _load(data: Path, votes: Path | None) -> LabelledCrops:
    from moodmirror.evaluation.datasets import load_crops

    if votes is not None and not votes.exists():
        raise InputError(f"{votes} does not exist. Give FER+'s fer2013new.csv, or leave --votes out.")
    with progress_bar() as progress:
        task = progress.add_task(f"loading {data.name}", total=None)
        return load_crops(data, votes, progress=lambda rows: progress.update(task, completed=rows))


def _report(report: EpochReport) -> None:
    accuracy = "" if report.accuracy is None else f", PublicTest accuracy {report.accuracy:.4f}"
    err.print(f"epoch {report.epoch}: loss {report.loss:.4f}{accuracy}", highlight=False)
