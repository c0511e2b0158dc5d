"""Indexes for the orders of the lists of cases, return calls, customers and scores."""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_INDEXES: Final = (
    ("complaint_case", ("due_at", "number")),
    ("complaint_case", ("closed_at", "number")),
    ("return_call", ("due_at", "id")),
    ("return_call", ("created_at", "id")),
    ("customer", ("name", "id")),
    ("customer", ("created_at", "id")),
    ("score", ("total", "id")),
    ("score", ("submitted_at", "id")),
)


def upgrade() -> None:
    for table, columns in _INDEXES:
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    for table, columns in _INDEXES:
        op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
