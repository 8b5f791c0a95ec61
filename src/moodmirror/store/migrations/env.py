"""Alembic's environment: one connection, handed in by the store, one transaction for all steps."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from moodmirror.store.models import Base


def run(connection: Connection) -> None:
    """Run the pending steps on ``connection``, whose transaction the caller owns."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # Alembic runs this file; anything else only imports it
    run(context.config.attributes["connection"])
