"""Tables of scheduled reports and of their deliveries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class ScheduledReportRow(Base):
    __tablename__ = "scheduled_report"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    owner: Mapped[str] = mapped_column(String(80))
    """The login of who defined it last."""
    owner_id: Mapped[str | None] = mapped_column(String(32))
    """The id of that person or program; null where it was defined before ids were kept."""
    kind: Mapped[str] = mapped_column(String(20), default="calls", server_default="calls")
    every: Mapped[str] = mapped_column(String(10))
    minute: Mapped[int]
    by: Mapped[str] = mapped_column(String(20))
    """Empty where the kind has no groups."""
    format: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10))
    line: Mapped[str | None] = mapped_column(String(31))
    mail_to: Mapped[list[str]]
    to_folder: Mapped[bool]
    created_at: Mapped[datetime]
    next_due: Mapped[datetime] = mapped_column(index=True)
    paused_at: Mapped[datetime | None]
    """Since when nothing is sent by its schedule; null where it is."""


class ReportDeliveryRow(Base):
    """One due report for one target; `state` is waiting, sending, sent, failed or refused."""

    __tablename__ = "report_delivery"

    report: Mapped[str] = mapped_column(ForeignKey("scheduled_report.id", ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(String(254), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(200), default="")
    fault: Mapped[str] = mapped_column(String(20), default="", server_default="")
    """A `DeliveryFault`; empty where it was sent, and where it failed before faults were kept."""
    at: Mapped[datetime]
    file: Mapped[str] = mapped_column(String(200), default="")
