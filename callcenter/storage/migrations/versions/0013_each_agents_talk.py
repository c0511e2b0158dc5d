"""each agent's own part of a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_agent",
        sa.Column("call", sa.String(length=180), nullable=False),
        sa.Column("agent", sa.String(length=400), nullable=False),
        sa.Column("arrived_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("talk_seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["call"], ["call_record.id"], name=op.f("fk_call_agent_call_call_record"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call", "agent", name=op.f("pk_call_agent")),
    )
    # Of calls that are there already only whoever answered is known; their legs have no agents.
    op.execute(
        "INSERT INTO call_agent (call, agent, arrived_at, talk_seconds) "
        "SELECT id, agent, arrived_at, talk_seconds FROM call_record WHERE agent IS NOT NULL"
    )
    op.create_index(op.f("ix_call_agent_agent_arrived_at"), "call_agent", ["agent", "arrived_at"])


def downgrade() -> None:
    op.drop_table("call_agent")
