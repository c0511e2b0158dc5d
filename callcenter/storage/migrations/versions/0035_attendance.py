"""Findings of attendance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_finding",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("shift_from", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("shift_until", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("policy_version", sa.String(length=40), nullable=False),
        sa.Column("changed_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_finding_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_finding")),
    )
    op.create_index(op.f("ix_roster_finding_agent_at"), "roster_finding", ["agent", "at"], unique=False)
    op.create_index(op.f("ix_roster_finding_at_id"), "roster_finding", ["at", "id"], unique=False)
    op.create_index(op.f("ix_roster_finding_changed_at"), "roster_finding", ["changed_at"], unique=False)
