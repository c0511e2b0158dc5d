"""Table of calendar feeds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber
from callcenter.storage.base import Base


class CalendarRow(Base):
    """An agent's feed; the address is known by its hash only."""

    __tablename__ = "roster_calendar"

    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
