"""Duty managers, delegations of signatures, and for whom a signature was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.storage import base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_manager",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_duty_manager_ends_after_start")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_duty_manager_person_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_manager")),
    )
    op.create_index(op.f("ix_duty_manager_ends_at_starts_at"), "duty_manager", ["ends_at", "starts_at"])
    op.create_table(
        "signature_delegation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("absent", sa.String(length=32), nullable=False),
        sa.Column("to", sa.String(length=32), nullable=False),
        sa.Column("starts_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("recorded_by", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_signature_delegation_ends_after_start")),
        sa.ForeignKeyConstraint(["absent"], ["person.id"], name=op.f("fk_signature_delegation_absent_person")),
        sa.ForeignKeyConstraint(["to"], ["person.id"], name=op.f("fk_signature_delegation_to_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature_delegation")),
    )
    op.create_index(op.f("ix_signature_delegation_ends_at_starts_at"), "signature_delegation", ["ends_at", "starts_at"])
    with op.batch_alter_table("case_signature") as table:
        table.add_column(sa.Column("instead_of", sa.String(length=200), nullable=False, server_default=""))
