"""Alembic's revisions of the schema; run by :func:`moodmirror.store.engine.migrate` on opening."""
