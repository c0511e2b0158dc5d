"""Alarms: failures, who was notified, and who acknowledged them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("calls", sa.String(length=10), nullable=False),
        sa.Column("since", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("raised_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=64), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('pbx', 'database', 'disk', 'trunk', 'phone', 'service')", name=op.f("ck_alarm_kind")
        ),
        sa.CheckConstraint("calls IN ('going_on', 'cut', 'unknown')", name=op.f("ck_alarm_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_index(op.f("ix_alarm_raised_at"), "alarm", ["raised_at"])
    op.create_index(op.f("ix_alarm_ended_at"), "alarm", ["ended_at"])
