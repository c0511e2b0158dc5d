"""Tables of the privacy room: legal holds, and reports of erasures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CustomerId
from callcenter.storage.base import Base


class LegalHoldRow(Base):
    """A legal hold: nothing of this customer is erased while it is in force; ended, never deleted."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index(None, "customer", "ended_at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer: Mapped[CustomerId] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(80))


class ErasureReportRow(Base):
    """What an erasure did and what it kept, signed; it contains nothing of the person but the id of the empty file."""

    __tablename__ = "erasure_report"
    __table_args__ = (Index(None, "customer", "at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    customer: Mapped[CustomerId] = mapped_column(String(32))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    report: Mapped[dict[str, Any]]
    signature: Mapped[str] = mapped_column(String(64))
