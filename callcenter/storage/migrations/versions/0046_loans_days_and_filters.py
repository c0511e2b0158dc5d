"""Loans of agents, their wrap-ups, and saved filters of every list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_loan",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("line", sa.String(length=31), nullable=True),
        sa.Column("queue", sa.String(length=31), nullable=True),
        sa.Column("skill", sa.String(length=40), nullable=True),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("until", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_loan")),
    )
    op.create_index(op.f("ix_agent_loan_agent"), "agent_loan", ["agent"])
    op.create_index(op.f("ix_agent_loan_until"), "agent_loan", ["until"])
    op.create_table(
        "agent_wrap_up",
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("began_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("agent", "began_at", name=op.f("pk_agent_wrap_up")),
    )
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("list", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("shared_with", sa.JSON(), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("person", "list", "name", name=op.f("uq_saved_filter_person_list_name")),
    )
    op.create_index(op.f("ix_saved_filter_list_name"), "saved_filter", ["list", "name"])
