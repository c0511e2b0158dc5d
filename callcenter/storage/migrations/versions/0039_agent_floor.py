"""What the floor knows of an agent across restarts, and what a supervisor notes for an agent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("presence", sa.Column("by", sa.String(length=80), server_default="", nullable=False))
    op.add_column("presence", sa.Column("note", sa.String(length=200), server_default="", nullable=False))
    op.create_table(
        "agent_floor",
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("wrap_up_since", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("wrap_up_until", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("page", sa.String(length=10), nullable=False),
        sa.Column("after_state", sa.String(length=20), nullable=False),
        sa.Column("after_reason", sa.String(length=20), nullable=False),
        sa.Column("after_by", sa.String(length=80), nullable=False),
        sa.Column("after_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_agent_floor_agent_agent")),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_floor")),
    )
