"""Defines the table of measured intervals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId
from callcenter.storage.base import Base


class CallQualityRow(Base):
    """One interval of one agent on a call; the same instant is measured once."""

    __tablename__ = "call_quality"
    __table_args__ = (Index(None, "at"),)

    call: Mapped[CallId] = mapped_column(String(180), primary_key=True)
    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    seconds: Mapped[int]
    rtt_ms: Mapped[float | None]
    jitter_ms: Mapped[float | None]
    loss_percent: Mapped[float | None]
    lost_there_percent: Mapped[float | None]
    codec: Mapped[str] = mapped_column(String(20), default="")
    cause: Mapped[str] = mapped_column(String(20), default="")
