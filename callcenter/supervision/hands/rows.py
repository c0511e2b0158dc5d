"""Defines the table of raised hands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId
from callcenter.storage.base import Base

_RAISED = text("state = 'raised'")


class RaisedHandRow(Base):
    """One of an agent is open at a time, which the unique index guarantees."""

    __tablename__ = "raised_hand"
    __table_args__ = (
        Index("uq_raised_hand_open", "agent", unique=True, sqlite_where=_RAISED, postgresql_where=_RAISED),
        Index(None, "raised_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[str] = mapped_column(String(20))
    call: Mapped[CallId | None] = mapped_column(String(180))
    text: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    answered_by: Mapped[str] = mapped_column(String(80), default="")
    answer: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]
