"""Moods, feedback, settings and imported items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "moods",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("label", sa.String(16)),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.Column("valence", sa.Float(), nullable=False),
        sa.Column("arousal", sa.Float(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("corrected", sa.String(16)),
        sa.Column("note", sa.Text()),
        sa.CheckConstraint("valence BETWEEN -1 AND 1", name="ck_moods_valence"),
        sa.CheckConstraint("arousal BETWEEN -1 AND 1", name="ck_moods_arousal"),
        sa.PrimaryKeyConstraint("id", name="pk_moods"),
        sa.UniqueConstraint("uid", name="uq_moods_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_moods_person_at", "moods", ["person", "at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("item_id", sa.String(200), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mood", sa.String(16)),
        sa.Column("valence", sa.Float()),
        sa.Column("arousal", sa.Float()),
        sa.Column("lane", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("uid", name="uq_feedback_uid"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feedback_person_item", "feedback", ["person", "item_id"])
    op.create_table(
        "settings",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("person", "key", name="pk_settings"),
    )
    op.create_table(
        "items",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("person", "id", name="pk_items"),
    )
    op.create_index("ix_items_person_kind", "items", ["person", "kind"])


def downgrade() -> None:
    """Back to an empty database."""
    for table in ("items", "settings", "feedback", "moods"):
        op.drop_table(table)
