"""Tables of the agents package."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber
from callcenter.storage.base import Base, Versioned


class AgentRow(Versioned, Base):
    __tablename__ = "agent"

    number: Mapped[AgentNumber] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    skills: Mapped[dict[str, Any]]
    active: Mapped[bool]
    created_at: Mapped[datetime]


class ActivityRow(Base):
    """When an agent came to work here (`active`) and left: nothing is planned for them in between."""

    __tablename__ = "agent_activity"
    __table_args__ = (Index(None, "agent", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    at: Mapped[datetime]
    active: Mapped[bool]


class PhoneRow(Base):
    __tablename__ = "phone"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"), index=True)
    place: Mapped[int]
    """Position among the agent's phones; 0 rings by default."""
    kind: Mapped[str] = mapped_column(String(10))
    secret: Mapped[str] = mapped_column(String(255))
    """Sealed (phone_secrets.py); opened for the PBX and for the user who enters it into a phone."""

    def __repr__(self) -> str:
        return f"PhoneRow({self.name!r})"


class PresenceRow(Base):
    __tablename__ = "presence"

    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"), primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80), default="", server_default="")
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")


class PresenceChangeRow(Base):
    """Every presence change, for breaks, handovers and proof of when a position was left (policy D3, D6, H1)."""

    __tablename__ = "presence_change"
    __table_args__ = (Index(None, "agent", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(80))
