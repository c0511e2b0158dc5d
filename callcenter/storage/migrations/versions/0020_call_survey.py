"""The survey after the call: when it was asked, and the caller's mark."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("call_record") as table:
        table.add_column(sa.Column("survey_asked_at", base.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("survey_mark", sa.Integer(), nullable=True))
        table.create_check_constraint(op.f("ck_call_record_survey_mark"), "survey_mark BETWEEN 1 AND 5")
        table.create_check_constraint(
            op.f("ck_call_record_survey_asked"), "survey_mark IS NULL OR survey_asked_at IS NOT NULL"
        )
