"""What a capture takes, what it refuses, and how far a resting face can bend a reading: in made-up time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodmirror.errors import InputError
from moodmirror.mood.rest import (
    CAPTURE_S,
    LEAD,
    MAX_SHIFT,
    MIN_READINGS,
    NotAtRest,
    RestCapture,
    RestingFace,
    RestingMood,
    offset_of,
)
from moodmirror.mood.smooth import MoodSmoother, unclear_mood
from moodmirror.mood.unclear import UnclearRule
from moodmirror.types import EXPRESSIONS, Expression, Face, Quality, Reading, Scores

GOOD = Quality(size_px=120, brightness=0.5, contrast=0.2, sharpness=1.0, inside=1.0, yaw=0.0)
BOX = (100.0, 100.0, 200.0, 200.0)
RULE = UnclearRule(min_confidence=0.5)
REST = RestingFace((0.0, 0.0, 0.0, 0.0, -1.2, 0.0, 0.0), 100, 10.0, "sad")

AT_REST = (0.3, -2.1, 0.3, -0.4, 0.5, -1.3, 2.3)
"""Logits of a face that rests as neutral."""

Look = Callable[[float], Reading | None]


def scored(logits: np.ndarray, quality: Quality = GOOD) -> Scores:
    weights = np.exp(logits - logits.max())
    return Scores(tuple((weights / weights.sum()).tolist()), tuple(logits.tolist()), quality)


def seen(
    more: dict[Expression, float] | None = None,
    box: tuple[float, float, float, float] = BOX,
    quality: Quality = GOOD,
    track_id: int = 1,
) -> Reading:
    """A face that rests as neutral, with ``more`` of some expressions."""
    logits = np.array(AT_REST)
    for name, value in (more or {}).items():
        logits[EXPRESSIONS.index(name)] += value
    scores = scored(logits, quality)
    return Reading(Face(box, 0.9), scores, unclear_mood(scores.probabilities), track_id)


def times(fps: float = 10, seconds: float = CAPTURE_S) -> Iterator[float]:
    return (50 + step / fps for step in range(round(seconds * fps) + 1))


def capture(look: Look, fps: float = 10) -> RestingFace:
    """Ten seconds of what ``look`` gives for a time from 0 to 10."""
    running = RestCapture(RULE, "ab" * 32)
    for at in times(fps):
        rest = running.update(look(at - 50), at)
        if rest is not None:
            return rest
    raise AssertionError("the capture did not end")


def refusal(look: Look, fps: float = 10) -> NotAtRest:
    with pytest.raises(NotAtRest) as refused:
        capture(look, fps)
    return refused.value


@pytest.mark.parametrize("fps", [3, 10, 30])
def test_ten_steady_seconds_give_a_resting_face_at_any_frame_rate(fps: int) -> None:
    rest = capture(lambda _: seen({"sad": 1.9}), fps)
    assert (rest.read_as, rest.readings, rest.model) == ("sad", 10 * fps + 1, "ab" * 32)
    assert rest.seconds == pytest.approx(CAPTURE_S)
    lowered = {name for name, value in zip(EXPRESSIONS, rest.offset, strict=True) if value < 0}
    assert lowered == {"sad"}
    assert rest.offset[EXPRESSIONS.index("sad")] == pytest.approx(-(2.4 - 2.3 + LEAD) / 2)


def test_a_capture_says_how_far_it_is() -> None:
    running = RestCapture(RULE)
    assert running.progress == 0
    parts = []
    for at in times(fps=4):
        running.update(seen(), at)
        parts.append(running.progress)
    assert parts == pytest.approx([step / 40 for step in range(41)])


def test_a_face_that_rests_as_neutral_is_left_as_it_is() -> None:
    rest, read = capture(lambda _: seen()), seen({"happy": 3}).scores
    assert rest.offset == (0.0,) * 7
    assert rest.shift(read).logits == read.logits


def test_the_shift_makes_a_face_that_rests_sad_neutral_again() -> None:
    sad = seen({"sad": 1.9})
    assert int(np.argmax(sad.scores.probabilities)) == EXPRESSIONS.index("sad")
    shifted = capture(lambda _: sad).shift(sad.scores)
    assert int(np.argmax(shifted.probabilities)) == EXPRESSIONS.index("neutral")
    assert shifted.quality == sad.scores.quality


def test_a_blink_and_a_glance_are_nothing() -> None:
    def look(at: float) -> Reading | None:
        if 2.05 <= at < 3.55:
            return None
        return seen(quality=Quality(120, 0.5, 0.2, 1, 1, 0.6 if 5.05 <= at < 5.85 else 0.1))

    assert capture(look).readings == 101 - 15 - 8


@pytest.mark.parametrize(
    ("look", "reason", "advice"),
    [
        (lambda at: seen(box=(100 + 20 * at, 100, 200 + 20 * at, 200)), "moved", "Sit still"),
        (lambda at: seen(box=(100, 100, 200 + 10 * at, 200 + 10 * at)), "moved", "Sit still"),
        (lambda at: seen(quality=Quality(120, 0.5, 0.2, 1, 1, 0.5 if at > 4 else 0)), "turned", "straight"),
        (lambda _: seen(quality=Quality(120, 0.01, 0.2, 1, 1, 0)), "unfit", "too dark"),
        (lambda at: seen() if at < 4 else None, "gone", "out of view"),
        (lambda _: None, "gone", "out of view"),
        (lambda at: seen(track_id=1 if at < 4 else 2), "another", "alone"),
        (lambda _: seen({"happy": 6}), "held", "happy"),
        (lambda _: seen({"angry": 4}), "held", "angry"),
        (lambda at: seen({"happy": 6 if at > 7 else 0}), "changed", "Let your face rest"),
        (lambda at: seen({"sad": 0.35 * at}), "changed", "Let your face rest"),
    ],
)
def test_what_is_no_face_at_rest_is_refused_with_what_to_do(look: Look, reason: str, advice: str) -> None:
    refused = refusal(look)
    assert refused.reason == reason
    assert advice in str(refused)
    assert "start again" in str(refused)


def test_too_few_readings_are_refused() -> None:
    refused = refusal(lambda _: seen(), fps=(MIN_READINGS - 2) / CAPTURE_S)
    assert refused.reason == "few"


def test_a_clock_that_jumps_is_no_ten_seconds() -> None:
    for jump, reason in ((-5.0, "short"), (9.0, "gone")):
        running = RestCapture(RULE)
        running.update(seen(), 100.0)
        running.update(seen(), 101.0)
        with pytest.raises(NotAtRest) as refused:
            running.update(seen(), 101.0 + jump)
        assert refused.value.reason == reason


def test_a_stream_that_changes_its_resolution_is_no_movement() -> None:
    running = RestCapture(RULE)
    rest = None
    for at in times():
        small = at < 55
        box = (50.0, 50.0, 100.0, 100.0) if small else BOX
        rest = running.update(seen(box=box), at, 320 if small else 640)
    assert rest is not None


logits = st.lists(st.floats(-12, 12), min_size=7, max_size=7).map(np.array)


@given(logits, logits)
def test_whatever_was_captured_a_clear_reading_keeps_its_label(at_rest: np.ndarray, read: np.ndarray) -> None:
    rest = RestingFace(offset_of(at_rest), 100, 10.0, "neutral")
    before, after = scored(read), rest.shift(scored(read))
    assert all(-MAX_SHIFT <= value <= 0 for value in rest.offset)
    assert sum(after.probabilities) == pytest.approx(1)
    weights = np.exp(np.array(after.logits) - max(after.logits))
    assert after.probabilities == pytest.approx(weights / weights.sum())
    if max(before.probabilities) >= 0.89:
        assert np.argmax(after.probabilities) == np.argmax(before.probabilities)


@pytest.mark.parametrize(
    "offset", [(0.0,) * 6, (0.0,) * 6 + (0.01,), (0.0,) * 6 + (-MAX_SHIFT - 0.01,), (math.nan,) * 7]
)
def test_numbers_that_no_capture_gives_are_refused(offset: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="Capture it again"):
        RestingFace(offset, 100, 10.0, "sad")


def test_a_mood_with_a_resting_face_settles_as_one_of_shifted_logits_would() -> None:
    resting, plain = RestingMood(REST, RULE), MoodSmoother(RULE)
    random = np.random.default_rng(1)
    for step in range(40):
        reading = seen({"sad": float(random.normal(1.5, 1))})
        rested = resting.update(reading, step / 10)
        assert rested.mood == plain.update(REST.shift(reading.scores), step / 10)
        assert rested.face == reading.face


def test_another_track_does_not_inherit_the_mood_of_the_one_before() -> None:
    resting = RestingMood(REST, RULE)
    for step in range(20):
        resting.update(seen({"happy": 8}, track_id=1), step / 10)
    angry = seen({"angry": 8}, track_id=2)
    assert resting.update(angry, 2.0).mood.label == "angry"
