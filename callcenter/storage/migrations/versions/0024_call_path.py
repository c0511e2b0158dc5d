"""The caller's path through a reception flow, and the number that they entered, on a call's record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call_record", sa.Column("path", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("call_record", sa.Column("entered_number", sa.String(length=40), server_default="", nullable=False))
