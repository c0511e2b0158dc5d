"""Defines the tables of call notes and of the tree of reasons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base, Versioned


class CallNoteRow(Versioned, Base):
    """What the agent wrote about a call (W1): one per call."""

    __tablename__ = "call_note"
    __table_args__ = (CheckConstraint("state IN ('draft', 'done')", name="state"), Index(None, "reason"))

    call: Mapped[str] = mapped_column(String(180), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(40))
    reason_text: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(String(200))
    department: Mapped[str | None] = mapped_column(String(40))
    people: Mapped[str] = mapped_column(Text)
    progress: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[Any]]
    agent: Mapped[str | None] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class CallReasonRow(Base):
    """A reason for calls, in a tree."""

    __tablename__ = "call_reason"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent: Mapped[str | None] = mapped_column(String(40))
    names: Mapped[dict[str, str]]
    place: Mapped[int]
    active: Mapped[bool]
