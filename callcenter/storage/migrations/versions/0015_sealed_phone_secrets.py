"""Room for phones' secrets once they are sealed; the service seals those that there are at its next start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("phone") as table:
        table.alter_column("secret", existing_type=sa.String(64), type_=sa.String(255), existing_nullable=False)
