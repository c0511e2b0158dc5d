"""Shift patterns, plans of the roster with their entries, notices of what a publication changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_pattern",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_minute > starts_minute", name=op.f("ck_roster_pattern_ends_after_start")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_roster_pattern")),
    )
    _plans()
    op.create_table(
        "roster_plan_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("pattern", sa.String(length=12), nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_roster_plan_entry_ends_after_start")),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_plan_entry_agent_agent")),
        sa.ForeignKeyConstraint(
            ["plan"], ["roster_plan.id"], name=op.f("fk_roster_plan_entry_plan_roster_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_plan_entry")),
    )
    op.create_index(op.f("ix_roster_plan_entry_plan_day"), "roster_plan_entry", ["plan", "day"], unique=False)
    op.create_table(
        "roster_notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("plan", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("seen_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_roster_notice_agent_agent")),
        sa.ForeignKeyConstraint(["plan"], ["roster_plan.id"], name=op.f("fk_roster_notice_plan_roster_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_notice")),
    )
    op.create_index(op.f("ix_roster_notice_agent_at"), "roster_notice", ["agent", "at"], unique=False)
    op.create_index(op.f("ix_roster_notice_plan"), "roster_notice", ["plan"], unique=False)


def _plans() -> None:
    op.create_table(
        "roster_plan",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("line", sa.String(length=31), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_by_name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("published_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(length=32), nullable=True),
        sa.Column("published_by_name", sa.String(length=200), nullable=True),
        sa.Column("shortages", sa.Integer(), nullable=False),
        sa.Column("despite_reason", sa.Text(), nullable=False),
        sa.Column("handed_to", sa.String(length=200), nullable=False),
        sa.Column("handed_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("handed_by_name", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_roster_plan_last_after_first")),
        sa.CheckConstraint("state IN ('draft', 'published', 'discarded')", name=op.f("ck_roster_plan_state")),
        sa.ForeignKeyConstraint(["line"], ["line.code"], name=op.f("fk_roster_plan_line_line")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_plan")),
    )
    op.create_index(op.f("ix_roster_plan_created_at_id"), "roster_plan", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_roster_plan_line_first_day"), "roster_plan", ["line", "first_day"], unique=False)
