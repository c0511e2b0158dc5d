"""What people do on live calls: started, declined, hung up, held, muted, with the reason and the outcome."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_act",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call", sa.String(length=180), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=True),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_act")),
    )
    op.create_index(op.f("ix_call_act_call"), "call_act", ["call"])
