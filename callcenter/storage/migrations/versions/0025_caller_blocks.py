"""The block list of callers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "caller_block",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("line", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("no_end_reason", sa.String(length=400), nullable=False),
        sa.Column("added_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("lifted_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=64), nullable=True),
        sa.Column("lift_reason", sa.String(length=400), nullable=False),
        sa.CheckConstraint("ends_at IS NOT NULL OR no_end_reason <> ''", name=op.f("ck_caller_block_ends")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller_block")),
    )
    op.create_index(op.f("ix_caller_block_number_line"), "caller_block", ["number", "line"])
    op.create_index(op.f("ix_caller_block_added_at_id"), "caller_block", ["added_at", "id"])
