"""Calendar feeds of agents, and reminders of rosters that are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_calendar",
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_calendar_agent_agent")),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_roster_calendar")),
        sa.UniqueConstraint("sha256", name=op.f("uq_roster_calendar_sha256")),
    )
    op.create_table(
        "roster_reminder",
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("line", sa.String(length=31), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("period", "first_day", "line", "stage", name=op.f("pk_roster_reminder")),
    )
