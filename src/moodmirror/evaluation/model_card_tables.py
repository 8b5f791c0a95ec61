"""What results say, as Markdown: a table for each kind of figure that the model card shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from moodmirror.evaluation.metrics import wilson_interval
from moodmirror.evaluation.robustness import CONDITIONS
from moodmirror.types import EXPRESSIONS

LONGEST_LIST: Final = 8
"""Numbers in a list that is still written out."""
MOST_ROWS: Final = 40
"""Figures of a result without a table of its own that are written out."""

Figures = Mapping[str, Any]


def label_noise(figures: Figures) -> Iterator[str]:
    """How far the labels agree with the raters, where that was measured."""
    if "plurality_against_label" in figures:
        ceiling = figures["plurality_against_label"]
        yield (
            f"The label is what most of FER+'s ten raters said on {percent(figures['label_agrees_with_plurality'])} of all "
            "pictures. Who always answered with the raters' first word of the seven would be right, by the label, on "
            f"{_share(ceiling)} of {ceiling['n']:,} pictures of PublicTest."
        )


def accuracy(figures: Figures) -> Iterator[str]:
    """Of PublicTest: both heads, what people see, classes, confusion."""
    sets = {
        "all of PublicTest": figures["public_test"],
        "without twins in Training": figures["public_test_without_twins"],
    }
    yield table(
        ("label head", "n", "accuracy", "macro-F1", "NLL", "ECE"),
        [
            (
                name,
                f"{one['n']:,}",
                _share(one),
                _of(one, "macro_f1", percent),
                _of(one, "nll"),
                _of(one, "ece", percent),
            )
            for name, one in sets.items()
        ],
    )
    whole = figures["public_test"]
    if "shown_n" in whole:
        yield table(
            ("against raters", "FER+, 8 classes", "n", "what people see", "NLL", "ECE", "n"),
            [
                (
                    name,
                    _share(one, "ferplus_accuracy"),
                    f"{one['ferplus_n']:,}",
                    _share(one, "shown_accuracy"),
                    _of(one, "shown_nll"),
                    _of(one, "shown_ece", percent),
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
    yield table(("", *EXPRESSIONS), rows)


def _classes(figures: Figures) -> str:
    rows = []
    for index, name in enumerate(EXPRESSIONS):
        one, named = figures["classes"][name], sum(row[index] for row in figures["confusion"])
        precision = _with(one["precision"], wilson_interval(one["precision"], named)) if named else "never named"
        recall = _with(one["recall"], wilson_interval(one["recall"], one["support"])) if one["support"] else "no rows"
        rows.append((name, precision, recall, percent(one["f1"]), str(one["support"])))
    return table(("expression", "precision", "recall", "F1", "rows"), rows)


def calibration(figures: Figures) -> Iterator[str]:
    """ECE with nothing fitted, as given out, and cross-fitted; nothing where it was not measured."""
    crossed = figures["public_test"]
    titles = {"labels": ("label head", ""), "shown": ("what people see", "shown_")}
    rows = []
    for name, fitting in figures.get("calibration", {}).items():
        title, prefix = titles[name]
        before, after = percent(fitting["before"]["ece"]), percent(fitting["after"]["ece"])
        ece, nll = _of(crossed, f"{prefix}ece_cross_fitted", percent), _of(crossed, f"{prefix}nll_cross_fitted")
        rows.append((title, before, after, ece, nll))
    if rows:
        yield table(("", "ECE, nothing fitted", "ECE as given out", "ECE cross-fitted", "NLL cross-fitted"), rows)


def robustness(figures: Figures) -> Iterator[str]:
    """What each condition costs."""
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
        yield table(("condition", "accuracy", "points lost", "may lose"), rows)


def rest(figures: Figures) -> Iterator[str]:
    """What a capture does to made-up people; a result of another form is written out."""
    if "biased" not in figures:
        yield from everything(figures)
        return
    people = {
        f"bias of {size} {'in any direction' if towards == 'any' else f'towards {towards}'}": one
        for towards, sizes in figures["biased"].items()
        for size, one in sizes.items()
    }
    people |= {f"no bias, {name} held through the capture": one for name, one in figures.get("held", {}).items()}
    rows = []
    for who, one in people.items():
        without, after = one["all"]["without"], one["all"]["with"]
        shares = (without["balanced"], after["balanced"], without["wrong_at_rest"], after["wrong_at_rest"])
        rows.append((who, percent(one["kept"]), *map(percent, shares)))
    head = ("people", "captures kept", "mean recall without", "with", "wrong at rest without", "with")
    yield table(head, rows)
    yield (
        "Made-up people; a bias is in the logits' unit. Mean recall is over the seven; wrong at rest is the share of neutral "
        "pictures of which another expression is asserted. Who was refused counts as read without."
    )


def affect(figures: Figures) -> Iterator[str]:
    """How sources of valence and arousal agree with the raters."""
    found = figures.get("affect")
    if found is None:
        return
    titles = {
        "labels": "label head",
        "votes": "head for the votes, contempt left out",
        "shown": "what people see",
        "top_1": "its first expression alone",
        "shrunk": "what people see, drawn to neutral as confidence falls",
    }
    axes = ("valence", "arousal")
    rows = [
        (title, *(_of(found[name][axis], key) for axis in axes for key in ("pearson", "ccc", "rmse")))
        for name, title in titles.items()
        if name in found
    ]
    yield table(("mean place by", *(f"{axis} {key}" for axis in axes for key in ("r", "CCC", "RMSE"))), rows)
    yield f"Against the mean place by the raters' shares, on {found['n']:,} pictures; r is Pearson's, CCC is Lin's concordance."


def everything(figures: Figures) -> Iterator[str]:
    """Every figure of a result that has no table of its own here; single cases and the model's name are left out."""
    own = {name: value for name, value in figures.items() if name not in {"model", "each"}}
    rows = [(f"`{name}`", plain(value)) for name, value in leaves(own)]
    if rows:
        yield table(("figure", ""), rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        yield f"{len(rows) - MOST_ROWS} more figures stand in the file."


def leaves(values: Figures, before: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of all that is no long list; percentiles stay together, and so does a share with its interval."""
    for name, value in values.items():
        if isinstance(value, Mapping) and not {"p50", "share"} & value.keys():
            yield from leaves(value, f"{before}{name}.")
        elif not isinstance(value, list) or (len(value) <= LONGEST_LIST and not any(map(_nested, value))):
            yield f"{before}{name}", value


def _nested(value: Any) -> bool:
    return isinstance(value, (list, Mapping))


def plain(value: Any) -> str:
    """A value of JSON in words."""
    if isinstance(value, Mapping) and {"share", "of", "interval"} <= value.keys():
        return f"{_with(value['share'], value['interval'])} of {value['of']:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float) -> str:
    """A share of 1, in percent.

    >>> percent(0.6687)
    '66.9 %'
    """
    return f"{share * 100:.1f} %"


def _nats(value: float) -> str:
    return f"{value:.3f}"


def _with(share: float, interval: Sequence[float]) -> str:
    return f"{percent(share)} ({interval[0] * 100:.1f} to {interval[1] * 100:.1f})"


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
