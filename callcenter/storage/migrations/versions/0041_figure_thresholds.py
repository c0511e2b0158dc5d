"""Thresholds of the figures, per line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None
WHOLE = ("answer_within_seconds", "waiting_warn", "waiting_bad", "wait_warn_seconds", "wait_bad_seconds")
SHARES = ("level_warn", "level_bad", "abandoned_warn", "abandoned_bad")


def upgrade() -> None:
    op.create_table(
        "figure_threshold",
        sa.Column("line", sa.String(length=31), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in WHOLE),
        *(sa.Column(name, sa.Double(), nullable=True) for name in SHARES),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_figure_threshold")),
    )
