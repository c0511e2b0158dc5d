"""Queue the indexing of all customers' names by pinyin."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT 1 FROM customer LIMIT 1")).first() is None:
        return
    job = sa.table(
        "job",
        sa.column("id", sa.String),
        sa.column("kind", sa.String),
        sa.column("payload", sa.JSON),
        sa.column("state", sa.String),
        sa.column("run_at", sa.DateTime(timezone=True)),
        sa.column("attempts", sa.Integer),
        sa.column("max_attempts", sa.Integer),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    now = datetime.now(UTC)
    connection.execute(
        sa.insert(job).values(
            id=uuid4().hex,
            kind="customers_reindexed",
            payload={},
            state="queued",
            run_at=now,
            attempts=0,
            max_attempts=8,
            created_at=now,
        )
    )


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE kind = 'customers_reindexed'")
