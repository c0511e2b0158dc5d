"""How calls sound in the agents' pages, and faults that pages report."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_quality",
        sa.Column("call", sa.String(length=180), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("rtt_ms", sa.Double(), nullable=True),
        sa.Column("jitter_ms", sa.Double(), nullable=True),
        sa.Column("loss_percent", sa.Double(), nullable=True),
        sa.Column("lost_there_percent", sa.Double(), nullable=True),
        sa.Column("codec", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("call", "agent", "at", name=op.f("pk_call_quality")),
    )
    op.create_index(op.f("ix_call_quality_at"), "call_quality", ["at"])
    op.create_table(
        "client_fault",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("build", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_fault")),
        sa.UniqueConstraint("build", "kind", "page", "detail", name=op.f("uq_client_fault_build_kind_page_detail")),
    )
    op.create_index(op.f("ix_client_fault_last_at_id"), "client_fault", ["last_at", "id"])
