"""Defines the table of alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class AlarmRow(Base):
    """One failure (R7): when it began and ended, who was notified and how, who acknowledged it."""

    __tablename__ = "alarm"
    __table_args__ = (
        CheckConstraint("kind IN ('pbx', 'database', 'disk', 'trunk', 'phone', 'service')", name="kind"),
        CheckConstraint("calls IN ('going_on', 'cut', 'unknown')", name="calls"),
        Index(None, "raised_at"),
        Index(None, "ended_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(80))
    cause: Mapped[str] = mapped_column(String(60))
    calls: Mapped[str] = mapped_column(String(10))
    since: Mapped[datetime]
    raised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    notices: Mapped[list[Any]] = mapped_column(JSON, default=list)
    """Each attempt: channel, receiver, stage (raised or ended), instant, and the error if it failed."""
