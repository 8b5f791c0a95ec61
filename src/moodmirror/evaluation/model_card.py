"""A model's card as a page, after Mitchell et al. 2019: written from the JSON beside the model and from results.

What no result tells is named as a gap; what was measured with another model is named as such.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from moodmirror.errors import DataError, InputError
from moodmirror.evaluation import model_card_tables as tables
from moodmirror.evaluation import model_card_text as text
from moodmirror.evaluation.model_card_tables import Figures
from moodmirror.expression.card import ModelCard
from moodmirror.types import EXPRESSIONS

USED: Final = ("accuracy", "framing", "rest", "clips", "frame", "startup", "memory")
"""The results that the page is made of, by their file's name."""


@dataclass(frozen=True, slots=True)
class Result:
    """One file of benchmarks/results. ``sha256``: of the model that it was measured with; None where it does not say."""

    name: str
    figures: Figures
    conditions: str
    commit: str
    measured_at: str
    machine: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the page is made of. ``size_bytes``: of the model's file.

    While it is written: ``gaps``, sentences; ``told``, results whose conditions stand on it already.
    """

    card: ModelCard
    size_bytes: int
    results: Mapping[str, Result]
    gaps: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def load_results(folder: Path) -> dict[str, Result]:
    """The results in ``folder`` that the page uses; those that are not there are left out.

    Raises ``InputError`` where there is no such folder, ``DataError`` for a file that no benchmark wrote.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is no folder. Name that of the results with --results; a checkout has benchmarks/results."
        )
    return {name: _load(name, folder / f"{name}.json") for name in USED if (folder / f"{name}.json").exists()}


def model_card(card: ModelCard, size_bytes: int, results: Mapping[str, Result]) -> str:
    """The page, Markdown. The same card and results give the same page.

    >>> page = model_card(ModelCard("mine", "0" * 64), 5_000_000, {})
    >>> "**Not measured:** accuracy on PublicTest; run `python -m benchmarks accuracy`." in page
    True
    """
    sheet = Sheet(card, size_bytes, results)
    parts = (_details, _data, _training, _figures, _calibration, _robustness, _living, _affect, _speed)
    blocks = [block for part in parts for block in part(sheet)]
    gaps = [f"- {gap}" for gap in dict.fromkeys(sheet.gaps)]
    return "\n\n".join(block.strip() for block in [*blocks, "\n".join([text.ETHICS.strip(), *gaps])]) + "\n"


def _load(name: str, path: Path) -> Result:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Result(
            name,
            values["figures"],
            values["conditions"],
            values["commit"],
            values["measured_at"],
            f"{values['machine']['processor']}, {values['machine']['cores']} cores",
            _sha256(values["figures"]) or _sha256(values),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is no result of a benchmark: {error!r}. Please {_again(name)}.") from error


def _sha256(values: Figures) -> str | None:
    model = values.get("model")
    return str(model["sha256"]) if isinstance(model, Mapping) and "sha256" in model else None


def _run(name: str) -> str:
    return f"run `python -m benchmarks {name}`"


def _again(name: str) -> str:
    return f"{_run(name)} again"


def _from(sheet: Sheet, name: str, what: str, write: Callable[[Figures], Iterator[str]]) -> list[str]:
    """The blocks that ``write`` makes of a result, and their conditions; or the gap, named here and in the list of gaps."""
    result = sheet.results.get(name)
    if result is not None:
        try:
            blocks = list(write(result.figures))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise DataError(
                f"{name}.json has another form than this version reads: {error!r}. Please {_again(name)}."
            ) from error
        if blocks:
            return [*blocks, _source(sheet, result)]
    sheet.gaps.append(f"{what[0].upper()}{what[1:]}: {_run(name)}.")
    return [f"**Not measured:** {what}; {_run(name)}."]


def _source(sheet: Sheet, result: Result) -> str:
    """Where figures come from: in full where a result is first used, in short from then on."""
    link = f"[{result.name}.json](../benchmarks/results/{result.name}.json)"
    if result.name in sheet.told:
        return f"From {link}, as above."
    sheet.told.append(result.name)
    said = f"From {link}, {result.measured_at[:10]}, commit {result.commit}, {result.machine}: {result.conditions.rstrip('.')}."
    if result.sha256 is None:
        return f"{said} The result does not say which model it was measured with."
    if result.sha256 == sheet.card.sha256:
        return said
    other = f"measured with another model, sha256 {result.sha256[:12]}…"
    sheet.gaps.append(f"{result.name}.json was {other}: {_again(result.name)}.")
    return f"**{other[0].upper()}{other[1:]}**, not with this one: {_again(result.name)}.\n\n{said}"


def _details(sheet: Sheet) -> Iterator[str]:
    card = sheet.card
    yield f"# Model card: {card.name}"
    yield text.INTRODUCTION
    yield "## Details"
    yield tables.table(
        ("", ""),
        [
            ("what it does", "names which of seven expressions a face shows, with a probability for each"),
            ("file", f"`{card.name}.onnx`, {sheet.size_bytes / 1e6:.2f} MB"),
            ("sha256", f"`{card.sha256}`"),
            ("made", f"{card.created or 'not stated'}, commit {card.commit or 'not stated'}"),
            (
                "reads",
                f"a grey face of {card.crop_px}x{card.crop_px} pixels, which the graph frames; seen at {card.view_px}",
            ),
            ("says", f"{', '.join(EXPRESSIONS)}; each head's own answer too, and how well the face could be read"),
            ("licence, makers", "Apache-2.0; trained from scratch by the Mood Mirror authors"),
        ],
    )
    yield text.USE


def _data(sheet: Sheet) -> Iterator[str]:
    yield "## Data"
    yield f"**Trained on:** {sheet.card.trained_on}. **Calibrated on:** {sheet.card.calibrated_on or 'nothing'}."
    yield text.DATA
    yield from _from(sheet, "accuracy", "how far the labels agree with the raters", tables.label_noise)


def _training(sheet: Sheet) -> Iterator[str]:
    yield "## Training"
    rows = [(f"`{name}`", tables.plain(value)) for name, value in tables.leaves(sheet.card.recipe)]
    yield tables.table(("recipe", ""), rows) if rows else "The model's JSON tells no recipe."
    agreement = sheet.card.agreement
    if {"onnx_fp32", "onnx_shipped", "rows", "flips"} <= agreement.keys():
        yield (
            f"Probabilities of the exported graph differ from PyTorch's by at most {agreement['onnx_fp32']:.1e} in single "
            f"precision, and by at most {agreement['onnx_shipped']:.1e} as it ships: {agreement['flips']} of "
            f"{agreement['rows']:,} answers change."
        )
    else:
        sheet.gaps.append("How far the exported graph agrees with PyTorch: the model's JSON does not say.")
    yield text.METRICS


def _figures(sheet: Sheet) -> Iterator[str]:
    yield "## Figures"
    yield from _from(sheet, "accuracy", "accuracy on PublicTest", tables.accuracy)


def _calibration(sheet: Sheet) -> Iterator[str]:
    card = sheet.card
    yield "## Calibration and 'unclear'"
    if card.asserted_accuracy is None or card.coverage is None:
        sheet.gaps.append("How often what is asserted is right: the limit for 'unclear' was not fitted.")
        yield f"Under a confidence of {card.min_confidence:g} the answer is 'unclear'. That limit was not fitted."
    else:
        judge = {"votes": "most of FER+'s raters", "labels": "the label"}[card.asserted_by]
        yield (
            f"Under a confidence of {tables.percent(card.min_confidence)} the answer is 'unclear'. On {card.calibrated_on} that "
            f"leaves {tables.percent(card.coverage)} of the pictures; {tables.percent(card.asserted_accuracy)} of them were "
            f"right by {judge}. Temperature, pool and limit were fitted on that split: only what is cross-fitted below does "
            "not flatter."
        )
    yield from _from(sheet, "accuracy", "calibration, cross-fitted", tables.calibration)


def _robustness(sheet: Sheet) -> Iterator[str]:
    yield "## Worse pictures"
    yield from _from(sheet, "accuracy", "what bad light, noise, small and tilted faces cost", tables.robustness)


def _living(sheet: Sheet) -> Iterator[str]:
    yield text.FRAMING
    yield from _from(sheet, "framing", "faces that the detectors miss, and what framing costs", tables.everything)
    yield from _from(sheet, "clips", "steadiness of the live answer", tables.everything)
    yield text.REST
    yield from _from(sheet, "rest", "when a capture of the resting face helps and when it hurts", tables.rest)


def _affect(sheet: Sheet) -> Iterator[str]:
    yield text.AFFECT
    yield from _from(sheet, "accuracy", "agreement of valence and arousal with the raters", tables.affect)


def _speed(sheet: Sheet) -> Iterator[str]:
    yield "## Speed and memory"
    yield from _from(sheet, "frame", "milliseconds for a frame", tables.everything)
    yield from _from(sheet, "startup", "seconds to the first answer", tables.everything)
    yield from _from(sheet, "memory", "memory of the server", tables.everything)
