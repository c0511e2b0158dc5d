"""Who granted a break out of turn or refused it, when and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("roster_break", sa.Column("decided_at", base.UtcDateTime(timezone=True), nullable=True))
    op.add_column("roster_break", sa.Column("decided_by", sa.String(length=200), nullable=True))
    op.add_column("roster_break", sa.Column("decided_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("roster_break") as table:
        table.drop_column("decided_reason")
        table.drop_column("decided_by")
        table.drop_column("decided_at")
