"""Kinds of scheduled reports, and who owns one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scheduled_report", sa.Column("owner_id", sa.String(length=32), nullable=True))
    kind = sa.Column("kind", sa.String(length=20), nullable=False, server_default="calls")
    op.add_column("scheduled_report", kind)


def downgrade() -> None:
    later = "kind <> 'calls' OR format = 'csv'"
    op.execute(f"DELETE FROM report_delivery WHERE report IN (SELECT id FROM scheduled_report WHERE {later})")
    op.execute(f"DELETE FROM scheduled_report WHERE {later}")
    with op.batch_alter_table("scheduled_report") as table:
        table.drop_column("kind")
        table.drop_column("owner_id")
