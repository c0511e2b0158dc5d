"""Defines the table of actions on calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId
from callcenter.storage.base import Base


class CallActRow(Base):
    """An action of a person on a live call: stored before it is sent, with its outcome after."""

    __tablename__ = "call_act"
    __table_args__ = (Index(None, "call"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """The id of the intent; of an originated call also the Uniqueid of its first channel."""
    call: Mapped[CallId] = mapped_column(String(180))
    act: Mapped[str] = mapped_column(String(20))
    agent: Mapped[str | None] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(40), default="")
    outcome: Mapped[str] = mapped_column(String(10))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Codes only, never a number or a name."""
