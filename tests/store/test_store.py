"""What the store remembers, in which order, and that an export comes back whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodmirror.errors import DataError, NotFound
from moodmirror.store import Store, StoredItem, StoredRest, stored_fields
from moodmirror.types import EXPRESSIONS, Affect, Expression, Feedback, Mood

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FLAT = (1 / 7,) * 7
REST = StoredRest((-0.1, 0.0, 0.0, -0.2, -0.75, 0.0, 0.0), 148, 10.02, "sad", "ab" * 32, NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "new" / "moods.db") as opened:
        yield opened


def mood(label: Expression | None = "sad") -> Mood:
    return Mood(label, FLAT, Affect(-0.6, -0.25), 0.8, "camera")


def filled(store: Store) -> Store:
    entry = store.add_mood(mood(), NOON, note="rain")
    store.correct_mood(entry.id, "neutral")
    store.add_mood(mood(None), NOON + timedelta(minutes=1))
    store.add_feedback(Feedback("song:a", "like", NOON, "sad", Affect(-0.5, 0.1), "shift"))
    store.add_feedback(Feedback("film:b", "opened", NOON))
    store.put_settings({"theme": "dark", "filters": {"diet": ["vegan"]}, "keep_days": None})
    store.put_items([StoredItem("song:own", "song", {"title": "Ça va — 東京", "valence": 0.1}, hidden=True)])
    store.put_rest(REST)
    return store


def test_a_mood_comes_back_as_it_was_given(store: Store) -> None:
    kept = store.add_mood(mood(), NOON, note="after rain")
    assert store.moods() == (kept,)
    assert (kept.label, kept.probabilities, kept.affect, kept.confidence) == ("sad", FLAT, Affect(-0.6, -0.25), 0.8)
    assert (kept.at, kept.source, kept.note, kept.corrected) == (NOON, "camera", "after rain", None)


def test_moments_are_kept_in_utc(store: Store) -> None:
    abroad = datetime.fromisoformat("2026-03-01T21:00:00+09:00")
    store.add_mood(mood(), abroad)
    assert store.moods()[0].at == NOON
    assert store.moods()[0].at.utcoffset() == timedelta(0)


def test_a_moment_without_a_time_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="time zone"):
        store.add_mood(mood(), datetime(2026, 3, 1))  # noqa: DTZ001
    assert store.moods() == ()


def test_a_correction_stands_beside_the_reading_and_can_be_taken_back(store: Store) -> None:
    entry = store.add_mood(mood("sad"), NOON, note="n")
    corrected = store.correct_mood(entry.id, "happy")
    assert (corrected.label, corrected.corrected, corrected.note) == ("sad", "happy", "n")
    assert store.correct_mood(entry.id, None).corrected is None
    assert store.update_mood(entry.id, note=None).note is None


def test_moods_come_newest_first_page_by_page(store: Store) -> None:
    for minute in (3, 1, 2, 2, 5):  # not in order, and two at one moment
        store.add_mood(mood(), NOON + timedelta(minutes=minute))
    seen: list[int] = []
    before = None
    while page := store.moods(limit=2, before_id=before):
        seen += [entry.id for entry in page]
        before = page[-1].id
    assert seen == [5, 1, 4, 3, 2]


def test_since_is_included_and_until_is_not(store: Store) -> None:
    for minute in range(4):
        store.add_mood(mood(), NOON + timedelta(minutes=minute))
    kept = store.moods(since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=3))
    assert [entry.id for entry in kept] == [3, 2]


def test_paging_goes_on_when_the_last_seen_mood_was_deleted(store: Store) -> None:
    ids = [store.add_mood(mood(), NOON + timedelta(minutes=minute)).id for minute in range(4)]
    store.delete_mood(ids[2])
    assert [entry.id for entry in store.moods(before_id=ids[2])] == [ids[1], ids[0]]


def test_the_id_of_a_deleted_mood_is_not_given_again(store: Store) -> None:
    first = store.add_mood(mood(), NOON)
    store.delete_mood(first.id)
    assert store.add_mood(mood(), NOON).id > first.id


@pytest.mark.parametrize("call", ["mood", "delete_mood"])
def test_a_mood_that_is_not_there_is_named(store: Store, call: str) -> None:
    with pytest.raises(NotFound, match="no mood 7"):
        getattr(store, call)(7)


def test_undoing_takes_back_opinions_but_not_what_was_opened(store: Store) -> None:
    store.add_feedback(Feedback("song:a", "opened", NOON))
    store.add_feedback(Feedback("song:a", "never", NOON, affect=Affect(0.0, 0.0)))
    store.add_feedback(Feedback("song:b", "like", NOON))
    assert store.undo_feedback("song:a") == 1
    assert [(act.item_id, act.action) for act in store.feedback()] == [("song:a", "opened"), ("song:b", "like")]
    with pytest.raises(NotFound, match="song:a"):
        store.undo_feedback("song:a")


def test_settings_are_kept_key_by_key(store: Store) -> None:
    store.put_settings({"theme": "dark", "lanes": {"sad": "shift"}})
    store.put_settings({"theme": "light"})
    assert store.settings() == {"theme": "light", "lanes": {"sad": "shift"}}


def test_imported_items_are_replaced_by_id_and_can_be_hidden(store: Store) -> None:
    store.put_items([StoredItem("song:a", "song", {"title": "A"}), StoredItem("food:b", "food", {"title": "B"})])
    store.put_items([StoredItem("song:a", "song", {"title": "A2"})])
    store.hide_item("food:b")
    assert [item.data["title"] for item in store.items()] == ["B", "A2"]
    assert [item.id for item in store.items(hidden=False)] == ["song:a"]
    assert [item.id for item in store.items("food")] == ["food:b"]
    with pytest.raises(NotFound):
        store.hide_item("film:none")


def test_two_people_do_not_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path, person="ann") as ann, Store.open(path, person="bob") as bob:
        filled(ann)
        assert bob.counts() == dict.fromkeys(("moods", "feedback", "settings", "items", "resting_faces"), 0)
        bob.delete_all()
        assert ann.counts() == {"moods": 2, "feedback": 2, "settings": 3, "items": 1, "resting_faces": 1}
        with pytest.raises(NotFound):
            bob.delete_mood(ann.moods()[0].id)


def test_an_export_comes_back_whole_and_only_once(store: Store, tmp_path: Path) -> None:
    exported = json.loads(json.dumps(filled(store).export(NOON)))
    with Store.open(tmp_path / "other.db") as other:
        assert other.import_(exported) == {"moods": 2, "feedback": 2, "items": 1, "resting_faces": 1}
        assert other.export(NOON) == exported
        assert other.moods() == store.moods()
        assert other.import_(exported) == {"moods": 0, "feedback": 0, "items": 0, "resting_faces": 0}
        assert other.export(NOON) == exported


def test_an_import_after_deleting_restores_ids(store: Store) -> None:
    exported = filled(store).export(NOON)
    before = store.moods()
    store.delete_all()
    assert store.moods() == ()
    store.import_(exported)
    assert store.moods() == before


def test_an_imported_mood_whose_id_is_taken_gets_another(store: Store, tmp_path: Path) -> None:
    exported = filled(store).export(NOON)
    with Store.open(tmp_path / "other.db") as other:
        mine = other.add_mood(mood("happy"), NOON - timedelta(days=1))
        other.import_(exported)
        assert other.mood(mine.id) == mine
        assert len({entry.id for entry in other.moods()}) == 3


def test_an_import_does_not_undo_a_later_correction(store: Store) -> None:
    exported = filled(store).export(NOON)
    store.correct_mood(1, "happy")
    store.import_(exported)
    assert store.mood(1).corrected == "happy"


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda data: data["moods"][1].update(valence=7), "moods.1.valence"),
        (lambda data: data["moods"][0].update(at="2026-03-01T12:00:00"), "moods.0.at"),
        (lambda data: data["moods"][0].update(at="0001-01-01T00:00:00+14:00"), "moods.0.at"),
        (lambda data: data["moods"][0]["probabilities"].pop("sad"), "all seven"),
        (lambda data: data["moods"][0].update(note="\ud800"), "moods.0.note"),
        (lambda data: data["moods"].append(data["moods"][0]), "twice"),
        (lambda data: data["feedback"][0].update(action="adore"), "feedback.0.action"),
        (lambda data: data["items"][0].update(kind="opera"), "items.0.kind"),
        (lambda data: data["resting_face"]["offset"].update(sad=-2.5), "resting_face.offset.sad"),
        (lambda data: data["resting_face"]["offset"].update(sad=0.5), "resting_face.offset.sad"),
        (lambda data: data["resting_face"]["offset"].pop("fear"), "all seven"),
        (lambda data: data["resting_face"].update(model="mine"), "resting_face.model"),
        (lambda data: data.update(format="something"), "format"),
        (lambda data: data.update(version=99), "newer"),
        (lambda data: data.update(extra=1), "extra"),
        (lambda data: data.pop("exported_at"), "exported_at"),
    ],
)
def test_a_faulty_import_names_the_field_and_writes_nothing(store: Store, spoil: Any, named: str) -> None:
    exported = filled(store).export(NOON)
    store.delete_all()
    spoil(exported)
    with pytest.raises(DataError, match=named):
        store.import_(exported)
    assert set(store.counts().values()) == {0}


@pytest.mark.parametrize("rubbish", [None, [], "text", 3, {}])
def test_rubbish_is_no_export(store: Store, rubbish: object) -> None:
    with pytest.raises(DataError):
        store.import_(rubbish)


def test_old_moods_go_after_the_days_they_are_kept(store: Store) -> None:
    for days in (0, 9, 11, 400):
        store.add_mood(mood(), NOON - timedelta(days=days))
        store.add_feedback(Feedback(f"song:{days}", "not_now", NOON - timedelta(days=days)))
    store.add_feedback(Feedback("song:bad", "never", NOON - timedelta(days=400)))
    assert store.purge(10, NOON) == 4
    assert [(NOON - entry.at).days for entry in store.moods()] == [0, 9]
    assert {act.item_id for act in store.feedback()} == {"song:0", "song:9", "song:bad"}


def test_every_stored_field_says_why_and_the_privacy_page_lists_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
    for stored in stored_fields():
        assert stored.why.endswith((".", "!"))
        assert f"| `{stored.name}` | {stored.why} |" in page
    listed = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert listed == {stored.name for stored in stored_fields()}


entries = st.builds(
    Mood,
    label=st.sampled_from([*EXPRESSIONS, None]),
    probabilities=st.sampled_from([(), FLAT, (1.0, *(0.0,) * 6)]),
    affect=st.builds(Affect, st.floats(-1, 1), st.floats(-1, 1)),
    confidence=st.floats(0, 1),
    source=st.sampled_from(["camera", "photo", "manual"]),
)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
notes = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(entries, moments, notes), max_size=6))
def test_whatever_is_kept_survives_export_and_import(rows: list[tuple[Mood, datetime, str | None]]) -> None:
    with Store.open("sqlite://") as store, Store.open("sqlite://") as other:
        for kept, at, note in rows:
            store.add_mood(kept, at, note)
        other.import_(json.loads(json.dumps(store.export(NOON))))
        assert other.moods() == store.moods()
