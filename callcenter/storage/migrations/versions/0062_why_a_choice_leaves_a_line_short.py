"""Why a leader chose that an agent goes after the call although a line is left short."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agent_floor", sa.Column("after_despite", sa.String(500), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("agent_floor") as table:
        table.drop_column("after_despite")
