"""Defines the table of the block list."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class BlockRow(Base):
    """A number that is not taken; a lifted block stays as evidence."""

    __tablename__ = "caller_block"
    __table_args__ = (
        CheckConstraint("ends_at IS NOT NULL OR no_end_reason <> ''", name="ends"),
        Index(None, "number", "line"),
        Index(None, "added_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(24))
    line: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(400))
    ends_at: Mapped[datetime | None]
    no_end_reason: Mapped[str] = mapped_column(String(400))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(64))
    lift_reason: Mapped[str] = mapped_column(String(400))
