"""Who is 'me', when a mood is settled, when it is stored: in made-up time."""

from __future__ import annotations

from moodmirror.mood.affect import MOOD_AFFECT
from moodmirror.server.watching import CHOICE_GONE_S, GONE_S, SETTLE_S, STORE_AFTER_S, Stretch, Watching
from moodmirror.types import Affect, Expression, Face, Mood, Quality, Reading, Scores

FLAT = (1 / 7,) * 7
QUALITY = Quality(100, 0.5, 0.2, 1, 1, 0)


def seen(label: Expression | None, track_id: int = 1) -> Reading:
    mood = Mood(label, FLAT, MOOD_AFFECT[label] if label else Affect(0, 0), 0.9 if label else 0.3)
    return Reading(Face((0, 0, 50, 50), 0.9), Scores(FLAT, (0.0,) * 7, QUALITY), mood, track_id)


def now_of(watching: Watching) -> Stretch | None:
    """The mood as it stands; by a call, for a type checker would remember what it was."""
    return watching.stretch


def watch(watching: Watching, label: Expression | None, start: float, seconds: float, track_id: int = 1) -> float:
    """Ten readings a second; returns the time after."""
    for step in range(round(seconds * 10) + 1):
        watching.update([seen(label, track_id)], start + step / 10)
    return start + seconds


def test_a_label_becomes_the_mood_after_it_has_held() -> None:
    watching = Watching()
    watch(watching, "happy", 0, SETTLE_S - 0.2)
    assert now_of(watching) is None
    watch(watching, "happy", SETTLE_S - 0.1, 0.2)
    assert watching.stretch is not None
    assert watching.stretch.expression == "happy"


def test_a_mood_is_due_for_storing_once_and_only_when_it_lasts() -> None:
    watching = Watching()
    at = watch(watching, "sad", 0, STORE_AFTER_S - 0.2)
    assert not watching.due(at)
    at = watch(watching, "sad", at, 0.4)
    assert watching.due(at)
    watching.stored(7)
    at = watch(watching, "sad", at, 30)
    assert not watching.due(at)
    assert watching.stretch is not None
    assert watching.stretch.entry_id == 7


def test_a_doubt_between_two_of_the_same_is_no_change() -> None:
    watching = Watching()
    at = watch(watching, "sad", 0, 6)
    watching.stored(1)
    at = watch(watching, None, at, 3)
    at = watch(watching, "sad", at, 6)
    assert watching.stretch is not None
    assert (watching.stretch.entry_id, watching.stretch.since) == (1, 0)


def test_a_correction_counts_until_the_label_changes() -> None:
    watching = Watching()
    at = watch(watching, "neutral", 0, 2)
    watching.correct("sad", at)
    at = watch(watching, "neutral", at, 2)
    at = watch(watching, None, at, 1)
    assert watching.stretch is not None
    assert (watching.stretch.expression, watching.stretch.said) == ("sad", "neutral")
    assert watching.stretch.told.affect == MOOD_AFFECT["sad"]
    watch(watching, "happy", at, 2)
    assert watching.stretch.expression == "happy"


def test_a_word_told_while_unclear_is_a_mood_and_can_be_taken_back() -> None:
    watching = Watching()
    at = watch(watching, None, 0, 1)
    assert now_of(watching) is None
    told = watching.correct("fear", at)
    assert told is not None
    assert (told.expression, told.said) == ("fear", None)
    at = watch(watching, None, at, 5)
    assert watching.stretch is not None
    watching.correct(None, at)
    assert now_of(watching) is None


def test_without_a_face_there_is_nothing_to_correct_and_soon_no_mood() -> None:
    watching = Watching()
    assert watching.correct("sad", 0.0) is None
    at = watch(watching, "happy", 0, 3)
    watching.update([], at + GONE_S / 2)
    assert now_of(watching) is not None
    watching.update([], at + GONE_S + 0.1)
    assert now_of(watching) is None
    assert watching.me is None


def test_i_am_the_largest_face_and_stay_so_when_another_grows() -> None:
    watching = Watching()
    watching.update([seen("happy", 1), seen("sad", 2)], 0)
    assert watching.me == 1
    watching.update([seen("sad", 2), seen("happy", 1)], 0.1)
    assert watching.me == 1


def test_one_frame_without_my_face_does_not_make_another_mine() -> None:
    watching = Watching()
    at = watch(watching, "happy", 0, 2)
    assert watching.update([seen("sad", 2)], at + 0.1) is None
    assert watching.update([seen("happy", 1)], at + 0.2) is not None
    assert watching.stretch is not None
    watching.update([seen("sad", 2)], at + 1.5)
    assert watching.me == 2


def test_a_chosen_face_is_not_replaced_by_a_passer_by() -> None:
    watching = Watching()
    watching.update([seen("happy", 1), seen("sad", 2)], 0)
    watching.choose(2, 0)
    assert watching.update([seen("happy", 1), seen("sad", 2)], 0.1) == seen("sad", 2)
    assert watching.update([seen("happy", 1)], CHOICE_GONE_S) is None
    watching.update([seen("happy", 1)], CHOICE_GONE_S + 1)
    assert watching.me == 1


def test_another_person_in_my_place_begins_a_new_mood() -> None:
    watching = Watching()
    at = watch(watching, "happy", 0, 6)
    watching.stored(1)
    watch(watching, "happy", at + 2, 2, track_id=9)
    assert watching.stretch is not None
    assert (watching.stretch.track_id, watching.stretch.entry_id) == (9, None)
