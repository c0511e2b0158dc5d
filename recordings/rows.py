"""Tables of recordings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.storage.base import Base


class RecordingRow(Base):
    """One recording. The row holds the wrapped data key: without this row a copy of the vault is noise."""

    __tablename__ = "recording"
    __table_args__ = (
        CheckConstraint("state IN ('kept', 'erased')", name="state"),
        CheckConstraint("(state = 'kept') = (wrapped_key IS NOT NULL)", name="erased_has_no_key"),
        Index(None, "began_at", "id"),
        Index(None, "state", "retain_until"),
    )

    id: Mapped[RecordingId] = mapped_column(String(32), primary_key=True)
    call: Mapped[CallId] = mapped_column(String(180), index=True)
    pbx: Mapped[str] = mapped_column(String(20))
    linkedid: Mapped[str] = mapped_column(String(150))
    kind: Mapped[str] = mapped_column(String(10))
    line: Mapped[str] = mapped_column(String(40))
    agent: Mapped[str] = mapped_column(String(400))
    number: Mapped[str] = mapped_column(String(40), index=True)
    """The customer's number as stored in files (E.164); empty when withheld, and after an erasure."""
    began_at: Mapped[datetime]
    seconds: Mapped[float]
    format: Mapped[str] = mapped_column(String(10))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(60), index=True)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    peaks: Mapped[list[Any] | None]
    problem: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    kept_at: Mapped[datetime]
    retain_until: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    erased_reason: Mapped[str] = mapped_column(String(200))


class RecordingHoldRow(Base):
    """A case needs the recordings of a call; `until` is None while the case is open."""

    __tablename__ = "recording_hold"

    case: Mapped[CaseNumber] = mapped_column(String(60), primary_key=True)
    call: Mapped[CallId] = mapped_column(String(180), primary_key=True, index=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    serial: Mapped[int] = mapped_column(default=0)
    """Serial of the case's decision; an earlier one that arrives late changes nothing."""


class CaptureRow(Base):
    """User actions on the recording of a live call; a stored pause deadline survives a restart."""

    __tablename__ = "recording_capture"
    __table_args__ = (CheckConstraint("state IN ('running', 'paused', 'stopped')", name="state"),)

    call: Mapped[CallId] = mapped_column(String(180), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    resume_at: Mapped[datetime | None] = mapped_column(index=True)
    changed_by: Mapped[str] = mapped_column(String(120))
    changed_at: Mapped[datetime]
