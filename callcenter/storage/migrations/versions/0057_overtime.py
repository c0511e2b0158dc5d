"""Overtime, and the mark of its shift."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0057"
down_revision = "0054"
branch_labels = None
depends_on = None
STATES = "'asked', 'agreed', 'approved', 'declined', 'refused', 'withdrawn', 'cancelled'"


def upgrade() -> None:
    op.add_column("shift", sa.Column("overtime", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("roster_step") as table:
        table.alter_column("subject", existing_type=sa.String(40), type_=sa.String(50), existing_nullable=False)
    op.create_table(
        "roster_overtime",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("line", sa.String(length=31), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=True),
        sa.Column("approved_by_name", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asked_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_roster_overtime_ends_after_start")),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_roster_overtime_state")),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_overtime_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_overtime")),
    )
    op.create_index(op.f("ix_roster_overtime_agent_starts_at"), "roster_overtime", ["agent", "starts_at"])
    op.create_index(op.f("ix_roster_overtime_state_starts_at"), "roster_overtime", ["state", "starts_at"])


def downgrade() -> None:
    op.drop_table("roster_overtime")
    op.execute("DELETE FROM roster_step WHERE subject LIKE 'overtime/%'")
    with op.batch_alter_table("roster_step") as table:
        table.alter_column("subject", existing_type=sa.String(50), type_=sa.String(40), existing_nullable=False)
    op.execute("DELETE FROM shift WHERE overtime")
    with op.batch_alter_table("shift") as table:
        table.drop_column("overtime")
