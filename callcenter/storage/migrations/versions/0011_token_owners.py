"""Tokens end with the person who made them, and carry scopes; those made before may do all that their roles may."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("access_token") as table:
        table.add_column(sa.Column("owner", sa.String(32), nullable=True))
        table.add_column(sa.Column("scopes", sa.JSON(), nullable=True))
    token = sa.table("access_token", sa.column("owner"), sa.column("created_by"))
    person = sa.table("person", sa.column("id"), sa.column("login"))
    maker = sa.select(person.c.id).where(person.c.login == token.c.created_by).scalar_subquery()
    op.execute(sa.update(token).values(owner=maker))
