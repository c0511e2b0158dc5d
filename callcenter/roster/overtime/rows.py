"""Table of overtime."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.overtime.model import OvertimeState
from callcenter.roster.rows import Requested
from callcenter.storage.base import Base, Versioned


class OvertimeRow(Requested, Versioned, Base):
    """Work of an agent beside their shifts; once it is approved, `shift` is its shift. `offered`: by the agent."""

    __tablename__ = "roster_overtime"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in OvertimeState)})", name="state"),
        Index(None, "state", "starts_at"),
        Index(None, "agent", "starts_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    line: Mapped[LineCode] = mapped_column(String(31))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    offered: Mapped[bool]
    shift: Mapped[int | None]
    approved_by_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
