"""Tables of the work logs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId, CaseNumber, CustomerId
from callcenter.storage.base import Base, Versioned
from callcenter.worklog.model import LogState
from callcenter.worklog.unusual.model import ReportState, UnusualKind


class WorkLogRow(Versioned, Base):
    """One agent's day; `figures` are those at the time it was submitted, empty before."""

    __tablename__ = "work_log"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(entry.value) for entry in LogState)})", name="state"),
        Index(None, "day", "agent"),
        Index(None, "shared", "day"),
    )
    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    texts: Mapped[dict[str, str]]
    figures: Mapped[dict[str, Any]]
    shared: Mapped[bool]
    example_by: Mapped[str | None] = mapped_column(String(200))
    """The supervisor who recommends it as an example."""
    submitted_at: Mapped[datetime | None]
    reopened: Mapped[str] = mapped_column(String(500), default="")
    """Why it was last reopened."""
    changed_at: Mapped[datetime]


class WorkLogUsefulRow(Base):
    """A colleague found a shared log useful; once each."""

    __tablename__ = "work_log_useful"

    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime]


class UnusualReportRow(Base):
    """An unusual customer, reported by an agent; the actions taken are entries of `steps`."""

    __tablename__ = "unusual_report"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(entry.value) for entry in UnusualKind)})", name="kind"),
        CheckConstraint(f"state IN ({', '.join(repr(entry.value) for entry in ReportState)})", name="state"),
        Index(None, "at", "id"),
        Index(None, "number", "state"),
        Index(None, "customer", "state"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(String(24))
    customer: Mapped[CustomerId | None] = mapped_column(String(32))
    call: Mapped[CallId | None] = mapped_column(String(180))
    case: Mapped[CaseNumber | None] = mapped_column(String(24))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(32))
    by_name: Mapped[str] = mapped_column(String(200))
    steps: Mapped[list[Any]]


class MonthSummaryRow(Base):
    """A month's summary as submitted; never changed, a later one is stored beside it."""

    __tablename__ = "month_summary"
    __table_args__ = (Index(None, "month", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    text: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(200))
