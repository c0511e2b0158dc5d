"""Defines the storage tables: durable jobs, and intents towards the PBX."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class JobRow(Base):
    """Work that must be done, whatever fails meanwhile; `state` is queued, running, done or dead."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    run_at: Mapped[datetime]
    """Not before this instant; while the job runs, the end of its lease."""
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    worker: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    once: Mapped[str | None] = mapped_column(String(200), unique=True)
    """A name that only one job may ever have, so that queueing it again is idempotent."""


class WriteProbeRow(Base):
    """One row that is written periodically to check whether the database takes writes."""

    __tablename__ = "write_probe"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]


class IntentRow(Base):
    """A command meant for the PBX, noted before it is sent; `state` is noted, done, refused or unknown.

    After a crash, a command that is still `noted` may or may not have been sent: inspecting the PBX settles it, it is
    never replayed blindly. `headers` hold no secrets.
    """

    __tablename__ = "intent"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    action: Mapped[str] = mapped_column(String(64))
    headers: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(String(16), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    settled_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
