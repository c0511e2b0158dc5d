"""Member numbers, and numbers from which several customers call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customer", sa.Column("shared_numbers", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("customer", sa.Column("member_number", sa.String(length=20), server_default="", nullable=False))
    op.create_index(
        "uq_customer_member_number",
        "customer",
        ["member_number"],
        unique=True,
        sqlite_where=sa.text("member_number <> ''"),
        postgresql_where=sa.text("member_number <> ''"),
    )
