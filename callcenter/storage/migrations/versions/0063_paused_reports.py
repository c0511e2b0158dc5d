"""Scheduled reports can be paused, and a delivery says what kind of fault stopped it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage.base import UtcDateTime

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scheduled_report", sa.Column("paused_at", UtcDateTime(timezone=True), nullable=True))
    fault = sa.Column("fault", sa.String(length=20), nullable=False, server_default="")
    op.add_column("report_delivery", fault)


def downgrade() -> None:
    # The version before would send what is paused.
    op.execute(
        "DELETE FROM report_delivery WHERE report IN (SELECT id FROM scheduled_report WHERE paused_at IS NOT NULL)"
    )
    op.execute("DELETE FROM scheduled_report WHERE paused_at IS NOT NULL")
    with op.batch_alter_table("report_delivery") as table:
        table.drop_column("fault")
    with op.batch_alter_table("scheduled_report") as table:
        table.drop_column("paused_at")
