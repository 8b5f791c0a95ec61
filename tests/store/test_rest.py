"""The resting face in the store: one a person, replaced, forgotten on the disk too, and an older database that gets it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moodmirror.errors import NotFound
from moodmirror.mood.rest import MAX_SHIFT
from moodmirror.store import Store, StoredRest, transfer
from moodmirror.types import Affect, Mood

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REST = StoredRest((0.0, -0.25, -0.5, 0.0, -2.0, -0.125, 0.0), 148, 10.02, "sad", "ab" * 32, NOON)


def test_a_resting_face_comes_back_as_it_was_given_and_the_newest_counts(tmp_path: Path) -> None:
    with Store.open(tmp_path / "moods.db") as store:
        assert store.rest() is None
        store.put_rest(REST)
        assert store.rest() == REST
        later = replace(REST, offset=(0.0,) * 7, at=NOON + timedelta(days=1))
        store.put_rest(later)
        assert store.rest() == later
        assert store.counts()["resting_faces"] == 1


def test_each_person_has_their_own(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path, person="ann") as ann, Store.open(path, person="bob") as bob:
        ann.put_rest(REST)
        assert bob.rest() is None
        with pytest.raises(NotFound):
            bob.delete_rest()
        assert ann.rest() == REST


def test_a_forgotten_one_is_gone_from_the_disk_and_cannot_be_forgotten_twice(tmp_path: Path) -> None:
    with Store.open(tmp_path / "moods.db") as store:
        store.put_rest(REST)
        held = [file.name for file in tmp_path.iterdir() if REST.model.encode() in file.read_bytes()]
        assert held
        store.delete_rest()
        assert store.rest() is None
        assert [file.name for file in tmp_path.iterdir() if REST.model.encode() in file.read_bytes()] == []
        with pytest.raises(NotFound, match="nothing to forget"):
            store.delete_rest()


def test_an_import_brings_it_and_one_without_leaves_mine(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store, Store.open(tmp_path / "b.db") as other:
        empty = json.loads(json.dumps(store.export(NOON)))
        store.put_rest(REST)
        full = json.loads(json.dumps(store.export(NOON)))
        assert full["resting_face"]["offset"]["sad"] == -2.0
        other.put_rest(replace(REST, readings=30))
        other.import_(empty)
        assert other.rest() == replace(REST, readings=30)
        other.import_(full)
        assert other.rest() == REST


def test_an_export_of_the_first_form_is_still_read(tmp_path: Path) -> None:
    with Store.open(tmp_path / "a.db") as store:
        kept = store.add_mood(Mood("sad", (), Affect(0, 0), 1.0, "manual"), NOON)
        export = store.export(NOON)
        del export["resting_face"]
        store.delete_all()
        store.import_(export | {"version": 1})
        assert store.moods() == (kept,)


def test_no_import_may_shift_further_than_a_capture() -> None:
    assert transfer.MAX_SHIFT == MAX_SHIFT


def test_a_database_of_the_first_schema_keeps_its_moods_and_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path) as store:
        kept = store.add_mood(Mood("sad", (1 / 7,) * 7, Affect(-0.6, -0.25), 0.8), NOON)
    with sqlite3.connect(path) as raw:  # as the first release left it
        raw.execute("DROP TABLE resting_faces")
        raw.execute("UPDATE alembic_version SET version_num='0001'")
    raw.close()
    with Store.open(path) as store:
        assert store.moods() == (kept,)
        store.put_rest(REST)
        assert store.rest() == REST
