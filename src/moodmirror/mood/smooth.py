"""Readings of one face settle into a mood: logits averaged by the clock, hysteresis, one rule for 'unclear'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moodmirror.mood.affect import affect_of
from moodmirror.mood.unclear import UnclearRule
from moodmirror.types import EXPRESSIONS, Expression, Mood, MoodSource, Scores

TIME_CONSTANT_S: Final = 0.5
"""Weight of the past falls to 1/e in this time; a step in the logits is 95 % seen after 1.5 s."""
FORGET_AFTER_S: Final = 1.5
"""With no readable face for so long there is no mood, and the next reading starts afresh."""
LABEL_MARGIN: Final = 0.12
"""A new label must lead the present one by this much probability."""
DWELL_S: Final = 0.3
"""And it must do so for this long: a tie in a noisy picture would flicker otherwise."""
CONFIDENCE_SLACK: Final = 0.08
"""Once asserted, a label stays until its probability is this far under the limit: no flicker at the threshold."""


class MoodSmoother:
    """The mood of one face over time. Times are seconds on the source's clock, whatever its frame rate.

    >>> from moodmirror.types import Quality
    >>> smoother = MoodSmoother(UnclearRule())
    >>> logits = (0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0)
    >>> scores = Scores((0.01, 0.01, 0.01, 0.94, 0.01, 0.01, 0.01), logits, Quality(100, 0.5, 0.2, 1, 1, 0))
    >>> smoother.update(scores, at=0.0).label
    'happy'
    """

    def __init__(self, rule: UnclearRule) -> None:
        self._rule = rule
        self._logits: NDArray[np.float64] | None = None
        self._at = -math.inf
        self._leader: int | None = None
        self._asserted = False
        self._challenged_at = math.inf
        self.why_unclear: str | None = None

    def update(self, scores: Scores, at: float) -> Mood:
        """Take one reading and return the mood as it now stands; one that is not good enough changes nothing."""
        unreadable = self._rule.why_unreadable(scores.quality)
        if self._logits is None or not 0 <= at - self._at <= FORGET_AFTER_S:
            self._logits, self._leader, self._asserted, self._challenged_at = None, None, False, math.inf
        if unreadable is None:
            self._average(np.asarray(scores.logits, np.float64), at)
        if self._logits is None:
            self.why_unclear = unreadable
            return unclear_mood(scores.probabilities)
        probabilities = _softmax(self._logits)
        self._settle(probabilities, at)
        label = EXPRESSIONS[self._leader] if self._asserted and self._leader is not None else None
        self.why_unclear = None if label is not None else self._rule.why_unsure(0.0)
        return _mood(label, probabilities, "camera")

    def _average(self, logits: NDArray[np.float64], at: float) -> None:
        if self._logits is None:
            self._logits = logits
        else:
            weight = 1 - math.exp(-(at - self._at) / TIME_CONSTANT_S)
            self._logits = self._logits + weight * (logits - self._logits)
        self._at = at

    def _settle(self, probabilities: NDArray[np.float64], at: float) -> None:
        """Who leads changes slowly; whether it is asserted follows its probability at once, so that nothing unsure is said."""
        best = int(probabilities.argmax())
        if self._leader is None:
            self._leader = best
        elif probabilities[best] - probabilities[self._leader] < LABEL_MARGIN:
            self._challenged_at = math.inf
        else:
            self._challenged_at = min(self._challenged_at, at)
            if at - self._challenged_at >= DWELL_S:
                self._leader, self._challenged_at, self._asserted = best, math.inf, False
        slack = CONFIDENCE_SLACK if self._asserted else 0.0
        self._asserted = bool(probabilities[self._leader] >= self._rule.min_confidence - slack)


def photo_mood(scores: Scores, rule: UnclearRule) -> tuple[Mood, str | None]:
    """The mood of a single picture, and why it is unclear, or None: nothing to settle, the same rule."""
    why = rule.why_unclear(scores)
    probabilities = np.asarray(scores.probabilities, np.float64)
    label = None if why else EXPRESSIONS[int(probabilities.argmax())]
    return _mood(label, probabilities, "photo"), why


def unclear_mood(probabilities: Sequence[float]) -> Mood:
    """A mood that asserts nothing."""
    return _mood(None, np.asarray(probabilities, np.float64), "camera")


def _mood(label: Expression | None, probabilities: NDArray[np.float64], source: MoodSource) -> Mood:
    index = int(probabilities.argmax()) if label is None else EXPRESSIONS.index(label)
    confidence = float(probabilities[index])
    values = tuple(float(p) for p in probabilities)
    return Mood(label, values, affect_of(values), confidence, source)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponent = np.exp(logits - logits.max())
    return np.asarray(exponent / exponent.sum(), np.float64)
