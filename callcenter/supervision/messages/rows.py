"""Defines the tables of messages between people of the centre."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class TeamMessageRow(Base):
    __tablename__ = "team_message"
    __table_args__ = (Index(None, "at", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(200))
    by_agent: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(500))
    to: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(31))


class TeamMessageReceiptRow(Base):
    """A recipient; `agent` is empty for the leaders as a whole, of whom the first reader counts."""

    __tablename__ = "team_message_receipt"
    __table_args__ = (Index(None, "agent"),)

    message: Mapped[str] = mapped_column(ForeignKey("team_message.id"), primary_key=True)
    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    read_at: Mapped[datetime | None]
    read_by: Mapped[str] = mapped_column(String(80), default="")
