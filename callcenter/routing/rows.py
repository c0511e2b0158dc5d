"""Tables of the routing package."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import LineCode, QueueCode
from callcenter.storage.base import Base, Versioned


class QueueRow(Versioned, Base):
    __tablename__ = "queue"

    code: Mapped[QueueCode] = mapped_column(String(31), primary_key=True)
    names: Mapped[dict[str, str]]
    strategy: Mapped[str] = mapped_column(String(20))
    skill: Mapped[str] = mapped_column(String(50))
    min_level: Mapped[int]
    ring_limit: Mapped[int | None]
    move_on_at_ring: Mapped[int | None]
    max_wait_seconds: Mapped[int]
    wrap_up_seconds: Mapped[int | None]
    announce_seconds: Mapped[int]
    dialects: Mapped[list[str]] = mapped_column(default=list)
    no_speaker: Mapped[str] = mapped_column(String(10), default="anyone", server_default="anyone")


class LineRow(Versioned, Base):
    __tablename__ = "line"

    code: Mapped[LineCode] = mapped_column(String(31), primary_key=True)
    queue: Mapped[QueueCode] = mapped_column(ForeignKey("queue.code"), index=True)
    names: Mapped[dict[str, str]]
    dids: Mapped[list[str]]
    hours: Mapped[list[str]]
    timezone: Mapped[str] = mapped_column(String(60))
    cadence_country: Mapped[str] = mapped_column(String(2))
    greeting: Mapped[str] = mapped_column(String(80))
    priority: Mapped[int]
    language: Mapped[str] = mapped_column(String(20))
    record: Mapped[str] = mapped_column(String(10), default="")
    recording_notice: Mapped[str] = mapped_column(String(80), default="")
    recording_days: Mapped[int | None]
    take_message: Mapped[bool] = mapped_column(default=False)
    own_agent_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    overflow_to: Mapped[str] = mapped_column(String(40), default="", server_default="")
    overflow_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    overflow_nobody: Mapped[bool] = mapped_column(default=False, server_default=false())
