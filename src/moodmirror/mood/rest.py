"""A person's resting face: ten seconds of it, captured with care, shift that one person's readings.

A face at rest is not neutral to a network that was trained on others: some people read as sad or angry while nothing moves.
A capture measures by how much, and each later reading of this person is corrected by a part of that. A capture goes wrong
where somebody moves or holds an expression; it is then refused. What is kept are seven numbers, and without them the readings
are as they were.

Knows nothing of cameras, the store or the web; time is an argument.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from moodmirror.errors import InputError
from moodmirror.mood.smooth import MoodSmoother
from moodmirror.mood.unclear import UnclearRule
from moodmirror.types import EXPRESSIONS, BoxXYXY, Expression, Reading, Scores

CAPTURE_S: Final = 10.0
"""How long a capture takes, on the source's clock."""
MIN_READINGS: Final = 20
"""Two a second; fewer say little of what lies between them."""
LEAD: Final = 1.5
"""By how much the logit of neutral should be ahead of any other in a face at rest: 4.5 to one."""
APPLIED: Final = 0.5
"""The part of what lacks to that lead that is applied: the rest is taken to be the day's light and pose, not the person."""
MAX_SHIFT: Final = 2.0
"""No logit is lowered by more: what a face is read as with 89 % or more it is still read as, whatever was captured."""
MAX_HELD: Final = 0.6
"""An expression that is read with more probability than this on the mean is taken to be held, not to be the face at rest."""
MAX_DRIFT: Final = 0.2
"""How far any second's mean probabilities may be from those of the whole, as total variation (0..1).

Where only a restless hand moves the camera, portraits stay well under it (benchmarks/results/rest.json).
"""
MAX_TRAVEL: Final = 0.3
"""How far the face may go from where it was at first, in its own widths."""
MAX_GROWTH: Final = 1.25
"""How much larger or smaller it may become: nearer or farther is another view of it."""
MAX_YAW: Final = 0.4
"""How far the head may be turned, as :class:`moodmirror.types.Quality` has it."""
PATIENCE_S: Final = 1.0
"""How long in all, in a capture, the face may be out of place, turned or unfit to read; a blink or a glance is nothing."""
GONE_S: Final = 2.0
"""How long it may be out of view."""
SEVEN: Final = len(EXPRESSIONS)

WhyRefused: TypeAlias = Literal["moved", "turned", "unfit", "gone", "another", "few", "held", "changed", "short"]
Logits: TypeAlias = NDArray[np.float64]


class NotAtRest(InputError):
    """A capture that was refused; nothing of it is kept. ``reason``: one word for a program."""

    def __init__(self, reason: WhyRefused, message: str) -> None:
        super().__init__(message)
        self.reason: WhyRefused = reason


@dataclass(frozen=True, slots=True)
class RestingFace:
    """What a person's resting face shifts in each of their readings.

    ``offset``: (7,), added to the logits, each 0 or less, down to -``MAX_SHIFT``. ``readings``, ``seconds``: what it was
    captured from. ``read_as``: what the face at rest was read as without it. ``model``: SHA-256 of the model that read
    it; the offset means nothing to another one. Raises ``InputError`` for numbers that no capture gives.

    >>> from moodmirror.types import Quality
    >>> rest = RestingFace((0, 0, 0, 0, -1.0, 0, 0), 150, 10.0, "sad")
    >>> sad = Scores((0, 0, 0, 0, 0.6, 0, 0.4), (-9, -9, -9, -9, 0.0, -9, -0.405), Quality(100, 0.5, 0.2, 1, 1, 0))
    >>> round(rest.shift(sad).probabilities[6], 2)
    0.64
    """

    offset: tuple[float, ...]
    readings: int
    seconds: float
    read_as: Expression
    model: str = ""

    def __post_init__(self) -> None:
        # Written so that NaN is refused too.
        if len(self.offset) != SEVEN or not all(-MAX_SHIFT <= value <= 0 for value in self.offset):
            raise InputError(f"A resting face has {SEVEN} numbers from {-MAX_SHIFT:g} to 0. Capture it again.")

    def shift(self, scores: Scores) -> Scores:
        """``scores`` with the offset added to the logits; the probabilities are their softmax, the quality stays."""
        logits = np.asarray(scores.logits, np.float64) + np.asarray(self.offset)
        return Scores(tuple(np.exp(_log_softmax(logits)).tolist()), tuple(logits.tolist()), scores.quality)


class RestCapture:
    """Gathers one person's readings for ten seconds; gives a :class:`RestingFace`, or raises :class:`NotAtRest`.

    ``rule`` says which readings are fit. Begins with the first reading; one capture is used once.
    """

    def __init__(self, rule: UnclearRule, model: str = "") -> None:
        self._rule = rule
        self._model = model
        self._began = self._at = math.nan
        self._track_id = 0
        self._first: BoxXYXY | None = None
        self._logits: list[tuple[float, Logits]] = []
        self._lost: dict[WhyRefused, float] = {}

    @property
    def progress(self) -> float:
        """0 to 1."""
        return 0.0 if math.isnan(self._began) else min(1.0, (self._at - self._began) / CAPTURE_S)

    def update(self, mine: Reading | None, at: float, frame_width: float = 1.0) -> RestingFace | None:
        """Take the person's reading in one frame, before any shift, or None where their face is not in it.

        ``at``: seconds on the source's clock. ``frame_width``, pixels, lets a stream change its resolution. Returns the
        resting face when the time is full. Raises ``NotAtRest`` as soon as it is clear that this is none.
        """
        passed = self._pass(at)
        if mine is None:
            self._lose("gone", passed, GONE_S, "Your face was out of view.")
        else:
            self._take(mine, passed, frame_width)
        return self._finish() if self.progress >= 1 else None

    def _pass(self, at: float) -> float:
        """Seconds since the last frame."""
        if math.isnan(self._began):
            self._began = self._at = at
        passed, self._at = at - self._at, at
        if passed < 0:
            raise NotAtRest("short", "The pictures began anew in the middle of the capture. Start it again.")
        if passed > GONE_S:
            raise NotAtRest("gone", "No picture came for a while in the middle of the capture. Start it again.")
        return passed

    def _take(self, mine: Reading, passed: float, frame_width: float) -> None:
        box = _scaled(mine.face.bbox_xyxy, frame_width)
        unfit = self._rule.why_unreadable(mine.scores.quality)
        if self._first is None:
            if unfit is None:
                self._first, self._track_id = box, mine.track_id
        elif mine.track_id != self._track_id:
            raise NotAtRest("another", "Another face came into your place. Be alone in view, and start again.")
        if abs(mine.scores.quality.yaw) > MAX_YAW:
            self._lose("turned", passed, PATIENCE_S, "Your head was turned. Look straight at the camera.")
        elif unfit is not None:
            self._lose("unfit", passed, PATIENCE_S, unfit)
        elif self._first is not None and _moved(self._first, box):
            self._lose("moved", passed, PATIENCE_S, "Your face moved. Sit still.")
        else:
            self._logits.append((self._at - self._began, _log_softmax(np.asarray(mine.scores.logits, np.float64))))

    def _lose(self, reason: WhyRefused, passed: float, limit_s: float, advice: str) -> None:
        """Count time without a fit reading; refuse where it is too much."""
        self._lost[reason] = self._lost.get(reason, 0.0) + passed
        if self._lost[reason] > limit_s:
            raise NotAtRest(reason, f"{advice} Then start again.")

    def _finish(self) -> RestingFace:
        if len(self._logits) < MIN_READINGS:
            raise NotAtRest(
                "few",
                f"Only {len(self._logits)} readings came in {CAPTURE_S:g} s; {MIN_READINGS} are needed. "
                "Close what else keeps this machine busy, then start again.",
            )
        seconds = np.array([at for at, _ in self._logits])
        logits = np.array([value for _, value in self._logits])
        shown = np.exp(logits)
        whole = shown.mean(0)
        if drift_of(seconds, shown) > MAX_DRIFT:
            raise NotAtRest(
                "changed", "Your expression changed during the capture. Let your face rest, then start again."
            )
        _refuse_held(whole)
        read_as = EXPRESSIONS[int(whole.argmax())]
        return RestingFace(offset_of(logits.mean(0)), len(logits), self._at - self._began, read_as, self._model)


class RestingMood:
    """One person's mood with their resting face taken out, settled on its own beside the unshifted one.

    So the unshifted mood runs on as if there had never been a resting face, and an undo shows it again to the digit.
    """

    def __init__(self, rest: RestingFace, rule: UnclearRule) -> None:
        self.rest = rest
        self._rule = rule
        self._smoother = MoodSmoother(rule)
        self._track_id: int | None = None

    def update(self, mine: Reading, at: float) -> Reading:
        """``mine``, read without the shift, as it is with it. ``at``: seconds on the source's clock."""
        if mine.track_id != self._track_id:
            self._smoother, self._track_id = MoodSmoother(self._rule), mine.track_id
        scores = self.rest.shift(mine.scores)
        mood = self._smoother.update(scores, at)
        return replace(mine, scores=scores, mood=mood, why_unclear=self._smoother.why_unclear)


def offset_of(at_rest: Logits) -> tuple[float, ...]:
    """The offset (7,) for a face whose mean logits (7,) at rest are ``at_rest``: 0 for neutral, 0 or less for the others.

    Every expression that comes nearer to neutral than ``LEAD`` is lowered by half of what lacks, so that a face which rests as
    neutral anyway is left as it is. Half, because of what one sitting shows about half is the person (an assumption, which
    ``benchmarks/rest.py`` states): the shrinkage of an empirical Bayes estimate with equal variances (Efron & Morris 1975).
    """
    neutral = EXPRESSIONS.index("neutral")
    lacks = at_rest - at_rest[neutral] + LEAD
    lacks[neutral] = 0.0
    return tuple((0.0 - np.clip(APPLIED * lacks, 0.0, MAX_SHIFT)).tolist())


def drift_of(seconds: NDArray[np.float64], shown: Logits) -> float:
    """How far the second that differs most is from the whole: total variation of mean probabilities, 0..1.

    ``seconds`` (n,): when; ``shown`` (n, 7): probabilities.
    """
    whole, index = shown.mean(0), np.floor(seconds)
    return max(float(np.abs(shown[index == second].mean(0) - whole).sum() / 2) for second in np.unique(index))


def _refuse_held(whole: Logits) -> None:
    leader = int(whole.argmax())
    if EXPRESSIONS[leader] != "neutral" and whole[leader] > MAX_HELD:
        raise NotAtRest(
            "held",
            f"Your face was read as {EXPRESSIONS[leader]} throughout ({whole[leader]:.0%}), as a held expression is. "
            "Let your face rest, then start again. If it was at rest, a capture cannot help; correct the mood by hand instead.",
        )


def _moved(first: BoxXYXY, box: BoxXYXY) -> bool:
    width, now = first[2] - first[0], box[2] - box[0]
    dx, dy = (box[0] + box[2] - first[0] - first[2]) / 2, (box[1] + box[3] - first[1] - first[3]) / 2
    return math.hypot(dx, dy) > MAX_TRAVEL * width or max(width, now) > MAX_GROWTH * min(width, now)


def _scaled(box: BoxXYXY, frame_width: float) -> BoxXYXY:
    left, top, right, bottom = (value / frame_width for value in box)
    return (left, top, right, bottom)


def _log_softmax(logits: Logits) -> Logits:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float64)
