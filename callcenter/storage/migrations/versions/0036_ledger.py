"""The ledger of violations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("evidence_id", sa.String(length=420), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("clause", sa.String(length=10), nullable=False),
        sa.Column("policy_version", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("proposed", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'disputed', 'settled', 'annulled')", name=op.f("ck_ledger_entry_state")
        ),
        sa.CheckConstraint("amount >= 0 AND amount <= proposed", name=op.f("ck_ledger_entry_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("evidence_id", name=op.f("uq_ledger_entry_evidence_id")),
    )
    op.create_index(op.f("ix_ledger_entry_agent_at"), "ledger_entry", ["agent", "at"], unique=False)
    op.create_index(op.f("ix_ledger_entry_at_id"), "ledger_entry", ["at", "id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_month_agent"), "ledger_entry", ["month", "agent"], unique=False)
    op.create_index(op.f("ix_ledger_entry_state_at"), "ledger_entry", ["state", "at"], unique=False)
    op.create_table(
        "ledger_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=32), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entry.id"], name=op.f("fk_ledger_step_entry_ledger_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_step")),
    )
    op.create_index(op.f("ix_ledger_step_entry_id"), "ledger_step", ["entry", "id"], unique=False)
    op.create_table(
        "ledger_month",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("closed_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_ledger_month")),
    )
