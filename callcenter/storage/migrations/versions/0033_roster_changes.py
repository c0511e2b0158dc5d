"""Needs of the lines, leave and swaps of shifts, with their history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_need",
        sa.Column("line", sa.String(length=31), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("agents", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_minute > starts_minute", name=op.f("ck_roster_need_ends_after_start")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_roster_need_weekday")),
        sa.ForeignKeyConstraint(["line"], ["line.code"], name=op.f("fk_roster_need_line_line"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("line", "weekday", "starts_minute", name=op.f("pk_roster_need")),
    )
    op.create_table(
        "roster_leave",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'approved', 'refused', 'withdrawn', 'cancelled')",
            name=op.f("ck_roster_leave_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_roster_leave_ends_after_start")),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_leave_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_leave")),
    )
    op.create_index(op.f("ix_roster_leave_agent_starts_at"), "roster_leave", ["agent", "starts_at"], unique=False)
    op.create_index(
        op.f("ix_roster_leave_state_ends_at_starts_at"), "roster_leave", ["state", "ends_at", "starts_at"], unique=False
    )
    op.create_table(
        "roster_swap",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("colleague", sa.String(length=20), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=31), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("return_shift", sa.Integer(), nullable=True),
        sa.Column("return_line", sa.String(length=31), nullable=True),
        sa.Column("return_starts_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("return_ends_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'approved', 'declined', 'refused', 'withdrawn')",
            name=op.f("ck_roster_swap_state"),
        ),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_swap_agent_agent")),
        sa.ForeignKeyConstraint(["colleague"], ["agent.number"], name=op.f("fk_roster_swap_colleague_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_swap")),
    )
    op.create_index(op.f("ix_roster_swap_agent_starts_at"), "roster_swap", ["agent", "starts_at"], unique=False)
    op.create_index(op.f("ix_roster_swap_colleague_starts_at"), "roster_swap", ["colleague", "starts_at"], unique=False)
    op.create_index(op.f("ix_roster_swap_state_starts_at"), "roster_swap", ["state", "starts_at"], unique=False)
    op.create_table(
        "roster_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_step")),
    )
    op.create_index(op.f("ix_roster_step_subject_id"), "roster_step", ["subject", "id"], unique=False)
