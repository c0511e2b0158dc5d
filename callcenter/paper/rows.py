"""Tables of the forms: archived forms, and print runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber
from callcenter.storage.base import Base


class ArchivedFormRow(Base):
    """A form as it was archived, pinned by the checksum of its PDF; rows are added and never changed.

    `once` names the occasion, so that a repeated job archives once; a case archived again has a new occasion.
    """

    __tablename__ = "archived_form"
    __table_args__ = (Index(None, "subject", "at"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200))
    once: Mapped[str] = mapped_column(String(300), unique=True)


class PrintRunRow(Base):
    """Many forms printed into one file; `refused` lists those that could not be printed, and why."""

    __tablename__ = "print_run"
    __table_args__ = (CheckConstraint("state IN ('queued', 'printing', 'done', 'failed')", name="state"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    subjects: Mapped[list[str]]
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    refused: Mapped[list[Any]]
    by_id: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(String(200))
    by_name: Mapped[str] = mapped_column(String(200))
    by_roles: Mapped[list[str]]
    by_agent: Mapped[AgentNumber | None] = mapped_column(String(20))
    """The requester's rights at the time of the request: the forms show what this person may see."""
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
