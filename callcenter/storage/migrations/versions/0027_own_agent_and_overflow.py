"""Lines ring the caller's own agent first and overflow; calls record where they overflowed to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("line", sa.Column("own_agent_seconds", sa.Integer(), server_default="0", nullable=False))
    op.add_column("line", sa.Column("overflow_to", sa.String(length=40), server_default="", nullable=False))
    op.add_column("line", sa.Column("overflow_seconds", sa.Integer(), server_default="0", nullable=False))
    op.add_column("line", sa.Column("overflow_nobody", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("call_record", sa.Column("overflowed_to", sa.String(length=40), server_default="", nullable=False))
