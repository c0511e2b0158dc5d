"""Counts of calls and of working time for reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0050"
down_revision = "0048"
branch_labels = None
depends_on = None

COUNTS = (
    "offered",
    "answered",
    "in_time",
    "in_time_of_line",
    "abandoned",
    "abandoned_short",
    "overflowed",
    "callback_requested",
    "message_left",
    "closed",
    "failed",
    "unknown",
    "in_progress",
    "wait_known",
    "wait_seconds",
    "talk_known",
    "talk_seconds",
    "ring_known",
    "ring_late",
    "transferred",
    "held",
    "agent_first",
)
SECONDS = ("available", "ringing", "on_call", "wrap_up", "paused", "unknown")


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "call_rollup",
        sa.Column("pbx", sa.String(length=20), nullable=False),
        sa.Column("grain", sa.String(length=20), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.String(length=400), nullable=False) for name in ("line", "queue", "agent")),
        *(
            sa.Column(name, sa.Double() if name.endswith("_seconds") else sa.Integer(), nullable=False)
            for name in COUNTS
        ),
        sa.PrimaryKeyConstraint("pbx", "grain", "start", "line", "queue", "agent", name=op.f("pk_call_rollup")),
    )
    op.create_index("ix_call_rollup_agent", "call_rollup", ["pbx", "grain", "agent", "start"])
    op.create_table(
        "call_rollup_mark",
        sa.Column("id", big, nullable=False),
        sa.Column("pbx", sa.String(length=20), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_rollup_mark")),
    )
    op.create_table(
        "call_rollup_state",
        sa.Column("pbx", sa.String(length=20), nullable=False),
        sa.Column("rule", sa.String(length=4000), nullable=False),
        sa.Column("counted_since", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("checked_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checked_days", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pbx", name=op.f("pk_call_rollup_state")),
    )
    op.create_table(
        "agent_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in SECONDS),
        sa.Column("conversations", sa.Integer(), nullable=False),
        sa.Column("wrap_ups", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "agent", name=op.f("pk_agent_day")),
    )
