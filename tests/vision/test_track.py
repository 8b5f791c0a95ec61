from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moodmirror.types import Face
from moodmirror.vision.track import FORGET_AFTER_S, Tracker


def face(x: float, y: float = 50.0, side: float = 40.0) -> Face:
    return Face((x, y, x + side, y + side), 0.9)


def test_a_moving_face_keeps_its_number() -> None:
    tracker = Tracker()
    ids = {tracker.update([face(10 + 8 * step)], at=0.1 * step) for step in range(50)}
    assert ids == {(1,)}


def test_two_faces_keep_theirs_when_the_detector_swaps_their_order() -> None:
    tracker = Tracker()
    assert tracker.update([face(0), face(200)], at=0.0) == (1, 2)
    assert tracker.update([face(198), face(3)], at=0.1) == (2, 1)


def test_a_short_absence_is_bridged_and_a_long_one_is_not() -> None:
    tracker = Tracker()
    tracker.update([face(0)], at=0.0)
    tracker.update([], at=0.5)
    assert tracker.update([face(4)], at=0.9) == (1,)
    assert tracker.update([face(4)], at=0.9 + FORGET_AFTER_S + 0.1) == (2,)


def test_a_face_elsewhere_is_somebody_new() -> None:
    tracker = Tracker()
    tracker.update([face(0)], at=0.0)
    assert tracker.update([face(300)], at=0.1) == (2,)


def test_a_face_of_quite_another_size_is_somebody_new() -> None:
    tracker = Tracker()
    tracker.update([face(0, side=40)], at=0.0)
    assert tracker.update([face(0, side=120)], at=0.1) == (2,)


def test_a_stream_may_change_its_resolution_on_the_way() -> None:
    tracker = Tracker()
    assert tracker.update([face(500, 300, 80)], at=0.0, frame_width=640) == (1,)
    assert tracker.update([face(250, 150, 40)], at=0.1, frame_width=320) == (1,)


@given(st.lists(st.lists(st.floats(0, 2000), max_size=6), max_size=20))
def test_numbers_are_never_shared_within_a_frame(frames: list[list[float]]) -> None:
    tracker = Tracker()
    for step, xs in enumerate(frames):
        ids = tracker.update([face(x) for x in xs], at=step * 0.1)
        assert len(set(ids)) == len(xs)
        assert all(id_ > 0 for id_ in ids)
