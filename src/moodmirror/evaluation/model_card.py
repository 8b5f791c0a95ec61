"""A model's card as a page, after Mitchell et al. 2019: written from the JSON beside the model and from results.

What no result tells is named as a gap; what was measured with another model is named as such.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from moodmirror.errors import DataError, InputError
from moodmirror.evaluation import model_card_text as text
from moodmirror.evaluation.metrics import wilson_interval
from moodmirror.evaluation.robustness import CONDITIONS
from moodmirror.expression.card import ModelCard
from moodmirror.types import EXPRESSIONS

USED: Final = ("accuracy", "framing", "rest", "clips", "frame", "startup", "memory")
"""The results that the page is made of, by their file's name."""
LONGEST_LIST: Final = 8
"""Numbers in a list that is still written out."""

Figures = Mapping[str, Any]


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
    yield _table(
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
    def noise(figures: Figures) -> Iterator[str]:
        if "plurality_against_label" in figures:
            ceiling = figures["plurality_against_label"]
            yield (
                f"The label is what most of FER+'s ten raters said on {_percent(figures['label_agrees_with_plurality'])} of all "
                "pictures. Who always answered with the raters' first word of the seven would be right, by the label, on "
                f"{_share(ceiling)} of {ceiling['n']:,} pictures of PublicTest."
            )

    yield "## Data"
    yield f"**Trained on:** {sheet.card.trained_on}. **Calibrated on:** {sheet.card.calibrated_on or 'nothing'}."
    yield text.DATA
    yield from _from(sheet, "accuracy", "how far the labels agree with the raters", noise)


def _training(sheet: Sheet) -> Iterator[str]:
    yield "## Training"
    rows = [(f"`{name}`", _plain(value)) for name, value in _leaves(sheet.card.recipe)]
    yield _table(("recipe", ""), rows) if rows else "The model's JSON tells no recipe."
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
    yield from _from(sheet, "accuracy", "accuracy on PublicTest", _write_figures)


def _write_figures(figures: Figures) -> Iterator[str]:
    sets = {
        "all of PublicTest": figures["public_test"],
        "without twins in Training": figures["public_test_without_twins"],
    }
    yield _table(
        ("label head", "n", "accuracy", "macro-F1", "NLL", "ECE"),
        [
            (
                name,
                f"{one['n']:,}",
                _share(one),
                _of(one, "macro_f1", _percent),
                _of(one, "nll"),
                _of(one, "ece", _percent),
            )
            for name, one in sets.items()
        ],
    )
    whole = figures["public_test"]
    if "shown_n" in whole:
        yield _table(
            ("against raters", "FER+, 8 classes", "n", "what people see", "NLL", "ECE", "n"),
            [
                (
                    name,
                    _share(one, "ferplus_accuracy"),
                    f"{one['ferplus_n']:,}",
                    _share(one, "shown_accuracy"),
                    _of(one, "shown_nll"),
                    _of(one, "shown_ece", _percent),
                    f"{one['shown_n']:,}",
                )
                for name, one in sets.items()
            ],
        )
    if "shown_nll_least" in whole:
        yield f"The raters' own spread is {whole['shown_nll_least']:.3f} nats: no NLL against their shares can be less."
    yield _classes(whole)
    yield "Confusion, rows the label, columns the answer:"
    rows = [(name, *map(str, counts)) for name, counts in zip(EXPRESSIONS, whole["confusion"], strict=True)]
    yield _table(("", *EXPRESSIONS), rows)


def _classes(figures: Figures) -> str:
    rows = []
    for index, name in enumerate(EXPRESSIONS):
        one, named = figures["classes"][name], sum(row[index] for row in figures["confusion"])
        precision = _with(one["precision"], wilson_interval(one["precision"], named)) if named else "never named"
        recall = _with(one["recall"], wilson_interval(one["recall"], one["support"])) if one["support"] else "no rows"
        rows.append((name, precision, recall, _percent(one["f1"]), str(one["support"])))
    return _table(("expression", "precision", "recall", "F1", "rows"), rows)


def _calibration(sheet: Sheet) -> Iterator[str]:
    card = sheet.card
    yield "## Calibration and 'unclear'"
    if card.asserted_accuracy is None or card.coverage is None:
        sheet.gaps.append("How often what is asserted is right: the limit for 'unclear' was not fitted.")
        yield f"Under a confidence of {card.min_confidence:g} the answer is 'unclear'. That limit was not fitted."
    else:
        judge = {"votes": "most of FER+'s raters", "labels": "the label"}[card.asserted_by]
        yield (
            f"Under a confidence of {_percent(card.min_confidence)} the answer is 'unclear'. On {card.calibrated_on} that "
            f"leaves {_percent(card.coverage)} of the pictures; {_percent(card.asserted_accuracy)} of them were right by "
            f"{judge}. Temperature, pool and limit were fitted on that split: only what is cross-fitted below does not flatter."
        )
    yield from _from(sheet, "accuracy", "calibration, cross-fitted", _write_calibration)


def _write_calibration(figures: Figures) -> Iterator[str]:
    crossed = figures["public_test"]
    titles = {"labels": ("label head", ""), "shown": ("what people see", "shown_")}
    rows = []
    for name, fitting in figures.get("calibration", {}).items():
        title, prefix = titles[name]
        before, after = _percent(fitting["before"]["ece"]), _percent(fitting["after"]["ece"])
        ece, nll = _of(crossed, f"{prefix}ece_cross_fitted", _percent), _of(crossed, f"{prefix}nll_cross_fitted")
        rows.append((title, before, after, ece, nll))
    if rows:
        yield _table(("", "ECE, nothing fitted", "ECE as given out", "ECE cross-fitted", "NLL cross-fitted"), rows)


def _robustness(sheet: Sheet) -> Iterator[str]:
    yield "## Worse pictures"
    yield from _from(sheet, "accuracy", "what bad light, noise, small and tilted faces cost", _write_robustness)


def _write_robustness(figures: Figures) -> Iterator[str]:
    losses = figures.get("robustness", {})
    rows = [
        (
            condition.title,
            _share(losses[condition.name]),
            f"{round(losses[condition.name]['lost'] * 100, 1) + 0.0:.1f}",
            "" if condition.limit is None else f"{condition.limit * 100:g}",
        )
        for condition in CONDITIONS
        if condition.name in losses
    ]
    if rows:
        yield _table(("condition", "accuracy", "points lost", "may lose"), rows)


def _living(sheet: Sheet) -> Iterator[str]:
    yield text.FRAMING
    yield from _from(sheet, "framing", "faces that the detectors miss, and what framing costs", _all_figures)
    yield from _from(sheet, "clips", "steadiness of the live answer", _all_figures)
    yield text.REST
    yield from _from(sheet, "rest", "when a capture of the resting face helps and when it hurts", _all_figures)


def _affect(sheet: Sheet) -> Iterator[str]:
    yield text.AFFECT
    yield from _from(sheet, "accuracy", "agreement of valence and arousal with the raters", _write_affect)


def _write_affect(figures: Figures) -> Iterator[str]:
    found = figures.get("affect")
    if found is None:
        return
    titles = {
        "labels": "label head",
        "votes": "head for the votes, contempt left out",
        "shown": "what people see",
        "top_1": "its first expression alone",
        "as_people_see_it": "what people see, drawn to neutral as confidence falls",
    }
    axes = ("valence", "arousal")
    rows = [
        (title, *(_of(found[name][axis], key) for axis in axes for key in ("pearson", "ccc", "rmse")))
        for name, title in titles.items()
        if name in found
    ]
    yield _table(("mean place by", *(f"{axis} {key}" for axis in axes for key in ("r", "CCC", "RMSE"))), rows)
    yield f"Against the mean place by the raters' shares, on {found['n']:,} pictures; r is Pearson's, CCC is Lin's concordance."


def _speed(sheet: Sheet) -> Iterator[str]:
    yield "## Speed and memory"
    yield from _from(sheet, "frame", "milliseconds for a frame", _all_figures)
    yield from _from(sheet, "startup", "seconds to the first answer", _all_figures)
    yield from _from(sheet, "memory", "memory of the server", _all_figures)


def _all_figures(figures: Figures) -> Iterator[str]:
    """Every figure of a result that has no table of its own here; single cases and the model's name are left out."""
    own = {name: value for name, value in figures.items() if name not in {"model", "each"}}
    rows = [(f"`{name}`", _plain(value)) for name, value in _leaves(own)]
    if rows:
        yield _table(("figure", ""), rows)


def _leaves(values: Figures, before: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of all that is no long list; percentiles stay together."""
    for name, value in values.items():
        if isinstance(value, Mapping) and "p50" not in value:
            yield from _leaves(value, f"{before}{name}.")
        elif not isinstance(value, list) or (len(value) <= LONGEST_LIST and not any(map(_nested, value))):
            yield f"{before}{name}", value


def _nested(value: Any) -> bool:
    return isinstance(value, (list, Mapping))


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _nats(value: float) -> str:
    return f"{value:.3f}"


def _with(share: float, interval: Sequence[float]) -> str:
    return f"{_percent(share)} ({interval[0] * 100:.1f} to {interval[1] * 100:.1f})"


def _share(figures: Figures, name: str = "accuracy") -> str:
    """A share with its interval; a model may lack it."""
    return "not measured" if figures[name] is None else _with(figures[name], figures[f"{name}_interval"])


def _of(figures: Figures, name: str, written: Callable[[float], str] = _nats) -> str:
    """A figure, with its interval where there is one."""
    if figures.get(name) is None:
        return "not measured"
    if name not in figures.get("intervals", {}):
        return written(figures[name])
    low, high = (written(end).removesuffix(" %") for end in figures["intervals"][name])
    return f"{written(figures[name])} ({low} to {high})"
