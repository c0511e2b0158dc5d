"""The number of pages of a PDF on a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_attachment", sa.Column("pages", sa.Integer(), nullable=True))
