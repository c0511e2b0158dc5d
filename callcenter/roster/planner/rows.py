"""Table of wishes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber
from callcenter.storage.base import Base


class WishRow(Base):
    """An agent wants, or does not want, to work a pattern of a day; any shift of it where `pattern` is empty."""

    __tablename__ = "roster_wish"
    __table_args__ = (Index(None, "day", "agent"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    day: Mapped[date]
    pattern: Mapped[str] = mapped_column(String(12))
    want: Mapped[bool]
    at: Mapped[datetime]
