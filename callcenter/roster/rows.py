"""Tables of the roster."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base, Versioned


class ShiftRow(Versioned, Base):
    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(None, "ends_at", "starts_at"),
        Index(None, "agent", "line", "starts_at"),
        # Ids are never reused: a stored shift id must not refer to another shift later.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(ForeignKey("agent.number"))
    line: Mapped[str] = mapped_column(ForeignKey("line.code"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class DutyManagerRow(Base):
    """A supervisor's dated duty as the duty manager; `name` is as it was at that time."""

    __tablename__ = "duty_manager"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(None, "ends_at", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
