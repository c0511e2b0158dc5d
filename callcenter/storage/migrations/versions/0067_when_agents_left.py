"""When agents came to work here and left; for those of before, as far as the audit has it."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.String(length=20), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agent"], ["agent.number"], name=op.f("fk_agent_activity_agent_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_activity")),
    )
    op.create_index(op.f("ix_agent_activity_agent_at"), "agent_activity", ["agent", "at"])
    _take_over()


def _take_over() -> None:
    agent = sa.table("agent", sa.column("number", sa.String))
    audit = sa.table(
        "audit",
        sa.column("seq", sa.Integer),
        sa.column("at", base.UtcDateTime(timezone=True)),
        sa.column("action", sa.String),
        sa.column("subject", sa.String),
        sa.column("facts", sa.Text),
    )
    activity = sa.table(
        "agent_activity",
        sa.column("agent", sa.String),
        sa.column("at", base.UtcDateTime(timezone=True)),
        sa.column("active", sa.Boolean),
    )
    connection = op.get_bind()
    known: dict[str, bool | None] = dict.fromkeys(connection.scalars(sa.select(agent.c.number)))
    changes = (
        sa.select(audit.c.at, audit.c.subject, audit.c.facts)
        .where(audit.c.action.in_(["agent.added", "agent.changed"]))
        .order_by(audit.c.seq)
    )
    for at, subject, facts in connection.execute(changes).all():
        number, active = subject.removeprefix("agent/"), json.loads(facts).get("active")
        if number in known and isinstance(active, bool) and known[number] is not active:
            known[number] = active
            connection.execute(sa.insert(activity).values(agent=number, at=at, active=active))


def downgrade() -> None:
    op.drop_index(op.f("ix_agent_activity_agent_at"), table_name="agent_activity")
    op.drop_table("agent_activity")
