"""Tables of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.flags.ledger.model import LedgerState
from callcenter.storage.base import Base, Versioned


class LedgerEntryRow(Versioned, Base):
    """A violation with its evidence; amounts in fen, `amount` as decided, `proposed` by the policy's table then."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in LedgerState)})", name="state"),
        CheckConstraint("amount >= 0 AND amount <= proposed", name="amount"),
        Index(None, "month", "agent"),
        Index(None, "at", "id"),
        Index(None, "agent", "at"),
        Index(None, "state", "at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    evidence_id: Mapped[str] = mapped_column(String(420), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    clause: Mapped[str] = mapped_column(String(10))
    policy_version: Mapped[str] = mapped_column(String(40))
    agent: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    month: Mapped[str] = mapped_column(String(7))
    facts: Mapped[dict[str, Any]]
    proposed: Mapped[int]
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    confirmed_by: Mapped[str | None] = mapped_column(String(32))


class LedgerStepRow(Base):
    """Who did what to an entry, when and why; never changed."""

    __tablename__ = "ledger_step"
    __table_args__ = (Index(None, "entry", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[str] = mapped_column(ForeignKey("ledger_entry.id"))
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int]
    by: Mapped[str] = mapped_column(String(32))
    by_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class LedgerMonthRow(Base):
    """A closed month: what the payroll deducts from each agent, in fen, with the checksum of all its entries."""

    __tablename__ = "ledger_month"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    totals: Mapped[dict[str, Any]]
    entries: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime]
    closed_by: Mapped[str] = mapped_column(String(200))
