"""Daily checks, training, meetings, emergencies, market findings, and the actions that follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team_record",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("agents", sa.JSON(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_record")),
    )
    op.create_index(op.f("ix_team_record_kind_day"), "team_record", ["kind", "day"])
    op.create_table(
        "team_action",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("record", sa.String(length=32), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("done_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["team_record.id"], name=op.f("fk_team_action_record_team_record")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_action")),
    )
    op.create_index(op.f("ix_team_action_record"), "team_action", ["record"])
    op.create_index(op.f("ix_team_action_due"), "team_action", ["due"])
