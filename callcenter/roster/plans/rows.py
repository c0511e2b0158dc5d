"""Tables of plans, their entries, and the notices of what a publication changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.plans.model import PlanState
from callcenter.storage.base import Base, Versioned


class PlanRow(Versioned, Base):
    """The plan of a line for some days; who published it, despite what, and to whom it was handed (D1, D2)."""

    __tablename__ = "roster_plan"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="last_after_first"),
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in PlanState)})", name="state"),
        Index(None, "created_at", "id"),
        Index(None, "line", "first_day"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    line: Mapped[LineCode] = mapped_column(ForeignKey("line.code"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(32))
    created_by_name: Mapped[str] = mapped_column(String(200))
    number: Mapped[int | None]
    """The version: the publications of a line are counted from 1."""
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(32))
    published_by_name: Mapped[str | None] = mapped_column(String(200))
    shortages: Mapped[int] = mapped_column(default=0)
    despite_reason: Mapped[str] = mapped_column(Text, default="")
    handed_to: Mapped[str] = mapped_column(String(200), default="")
    handed_at: Mapped[datetime | None]
    handed_by_name: Mapped[str | None] = mapped_column(String(200))


class PlanEntryRow(Base):
    """A shift of a plan."""

    __tablename__ = "roster_plan_entry"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(None, "plan", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(ForeignKey("roster_plan.id", ondelete="CASCADE"))
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    pattern: Mapped[str] = mapped_column(String(12))
    fixed: Mapped[bool]


class NoticeRow(Base):
    """What a publication changes for one agent, and when they saw it."""

    __tablename__ = "roster_notice"
    __table_args__ = (Index(None, "agent", "at"), Index(None, "plan"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    plan: Mapped[str] = mapped_column(ForeignKey("roster_plan.id"))
    agent: Mapped[AgentNumber] = mapped_column(ForeignKey("agent.number"))
    at: Mapped[datetime]
    changes: Mapped[list[Any]]
    seen_at: Mapped[datetime | None]
