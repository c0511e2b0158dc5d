"""Handover logs and their items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_handover",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("agent_name", sa.String(length=200), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("shift_from", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("begun_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("offered_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("relief", sa.String(length=20), nullable=True),
        sa.Column("by", sa.String(length=32), nullable=True),
        sa.Column("by_name", sa.String(length=200), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'offered', 'signed', 'released')", name=op.f("ck_roster_handover_state")
        ),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_handover_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_handover")),
    )
    op.create_index(op.f("ix_roster_handover_agent_begun_at"), "roster_handover", ["agent", "begun_at"], unique=False)
    op.create_index(op.f("ix_roster_handover_begun_at_id"), "roster_handover", ["begun_at", "id"], unique=False)
    op.create_index(op.f("ix_roster_handover_state_begun_at"), "roster_handover", ["state", "begun_at"], unique=False)
    op.create_table(
        "roster_handover_item",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("handover", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("opened_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("closed_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"], ["roster_handover.id"], name=op.f("fk_roster_handover_item_handover_roster_handover")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_handover_item")),
    )
    op.create_index(
        op.f("ix_roster_handover_item_closed_at_opened_at"),
        "roster_handover_item",
        ["closed_at", "opened_at"],
        unique=False,
    )
    op.create_index(op.f("ix_roster_handover_item_handover"), "roster_handover_item", ["handover"], unique=False)
