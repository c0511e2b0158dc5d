"""The dialects whose callers a queue gives to a speaker first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue", sa.Column("dialects", sa.JSON(), nullable=False, server_default="[]"))
