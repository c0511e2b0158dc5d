"""Time on hold of calls, and working time by half hour."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

SECONDS = ("available", "ringing", "on_call", "wrap_up", "paused", "unknown")


def upgrade() -> None:
    op.add_column("call_record", sa.Column("hold_seconds", sa.Double(), nullable=True))
    # Counts of the earlier version are counted again by themselves.
    op.add_column("call_rollup", sa.Column("hold_known", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("call_rollup", sa.Column("hold_seconds", sa.Double(), nullable=False, server_default="0"))
    op.create_table(
        "agent_half_hour",
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in SECONDS),
        sa.Column("conversations", sa.Integer(), nullable=False),
        sa.Column("wrap_ups", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("start", "agent", name=op.f("pk_agent_half_hour")),
    )
