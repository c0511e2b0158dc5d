"""How long a line was below its minimum during a handover."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("roster_handover", sa.Column("changed_at", base.UtcDateTime(timezone=True), nullable=True))
    op.add_column("roster_handover", sa.Column("below_seconds", sa.Double(), nullable=True))
    op.create_index(op.f("ix_roster_handover_changed_at_ended_at"), "roster_handover", ["changed_at", "ended_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_roster_handover_changed_at_ended_at"), "roster_handover")
    with op.batch_alter_table("roster_handover") as table:
        table.drop_column("below_seconds")
        table.drop_column("changed_at")
