"""Opening the database: its address, SQLite's pragmas, migration, and its errors in plain words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from moodmirror.errors import StoreError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS: Final = 5_000
DATABASE_NAME: Final = "moodmirror.db"

ADVICE: Final = (
    ("not a database", "is not a database. Move the file away, or name another with MOODMIRROR_DATABASE_URL."),
    ("malformed", "is damaged. Move the file away and import your last export into a new one."),
    (
        "readonly",
        "cannot be written. Make the file and its folder writable, or set MOODMIRROR_HOME to a folder that is.",
    ),
    ("unable to open", "cannot be opened. Make its folder writable, or set MOODMIRROR_HOME to one that is."),
    ("full", "has no room: the disk is full. Free some space; what was saved before is safe."),
    ("disk i/o", "cannot be read or written: the disk reports a fault. Check the disk; copy the file away first."),
    ("locked", "is held by another program. Close the other one and try again."),
    ("no such table", "lacks a table. It was changed from outside; move the file away and import your last export."),
)


@contextmanager
def plain_errors(address: str) -> Iterator[None]:
    """Turn a database's error into a StoreError that says what to do."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(_plain(address, str(error.orig))) from error
    except SQLAlchemyError as error:
        raise StoreError(f"The database {address} failed: {error}") from error
    except sqlite3.Error as error:  # raised by a pragma, before SQLAlchemy sees it
        raise StoreError(_plain(address, str(error))) from error


def _plain(address: str, message: str) -> str:
    for sign, advice in ADVICE:
        if sign in message.lower():
            return f"The database {address} {advice}"
    return f"The database {address} failed: {message}. Check its address (MOODMIRROR_DATABASE_URL) and that it runs."


def parse_address(address: str | Path) -> URL:
    """A path or a SQLAlchemy address to an address. Raises StoreError where it is neither.

    >>> parse_address("moods.db").render_as_string()
    'sqlite:///moods.db'
    """
    text = str(address)
    if isinstance(address, Path) or "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        return make_url(text)
    except ArgumentError as error:
        raise StoreError("The database address cannot be understood; the form is sqlite:////path/to/file.db") from error


def open_engine(url: URL) -> Engine:
    """An engine that keeps what it acknowledged. Raises StoreError where a folder or a driver is missing."""
    if url.get_backend_name() != "sqlite":
        return _create(url)
    in_memory = url.database in {None, "", ":memory:"}
    if not in_memory and not url.query.get("uri"):
        _make_private(Path(str(url.database)))
    # One shared connection for a database in memory, or each thread would see an empty one of its own.
    pool: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if in_memory else {}
    engine = _create(url, connect_args={"check_same_thread": False}, poolclass=QueuePool, **pool)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _create(url: URL, **options: Any) -> Engine:
    try:
        return create_engine(url, **options)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            f"No driver for {url.drivername} is installed. Install one (for PostgreSQL: pip install 'psycopg[binary]', "
            "address postgresql+psycopg://…), or leave MOODMIRROR_DATABASE_URL unset for SQLite."
        ) from error


def _make_private(path: Path) -> None:
    """Create the folder (0700) and the file (0600): what is written is nobody else's to read."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be opened for writing ({error.strerror}). Make its folder writable, "
            "or set MOODMIRROR_HOME to one that is."
        ) from error


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below; the driver would leave schema changes out of them
    run = connection.execute
    run(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    if run("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory"}:
        run("PRAGMA journal_mode=WAL")
    run("PRAGMA synchronous=FULL")  # NORMAL may lose the last commits when the power fails
    run("PRAGMA foreign_keys=ON")
    run("PRAGMA secure_delete=ON")  # deleted means overwritten


def _on_begin(connection: Connection) -> None:
    # A writer takes its lock at once: one that begins as a reader cannot wait for another and fails instead.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine, scripts: Path = MIGRATIONS) -> None:
    """Bring the schema up to date in one transaction; if a step fails the old database stands as it was.

    Raises StoreError where the database was made by a newer version.
    """
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in directory.walk_revisions()}
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        current = MigrationContext.configure(connection).get_current_heads()
        if not set(current) <= known:
            raise StoreError(
                f"The database {engine.url.render_as_string()} was made by a newer Mood Mirror (schema {', '.join(current)}). "
                "Update this one, or name another database with MOODMIRROR_DATABASE_URL."
            )
        if set(current) != set(directory.get_heads()):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def forget_freed_pages(engine: Engine, *, shrink: bool) -> None:
    """Leave no deleted byte behind in the file or its journal. ``shrink``: rewrite the whole file too (SQLite only)."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        raw = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        if shrink:
            raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
