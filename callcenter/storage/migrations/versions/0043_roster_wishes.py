"""Wishes of agents for the roster."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_wish",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pattern", sa.String(length=12), nullable=False),
        sa.Column("want", sa.Boolean(), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_wish_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_wish")),
    )
    op.create_index(op.f("ix_roster_wish_day_agent"), "roster_wish", ["day", "agent"], unique=False)
