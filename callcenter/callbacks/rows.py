"""Tables of the return calls: return calls, causes, attempts, transitions; the do-not-call list and campaigns.

(The tables of scripts and evaluations are in followup/rows.py.)
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.callbacks.model import BUSY, OPEN, WAITING, State
from callcenter.facts import CallId, CaseNumber, CustomerId, LineCode, ReturnCallId
from callcenter.storage.base import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")


def _words(states: frozenset[State]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))


_OPEN = text(f"state IN ({_words(OPEN)})")
_BUSY = text(f"state IN ({_words(BUSY)})")
WAITS = text(f"return_call.state IN ({_words(WAITING)})")
"""Literals instead of parameters: only then does the database see that a query matches the partial index."""
_WAITS = text(f"state IN ({_words(WAITING)})")


class ReturnCallRow(Base):
    """One return call; three unique indexes rule out duplicates, whichever process writes.

    One open return call per customer and matter; a number is held by one agent; an agent holds one return call. `rev`
    counts the transitions: every change is a compare-and-set on it.
    """

    __tablename__ = "return_call"
    __table_args__ = (
        CheckConstraint(f"state IN ({_words(frozenset(State))})", name="state"),
        Index("uq_return_call_open", "customer_key", "matter", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("uq_return_call_number_busy", "number", unique=True, sqlite_where=_BUSY, postgresql_where=_BUSY),
        Index("uq_return_call_agent_busy", "agent", unique=True, sqlite_where=_BUSY, postgresql_where=_BUSY),
        Index(None, "state", "due_at", "id"),
        Index(None, "due_at", "id"),
        Index(None, "created_at", "id"),
        Index("ix_return_call_waiting", "due_at", "arrived_at", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index(None, "number", "state"),
        Index(None, "intent"),
        Index(None, "closed_at"),
        Index(None, "case"),
        Index(None, "customer", "created_at"),
    )
    id: Mapped[ReturnCallId] = mapped_column(String(32), primary_key=True)
    rev: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(20))
    matter: Mapped[str] = mapped_column(String(220))
    customer_key: Mapped[str] = mapped_column(String(60))
    customer: Mapped[CustomerId | None] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(24))
    extension: Mapped[str] = mapped_column(String(40), default="", server_default="")
    """The extension dialled after the number: shown to the agent, never sent to the trunk."""
    region: Mapped[str] = mapped_column(String(4))
    zones: Mapped[list[str]]
    standing: Mapped[str] = mapped_column(String(20), default="ordinary")
    line: Mapped[LineCode | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(50))
    case: Mapped[CaseNumber | None] = mapped_column(String(40))
    call: Mapped[CallId | None] = mapped_column(String(180))
    campaign: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    promised: Mapped[bool] = mapped_column(default=False)
    promised_by: Mapped[str | None] = mapped_column(String(80))
    due_at: Mapped[datetime]
    may_from: Mapped[datetime]
    may_until: Mapped[datetime]
    arrived_at: Mapped[datetime]
    created_at: Mapped[datetime]
    preferred: Mapped[str | None] = mapped_column(String(20))
    agent: Mapped[str | None] = mapped_column(String(20))
    """The agent who holds it, or held it last."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    intent: Mapped[str | None] = mapped_column(String(32))
    """The dial under way: the outbox id, which is the Uniqueid of the agent's channel."""
    last_result: Mapped[str | None] = mapped_column(String(20))
    last_at: Mapped[datetime | None]
    seen_call: Mapped[str | None] = mapped_column(String(180))
    """The customer called in about another matter while this waited."""
    seen_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(20))
    result_call: Mapped[CallId | None] = mapped_column(String(180))
    satisfaction: Mapped[int | None]
    notes: Mapped[str] = mapped_column(Text, default="")
    evaluation: Mapped[str | None] = mapped_column(String(32))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))


class ReturnCallCauseRow(Base):
    """Why the return call exists; the first cause created it, further ones joined. Rows are never changed."""

    __tablename__ = "return_call_cause"
    __table_args__ = (Index("uq_return_call_cause_once", "once", unique=True), Index(None, "item"))
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    item: Mapped[ReturnCallId] = mapped_column(ForeignKey("return_call.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(20))
    call: Mapped[CallId | None] = mapped_column(String(180))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    once: Mapped[str | None] = mapped_column(String(300))
    """A cause that is reported again (a repeated job, a repeated call record) counts once."""


class ReturnCallAttemptRow(Base):
    """One dial, stored in the transaction that stores its intent; `result` is written whatever becomes of the call."""

    __tablename__ = "return_call_attempt"
    __table_args__ = (
        Index("uq_return_call_attempt_intent", "intent", unique=True),
        Index(None, "item"),
        Index(None, "agent", "at"),
        Index(None, "at"),
    )
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    item: Mapped[ReturnCallId] = mapped_column(ForeignKey("return_call.id", ondelete="CASCADE"))
    agent: Mapped[str] = mapped_column(String(20))
    intent: Mapped[str] = mapped_column(String(32))
    call: Mapped[CallId] = mapped_column(String(180))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str | None] = mapped_column(String(400))
    settled_at: Mapped[datetime | None]


class ReturnCallStepRow(Base):
    """Every transition of every return call: what happened, when, by whom, and why; rows are never changed."""

    __tablename__ = "return_call_step"
    __table_args__ = (Index(None, "item", "id"), Index(None, "event", "at"))
    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    item: Mapped[ReturnCallId] = mapped_column(ForeignKey("return_call.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(String(80))
    why: Mapped[str] = mapped_column(Text, default="")


class DoNotCallRow(Base):
    """A number that is not called; `scope` is all, or survey for customers who only refuse surveys."""

    __tablename__ = "do_not_call"
    __table_args__ = (CheckConstraint("scope IN ('all', 'survey')", name="scope"),)
    number: Mapped[str] = mapped_column(String(24), primary_key=True)
    scope: Mapped[str] = mapped_column(String(10), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class CampaignRow(Base):
    """A satisfaction survey: whom it samples, how many, and the seed that makes the sample reproducible."""

    __tablename__ = "survey_campaign"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    line: Mapped[LineCode | None] = mapped_column(String(40))
    since: Mapped[datetime]
    until: Mapped[datetime]
    size: Mapped[int]
    per_agent: Mapped[int | None]
    seed: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    drawn_at: Mapped[datetime | None]
    drawn: Mapped[list[str]]
    """The ids of the calls in the sample."""
