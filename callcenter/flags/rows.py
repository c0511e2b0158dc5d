"""Tables of the flags: the evidence as it was raised, and every decision on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId
from callcenter.storage.base import Base

_STATES = "('raised', 'confirmed', 'annulled')"


class FlagRow(Base):
    """Evidence; clause, policy version and facts never change after it was raised.

    One fact may be added later: on which ring a phone was answered that had rung past the limit. Quotations from a
    recording are removed when the recording is erased.
    """

    __tablename__ = "flag"
    __table_args__ = (
        CheckConstraint(f"state IN {_STATES}", name="state"),
        Index(None, "raised_at", "id"),
        Index(None, "call"),
        Index(None, "agent", "raised_at"),
        Index(None, "clause", "raised_at"),
    )
    id: Mapped[str] = mapped_column(String(400), primary_key=True)
    clause: Mapped[str] = mapped_column(String(10))
    policy_version: Mapped[str] = mapped_column(String(40))
    raised_at: Mapped[datetime]
    call: Mapped[CallId] = mapped_column(String(180))
    agent: Mapped[str | None] = mapped_column(String(400))
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    by: Mapped[str | None] = mapped_column(String(200))
    reason: Mapped[str | None] = mapped_column(Text)


class FlagDecisionRow(Base):
    """Who decided what on a flag, when and why; never changed."""

    __tablename__ = "flag_decision"
    __table_args__ = (CheckConstraint(f"state IN {_STATES}", name="state"), Index(None, "flag"))
    id: Mapped[int] = mapped_column(primary_key=True)
    flag: Mapped[str] = mapped_column(ForeignKey("flag.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class CallExcuseRow(Base):
    """Why an agent was allowed to hang up first on a call (R5); never removed."""

    __tablename__ = "call_excuse"

    call: Mapped[CallId] = mapped_column(String(180), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class LineUsualRow(Base):
    """How long calls of a line usually were, as of a day (R6)."""

    __tablename__ = "line_usual"

    line: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int]
    median: Mapped[float]
    p90: Mapped[float]
    at: Mapped[datetime]


class CallLengthRow(Base):
    """A call's length beside what was usual when it ended; later limits do not rewrite it (R6)."""

    __tablename__ = "call_length"
    __table_args__ = (Index(None, "agent", "at"),)

    call: Mapped[CallId] = mapped_column(String(180), primary_key=True)
    line: Mapped[str] = mapped_column(String(40))
    agent: Mapped[str | None] = mapped_column(String(40))
    seconds: Mapped[float]
    usual: Mapped[float | None]
    long_from: Mapped[float]
    long: Mapped[bool]
    at: Mapped[datetime]
