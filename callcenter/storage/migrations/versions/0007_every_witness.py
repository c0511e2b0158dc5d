"""Ended calls as the live floor saw them, the PBX's last signs of life, ends that nobody saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_live",
        sa.Column("id", sa.String(length=180), nullable=False),
        sa.Column("pbx", sa.String(length=20), nullable=False),
        sa.Column("linkedid", sa.String(length=150), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_live")),
    )
    op.create_index(op.f("ix_call_live_at"), "call_live", ["at"])
    op.create_table(
        "pbx_seen",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pbx", sa.String(length=20), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.CheckConstraint("kind IN ('stopped', 'seen')", name=op.f("ck_pbx_seen_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbx_seen")),
        sa.UniqueConstraint("pbx", "at", "kind", name=op.f("uq_pbx_seen_pbx_at_kind")),
    )
    # No batch: SQLite would copy the table, which holds every call of years.
    op.add_column("call_record", sa.Column("end_known", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_call_open",
        "call_record",
        ["arrived_at"],
        sqlite_where=sa.text("final IS 0"),
        postgresql_where=sa.text("final IS false"),
    )


def downgrade() -> None:
    op.drop_index("ix_call_open", "call_record")
    op.drop_column("call_record", "end_known")
    op.drop_table("pbx_seen")
    op.drop_table("call_live")
