"""Accounts of the identity provider, and its answers that were used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oidc_link",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("allowed_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("linked_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_oidc_link_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_oidc_link")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_oidc_link_issuer_subject")),
    )
    op.create_table(
        "oidc_used",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oidc_used")),
    )
    op.create_index(op.f("ix_oidc_used_expires_at"), "oidc_used", ["expires_at"])
