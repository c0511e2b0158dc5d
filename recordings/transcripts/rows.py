"""Tables of transcripts: the state of each, the result of each channel, and every version of the text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId, RecordingId
from callcenter.storage.base import Base
from recordings.transcripts.model import TranscriptState

_STATES = ", ".join(f"'{state}'" for state in TranscriptState)


class TranscriptRow(Base):
    """One recording's transcript; `current` is the number of the version shown, 0 while there is none."""

    __tablename__ = "transcript"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index(None, "call"),
        Index(None, "state", "created_at"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    recording: Mapped[RecordingId] = mapped_column(String(64), unique=True)
    call: Mapped[CallId] = mapped_column(String(180))
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(500), default="")
    tries: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=1)
    """Incremented by each retry: a job of an earlier round does nothing."""
    channels_done: Mapped[int] = mapped_column(default=0)
    channels: Mapped[int] = mapped_column(default=2)
    engine: Mapped[str] = mapped_column(String(60), default="")
    model: Mapped[str] = mapped_column(String(200), default="")
    seconds: Mapped[float] = mapped_column(default=0.0)
    current: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class TranscriptChannelRow(Base):
    """The result of one channel, stored as soon as it is done: a new worker continues with the other one."""

    __tablename__ = "transcript_channel"
    transcript: Mapped[str] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    segments: Mapped[list[Any]]
    engine: Mapped[str] = mapped_column(String(60))
    model: Mapped[str] = mapped_column(String(200))
    done_at: Mapped[datetime]


class TranscriptVersionRow(Base):
    """Version 1 is the engine's and never changes; a correction is a new version with its author's name."""

    __tablename__ = "transcript_version"
    transcript: Mapped[str] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    utterances: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(2000), default="")
