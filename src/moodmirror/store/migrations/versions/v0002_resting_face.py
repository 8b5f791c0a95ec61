"""The resting face."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From moods, feedback, settings and items."""
    op.create_table(
        "resting_faces",
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offset", sa.JSON(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("read_as", sa.String(16), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_resting_faces"),
    )


def downgrade() -> None:
    """Back to those four; a resting face that was kept goes."""
    op.drop_table("resting_faces")
