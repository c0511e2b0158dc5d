"""damaged lines of the PBX's files, kept aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "damaged_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pbx", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("file_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_damaged_line")),
        sa.UniqueConstraint("pbx", "file_id", "position", name=op.f("uq_damaged_line_pbx_file_id_position")),
    )
    op.create_index(op.f("ix_damaged_line_at"), "damaged_line", ["at"])


def downgrade() -> None:
    op.drop_table("damaged_line")
