"""`moodmirror model-card`: the model's card as a page, from its JSON and from results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from moodmirror.cli.console import out
from moodmirror.errors import InputError, ModelError

RESULTS = Path("benchmarks/results")
PAGE = Path("docs/model-card.md")


def model_card(
    results: Annotated[Path, typer.Option(help="Folder of what `python -m benchmarks` wrote.")] = RESULTS,
    model: Annotated[
        Path | None, typer.Option(help="Any expression model (ONNX) with its JSON; the shipped one by default.")
    ] = None,
    output: Annotated[Path, typer.Option("--out", help="The page to write, Markdown.")] = PAGE,
) -> None:
    """Write the model's card: what it is, what it is for and not for, how it was measured, and what nobody has measured."""
    from moodmirror.evaluation.model_card import load_results
    from moodmirror.evaluation.model_card import model_card as written
    from moodmirror.expression.card import read_model
    from moodmirror.expression.classify import SHIPPED_MODEL

    path = model or SHIPPED_MODEL
    content, card = read_model(path)
    if card is None:
        raise ModelError(f"{path} lacks the JSON of its making beside it. Export the model again.")
    page = written(card, len(content), load_results(results))
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{output} cannot be written: {error.strerror or error}. Choose another place for --out."
        ) from error
    out.print(f"Wrote {output}.", highlight=False, soft_wrap=True)
