"""Defines the table of loans."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.storage.base import Base


class AgentLoanRow(Base):
    """A loan stays after its end, for the proof of who took which calls."""

    __tablename__ = "agent_loan"
    __table_args__ = (Index(None, "until"), Index(None, "agent"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(String(20))
    line: Mapped[LineCode | None] = mapped_column(String(31))
    queue: Mapped[QueueCode | None] = mapped_column(String(31))
    skill: Mapped[str | None] = mapped_column(String(40))
    level: Mapped[int | None]
    until: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(80), default="")
