"""The database itself: its pragmas, its migrations, what it says when it cannot be opened, and that deleted means gone."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from moodmirror.errors import StoreError
from moodmirror.store import Store, StoredItem
from moodmirror.store.engine import MIGRATIONS, migrate, open_engine, parse_address
from moodmirror.store.models import Base
from moodmirror.types import Affect, Feedback, Mood

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAD = Mood("sad", (1 / 7,) * 7, Affect(-0.6, -0.25), 0.8)

BROKEN_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "0002"

def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer()))
    op.execute("DELETE FROM moods")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""


def test_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(parse_address(tmp_path / "moods.db"))
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    engine.dispose()
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "secure_delete": 1,
    }


def test_the_folder_and_the_file_are_nobody_elses_to_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "home" / "moods.db"
    with Store.open(path) as store:
        store.add_mood(SAD, NOON)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_the_migrations_make_exactly_the_models(tmp_path: Path) -> None:
    engine = open_engine(parse_address(tmp_path / "moods.db"))
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_an_aborted_migration_leaves_the_old_database(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path) as store:
        kept = store.add_mood(SAD, NOON)
    scripts = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (scripts / "versions" / "broken.py").write_text(BROKEN_REVISION)
    engine = open_engine(parse_address(path))
    with pytest.raises(Exception, match="nowhere"):
        migrate(engine, scripts)
    engine.dispose()
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
        assert raw.execute("SELECT name FROM sqlite_master WHERE name='half'").fetchall() == []
    raw.close()
    with Store.open(path) as store:
        assert store.moods() == (kept,)


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    Store.open(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num='2031'")
    raw.close()
    with pytest.raises(StoreError, match="newer Mood Mirror"):
        Store.open(path)


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary " * 1000)
    with pytest.raises(StoreError, match="is not a database"):
        Store.open(path)
    assert path.read_text() == "dear diary " * 1000


def test_a_damaged_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path) as store:
        for _ in range(200):
            store.add_mood(SAD, NOON, note="x" * 500)
    content = bytearray(path.read_bytes())
    content[4096:40960] = b"\x99" * 36864
    path.write_bytes(content)
    with pytest.raises(StoreError, match="import your last export"), Store.open(path) as store:
        store.export()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="MOODMIRROR_HOME"):
        Store.open(tmp_path / "file" / "moods.db")
    with pytest.raises(StoreError, match="MOODMIRROR_HOME"):
        Store.open(tmp_path)  # a folder in the file's place


def test_a_database_that_may_only_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    Store.open(path).close()
    with (
        pytest.raises(StoreError, match="cannot be written"),
        Store.open(f"sqlite:///file:{path}?mode=ro&uri=true") as store,
    ):
        store.add_mood(SAD, NOON)


def test_a_full_disk_says_so_and_keeps_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path) as store:
        kept = store.add_mood(SAD, NOON)
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # SQLite's own way to run out of room
        with pytest.raises(StoreError, match="disk is full"):
            store.add_mood(SAD, NOON, note="x" * 200_000)
        assert store.moods() == (kept,)


@pytest.mark.parametrize("address", ["postgresql+nodriver://host/db", "bogus://x", "://"])
def test_an_address_that_cannot_be_used_says_what_is_missing(address: str) -> None:
    with pytest.raises(StoreError):
        Store.open(address)


def test_a_password_is_not_shown_in_the_address() -> None:
    url = parse_address("postgresql://me:secret@host/db")
    assert "secret" not in url.render_as_string(hide_password=True)


def test_several_threads_and_two_stores_write_at_once_without_loss(tmp_path: Path) -> None:
    path = tmp_path / "moods.db"
    with Store.open(path) as one, Store.open(path) as two:
        threads = [
            threading.Thread(target=lambda store=store: [store.add_mood(SAD, NOON) for _ in range(10)])
            for store in (one, two, one, two)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.counts()["moods"] == 40


def canaries(folder: Path, word: bytes) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and word in file.read_bytes()]


def test_deleting_everything_leaves_no_byte_of_it_in_the_folder(tmp_path: Path) -> None:
    with Store.open(tmp_path / "moods.db") as store:
        for _ in range(50):
            store.add_mood(SAD, NOON, note="canary " * 100)
        store.add_feedback(Feedback("song:canary", "like", NOON))
        store.put_settings({"canary": "canary"})
        store.put_items([StoredItem("song:canary", "song", {"title": "canary"})])
        assert canaries(tmp_path, b"canary")
        assert store.delete_all() == {
            "moods": 50,
            "feedback": 1,
            "settings": 1,
            "items": 1,
            "resting_faces": 0,
        }
        assert canaries(tmp_path, b"canary") == []
        store.add_mood(SAD, NOON)


def test_deleting_one_mood_leaves_no_byte_of_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "moods.db") as store:
        entry = store.add_mood(SAD, NOON, note="a canary")
        store.add_mood(SAD, NOON, note="another bird")
        store.delete_mood(entry.id)
        assert canaries(tmp_path, b"a canary") == []
        assert canaries(tmp_path, b"another bird")
