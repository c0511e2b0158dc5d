"""Table of reminders."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class ReminderRow(Base):
    """Planners were reminded of a roster, `stage` hours before it was due, 0: when it was overdue."""

    __tablename__ = "roster_reminder"

    period: Mapped[str] = mapped_column(String(10), primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(String(31), primary_key=True)
    stage: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
