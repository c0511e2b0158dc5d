"""Messages between people of the centre, and raised hands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team_message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("by_agent", sa.String(length=20), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("to", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=31), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_message")),
    )
    op.create_index(op.f("ix_team_message_at_id"), "team_message", ["at", "id"])
    op.create_table(
        "team_message_receipt",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("read_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["team_message.id"], name=op.f("fk_team_message_receipt_message_team_message")
        ),
        sa.PrimaryKeyConstraint("message", "agent", name=op.f("pk_team_message_receipt")),
    )
    op.create_index(op.f("ix_team_message_receipt_agent"), "team_message_receipt", ["agent"])
    op.create_table(
        "raised_hand",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("call", sa.String(length=180), nullable=True),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("raised_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_by", sa.String(length=80), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raised_hand")),
    )
    raised = sa.text("state = 'raised'")
    op.create_index(
        "uq_raised_hand_open", "raised_hand", ["agent"], unique=True, sqlite_where=raised, postgresql_where=raised
    )
    op.create_index(op.f("ix_raised_hand_raised_at_id"), "raised_hand", ["raised_at", "id"])
