"""Breaks and meals in turn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_break",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("limit_seconds", sa.Integer(), nullable=False),
        sa.Column("agent_notified_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("leaders_notified_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("extended_by", sa.String(length=200), nullable=True),
        sa.Column("extended_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'granted', 'taken', 'ended', 'withdrawn', 'lapsed')",
            name=op.f("ck_roster_break_state"),
        ),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_break_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_break")),
    )
    op.create_index(op.f("ix_roster_break_agent_asked_at"), "roster_break", ["agent", "asked_at"], unique=False)
    op.create_index(op.f("ix_roster_break_state_asked_at"), "roster_break", ["state", "asked_at"], unique=False)
