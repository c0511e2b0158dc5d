"""What callers of a dialect get when no speaker is on duty, and the dialect of a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue", sa.Column("no_speaker", sa.String(length=10), server_default="anyone", nullable=False))
    op.add_column("call_record", sa.Column("dialect", sa.String(length=40), server_default="", nullable=False))
