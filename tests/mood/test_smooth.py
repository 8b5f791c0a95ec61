from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodmirror.mood.smooth import FORGET_AFTER_S, MoodSmoother, photo_mood
from moodmirror.mood.unclear import UnclearRule
from moodmirror.types import EXPRESSIONS, Expression, Quality, Scores

GOOD = Quality(size_px=120, brightness=0.5, contrast=0.2, sharpness=1.0, inside=1.0, yaw=0.0)
DARK = Quality(size_px=120, brightness=0.0, contrast=0.2, sharpness=1.0, inside=1.0, yaw=0.0)
RULE = UnclearRule(min_confidence=0.5)


def scores(
    label: Expression, strength: float = 4.0, quality: Quality = GOOD, noise: np.ndarray | None = None
) -> Scores:
    logits = np.zeros(7) if noise is None else noise.copy()
    logits[EXPRESSIONS.index(label)] += strength
    exponent = np.exp(logits - logits.max())
    return Scores(tuple(exponent / exponent.sum()), tuple(logits), quality)


@pytest.mark.parametrize("fps", [2, 10, 30, 120])
def test_a_step_in_the_logits_shows_within_one_and_a_half_seconds_at_any_frame_rate(fps: int) -> None:
    smoother = MoodSmoother(RULE)
    for step in range(3 * fps):
        smoother.update(scores("neutral"), at=step / fps)
    changed_at = next(
        step / fps
        for step in range(3 * fps, 6 * fps)
        if smoother.update(scores("happy"), at=step / fps).label == "happy"
    )
    assert changed_at - 3.0 <= 1.5


def test_one_stray_frame_does_not_change_the_label() -> None:
    smoother = MoodSmoother(RULE)
    labels = {smoother.update(scores("angry" if step == 20 else "sad"), at=step / 15).label for step in range(60)}
    assert labels == {"sad"}


def test_noise_around_a_tie_does_not_flicker() -> None:
    random = np.random.default_rng(3)
    smoother = MoodSmoother(UnclearRule(min_confidence=0.3))
    labels = []
    for step in range(300):
        noise = random.normal(0, 0.6, 7)
        noise[EXPRESSIONS.index("sad")] += 2.0
        labels.append(smoother.update(scores("neutral", 2.0, noise=noise), at=step / 15).label)
    changes = sum(a != b for a, b in itertools.pairwise(labels))
    assert changes <= 2


def test_between_several_is_unclear_and_says_so() -> None:
    smoother = MoodSmoother(RULE)
    mood = smoother.update(scores("happy", strength=0.5), at=0.0)
    assert mood.label is None
    assert smoother.why_unclear is not None
    assert "How do you feel" in smoother.why_unclear


def test_a_face_that_cannot_be_read_asserts_nothing_and_tells_what_to_do() -> None:
    smoother = MoodSmoother(RULE)
    assert smoother.update(scores("happy", quality=DARK), at=0.0).label is None
    assert smoother.why_unclear == "It is too dark. Turn on a light."


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        ({"size_px": 20}, "Come closer"),
        ({"inside": 0.4}, "Move into view"),
        ({"contrast": 0.01}, "Change the light"),
        ({"sharpness": 0.05}, "Hold still"),
        ({"yaw": -0.9}, "Look towards the camera"),
    ],
)
def test_each_fault_of_the_picture_has_its_advice(fault: dict[str, float], advice: str) -> None:
    why = RULE.why_unreadable(dataclasses.replace(GOOD, **fault))
    assert why is not None
    assert advice in why
    assert RULE.why_unreadable(GOOD) is None


def test_a_moment_of_darkness_keeps_the_mood_and_a_long_one_forgets_it() -> None:
    smoother = MoodSmoother(RULE)
    smoother.update(scores("happy"), at=0.0)
    assert smoother.update(scores("angry", quality=DARK), at=0.5).label == "happy"
    assert smoother.update(scores("angry", quality=DARK), at=0.6 + FORGET_AFTER_S).label is None


def test_a_clock_that_starts_again_starts_the_mood_again() -> None:
    smoother = MoodSmoother(RULE)
    smoother.update(scores("happy"), at=100.0)
    assert smoother.update(scores("sad"), at=0.0).label == "sad"


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 2), st.lists(st.floats(-30, 30), min_size=7, max_size=7)), min_size=1, max_size=30)
)
def test_what_comes_out_is_always_a_distribution_and_a_place_on_the_map(steps: list[tuple[float, list[float]]]) -> None:
    smoother, at = MoodSmoother(RULE), 0.0
    for wait, logits in steps:
        at += wait
        exponent = np.exp(np.array(logits) - max(logits))
        mood = smoother.update(Scores(tuple(exponent / exponent.sum()), tuple(logits), GOOD), at)
        assert sum(mood.probabilities) == pytest.approx(1)
        assert 0 <= mood.confidence <= 1
        assert -1 <= mood.affect.valence <= 1
        assert -1 <= mood.affect.arousal <= 1
        assert mood.label is None or mood.confidence >= RULE.min_confidence - 0.081


def test_a_photo_follows_the_same_rule() -> None:
    assert photo_mood(scores("fear"), RULE)[0].label == "fear"
    mood, why = photo_mood(scores("fear", strength=0.3), RULE)
    assert mood.label is None
    assert why is not None
