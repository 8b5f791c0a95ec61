"""When a resting face helps and when it hurts: simulated people on FER2013's PublicTest, through the real capture.

FER2013 does not say who is who, so people are made up: a person is a constant bias on the logits of every picture. What one
sitting shows of a face at rest differs from the mean neutral picture by that bias and by the day's light and pose; the latter
is taken to be half of the variance between neutral pictures (``DAY``). The other half of it lies between people, which is how
large a bias of everyday size is (``everyday_bias``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.scenes import portrait_clip
from moodmirror.evaluation.datasets import load_crops
from moodmirror.expression.classify import OnnxClassifier
from moodmirror.mirror import Mirror
from moodmirror.mood.rest import CAPTURE_S, NotAtRest, RestCapture, drift_of
from moodmirror.mood.smooth import unclear_mood
from moodmirror.mood.unclear import UnclearRule
from moodmirror.types import EXPRESSIONS, Expression, Face, Frame, Quality, Reading, Scores
from moodmirror.vision.decode import read_image

PEOPLE, ROWS, FPS = 200, 400, 5
BATCH = 128
SIZES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Bias, in the logits' unit: added to one logit, or the root mean square over the seven in a random direction."""
DAY: Final = 0.5
JITTER: Final = 0.3
"""Deviation of each logit from frame to frame."""
NEUTRAL = EXPRESSIONS.index("neutral")
FACE, QUALITY = Face((100, 100, 200, 200), 0.9), Quality(120, 0.5, 0.2, 1, 1, 0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pictures:
    """``logits``: log-probabilities (n, 7) less their mean. ``labels``: (n,), 0..6. ``min_confidence``: the model's, 0..1."""

    logits: Floats
    labels: NDArray[np.int64]
    min_confidence: float

    @property
    def at_rest(self) -> Floats:
        """Mean logits (7,) of those that are labelled neutral."""
        return np.asarray(self.logits[self.labels == NEUTRAL].mean(0))

    @property
    def spread(self) -> Floats:
        """What each of those (m, 7) adds to the mean."""
        return np.asarray(self.logits[self.labels == NEUTRAL] - self.at_rest)


def run() -> None:
    folder = record.data("fer2013")
    if folder is None:
        return
    classifier = OnnxClassifier()
    pictures = _read(classifier, folder)
    random = np.random.default_rng(0)
    spread = float(np.sqrt((pictures.spread**2).mean()))
    figures: dict[str, Any] = {
        "model": {"name": classifier.card.name, "sha256": classifier.card.sha256},
        "at_rest": [round(float(value), 2) for value in pictures.at_rest],
        "spread_of_neutral": round(spread, 3),
        "everyday_bias": round(spread * (1 - DAY) ** 0.5, 3),
        "biased": {
            str(towards): {f"{size:g}": _biased(pictures, towards, size, random) for size in SIZES}
            for towards in ("sad", "angry", "any")
        },
        "held": {name: _held(pictures, index, random) for index, name in enumerate(EXPRESSIONS)},
        "smile_comes_half_way": _changing(pictures, random),
    }
    photos = record.data("photos")
    if photos is not None:
        figures["restless_hand"] = _restless(photos)
    conditions = (
        f"FER2013 PublicTest, {len(pictures.labels)} crops as they are; {PEOPLE} simulated people a row, {ROWS} pictures each; "
        f"capture: {CAPTURE_S:g} s at {FPS} readings a second, one neutral picture of which {1 - DAY:.0%} of the variance is the "
        f"day's, the person's bias, and {JITTER} a frame; 'all' counts a refused person as read without; shares of 1; "
        "balanced: mean recall of the seven; wrong_at_rest: neutral pictures of which another label is asserted; "
        "false_neutral: other pictures of which neutral is; own: recall of neutral, or of what is held; seed 0"
    )
    record.write("rest", conditions, figures)


def _read(classifier: OnnxClassifier, folder: Path) -> Pictures:
    data = load_crops(folder / "fer2013.csv.bz2").split("PublicTest")
    parts = [classifier.read_heads(data.crops[start : start + BATCH]).shown for start in range(0, len(data), BATCH)]
    logits = np.log(np.maximum(np.concatenate(parts).astype(np.float64), 1e-12))
    return Pictures(logits - logits.mean(1, keepdims=True), data.labels, classifier.card.min_confidence)


def _biased(pictures: Pictures, towards: Expression | str, size: float, random: np.random.Generator) -> dict[str, Any]:
    """People with a bias of one size, captured at rest."""
    people = []
    for _ in range(PEOPLE):
        bias = np.zeros(7)
        if towards == "any":
            way = pictures.spread[random.integers(len(pictures.spread))]
            bias = way / np.sqrt((way**2).mean()) * size
        else:
            bias[EXPRESSIONS.index(towards)] = size
        day = DAY**0.5 * pictures.spread[random.integers(len(pictures.spread))]
        people.append((bias, _capture([pictures.at_rest + bias + day], random)))
    return _effect(pictures, people, random)


def _held(pictures: Pictures, label: int, random: np.random.Generator) -> dict[str, Any]:
    """People without a bias who hold one expression through the capture; 'own' is the recall of that expression."""
    rows = np.flatnonzero(pictures.labels == label)
    people = [(np.zeros(7), _capture([pictures.logits[random.choice(rows)]], random)) for _ in range(PEOPLE)]
    return _effect(pictures, people, random, label)


def _changing(pictures: Pictures, random: np.random.Generator) -> dict[str, Any]:
    """A face at rest that smiles from half way on."""
    rest, smile = (np.flatnonzero(pictures.labels == EXPRESSIONS.index(name)) for name in ("neutral", "happy"))
    ends = [
        _capture([pictures.logits[random.choice(rest)], pictures.logits[random.choice(smile)]], random)
        for _ in range(PEOPLE)
    ]
    return {"kept": _kept(ends), "refused": _reasons(ends)}


def _capture(faces: Sequence[Floats], random: np.random.Generator) -> Floats | str:
    """A capture of logits (7,) that follow one another in equal parts: the offset (7,), or why it was refused."""
    capture, steps = RestCapture(UnclearRule()), round(CAPTURE_S * FPS)
    try:
        for step in range(steps + 1):
            logits = faces[min(len(faces) - 1, step * len(faces) // steps)] + random.normal(0, JITTER, 7)
            shown = tuple(_softmax(logits).tolist())
            reading = Reading(FACE, Scores(shown, tuple(logits.tolist()), QUALITY), unclear_mood(shown), 1)
            rest = capture.update(reading, step / FPS)
    except NotAtRest as refusal:
        return refusal.reason
    if rest is None:
        raise RuntimeError("a capture did not end with its time")
    return np.array(rest.offset)


def _effect(
    pictures: Pictures, people: list[tuple[Floats, Floats | str]], random: np.random.Generator, own: int = NEUTRAL
) -> dict[str, Any]:
    """What the capture does to each person's readings: the same pictures read without and with it."""
    without, with_ = [], []
    for bias, end in people:
        rows = random.integers(len(pictures.labels), size=ROWS)
        read, labels = pictures.logits[rows] + bias, pictures.labels[rows]
        without.append(_figures(read, labels, pictures.min_confidence, own))
        with_.append(
            without[-1] if isinstance(end, str) else _figures(read + end, labels, pictures.min_confidence, own)
        )
    kept = np.array([not isinstance(end, str) for _, end in people])
    gain = np.array([b["balanced"] - a["balanced"] for a, b in zip(without, with_, strict=True)])
    result: dict[str, Any] = {
        "kept": _kept([end for _, end in people]),
        "refused": _reasons([end for _, end in people]),
    }
    if kept.any():
        result["of_kept"] = {"without": _mean(without, kept), "with": _mean(with_, kept)}
        result["balanced_gain_of_kept"] = round(float(gain[kept].mean()), 4)
        result["standard_error"] = round(float(gain[kept].std() / np.sqrt(kept.sum())), 4)
    result["all"] = {"without": _mean(without, kept | True), "with": _mean(with_, kept | True)}
    return result


def _figures(logits: Floats, labels: NDArray[np.int64], min_confidence: float, own: int) -> dict[str, float]:
    shown = _softmax(logits)
    said, sure = shown.argmax(1), shown.max(1) >= min_confidence
    right = said == labels
    recalls = [right[labels == label].mean() for label in np.unique(labels)]
    at_rest = labels == NEUTRAL
    return {
        "balanced": float(np.mean(recalls)),
        "own": float(right[labels == own].mean()) if (labels == own).any() else float("nan"),
        "unclear": float(1 - sure.mean()),
        "wrong_at_rest": float((sure & ~right)[at_rest].mean()),
        "false_neutral": float((sure & (said == NEUTRAL))[~at_rest].mean()),
    }


def _mean(figures: list[dict[str, float]], which: NDArray[np.bool_]) -> dict[str, float]:
    chosen = [row for row, taken in zip(figures, which, strict=True) if taken]
    return {name: round(float(np.nanmean([row[name] for row in chosen])), 4) for name in chosen[0]}


def _kept(ends: Sequence[Floats | str]) -> float:
    return round(sum(not isinstance(end, str) for end in ends) / len(ends), 3)


def _reasons(ends: Sequence[Floats | str]) -> dict[str, float]:
    counts = Counter(end for end in ends if isinstance(end, str))
    return {reason: round(count / len(ends), 3) for reason, count in sorted(counts.items())}


def _restless(folder: Path) -> dict[str, Any]:
    """Portraits filmed by a restless hand: how far the reading of one face drifts where only the camera moves."""
    mirror = Mirror()
    drifts, reasons = [], []
    for path in sorted(folder.glob("*.jpg"))[::2]:
        photo = read_image(path).pixels
        faces = mirror.read(photo).faces
        if len(faces) != 1:
            continue
        session, capture, ended = mirror.session(), mirror.rest_capture(), ""
        seconds, shown = [], []
        for at, pixels in portrait_clip(photo, faces[0].face.bbox_xyxy, CAPTURE_S + 1 / FPS, FPS):
            seen = session.update(Frame(pixels, at))
            seconds += [at] * len(seen[:1])
            shown += [reading.scores.probabilities for reading in seen[:1]]
            try:
                if not ended and capture.update(seen[0] if seen else None, at, pixels.shape[1]) is not None:
                    ended = "kept"
            except NotAtRest as refusal:
                ended = refusal.reason
        drifts.append(drift_of(np.array(seconds), np.array(shown)))
        reasons.append(ended)
    return {"drift": {**record.percentiles(drifts), "most": round(max(drifts), 3)}, "ended": dict(Counter(reasons))}


def _softmax(logits: Floats) -> Floats:
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(weights / weights.sum(-1, keepdims=True))
