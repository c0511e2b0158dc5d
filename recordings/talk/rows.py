"""The table of talk figures, one row per recording."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId, RecordingId
from callcenter.storage.base import Base


class TalkRow(Base):
    """One recording's figures; `unknown` with the reason when the audio cannot be assessed."""

    __tablename__ = "recording_talk"
    __table_args__ = (
        CheckConstraint("state IN ('done', 'unknown')", name="state"),
        Index(None, "call"),
        Index(None, "agent", "at"),
        Index(None, "line", "at"),
    )
    recording: Mapped[RecordingId] = mapped_column(String(64), primary_key=True)
    call: Mapped[CallId] = mapped_column(String(180))
    agent: Mapped[str | None] = mapped_column(String(40))
    line: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(200))
    figures: Mapped[dict[str, Any]]
    dead_air_limit: Mapped[float]
    talk_over_limit: Mapped[float]
    at: Mapped[datetime]
    """When the recording began."""
