"""Defines the table of what the floor knows of an agent and no file of the PBX holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class AgentFloorRow(Base):
    __tablename__ = "agent_floor"

    agent: Mapped[str] = mapped_column(ForeignKey("agent.number"), primary_key=True)
    wrap_up_since: Mapped[datetime | None]
    wrap_up_until: Mapped[datetime | None]
    page: Mapped[str] = mapped_column(String(10), default="none")
    after_state: Mapped[str] = mapped_column(String(20), default="")
    after_reason: Mapped[str] = mapped_column(String(20), default="")
    after_by: Mapped[str] = mapped_column(String(80), default="")
    """The login of the leader who chose it; empty for the agent's own choice."""
    after_despite: Mapped[str] = mapped_column(String(500), default="", server_default="")
    """Why that leader chose it although a line is left short by it."""
    after_at: Mapped[datetime | None]
