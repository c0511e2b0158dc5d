"""The reliefs' signatures on a handover, and how long each of its lines was below its minimum."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("roster_handover", sa.Column("below_by_line", sa.JSON(), nullable=True))
    op.add_column("roster_handover", sa.Column("signatures", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("roster_handover") as table:
        table.drop_column("signatures")
        table.drop_column("below_by_line")
