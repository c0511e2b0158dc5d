"""Tables of the script and of what customers said: versions, conversations, evaluations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class ScriptVersionRow(Base):
    """One version of a script. A draft changes by compare-and-set on `rev`; a published one never does.

    `sha256` is that of the source when it was published; a source that no longer has it is not used.
    """

    __tablename__ = "script_version"
    __table_args__ = (
        UniqueConstraint("name", "number"),
        CheckConstraint("state IN ('draft', 'published')", name="state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    rev: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(200))


class ScriptSessionRow(Base):
    """The conversation of a return call: the version it follows and the answers so far; `rev` counts the changes."""

    __tablename__ = "script_session"
    item: Mapped[str] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("script_version.id"))
    language: Mapped[str] = mapped_column(String(10))
    context: Mapped[dict[str, str]]
    answers: Mapped[dict[str, Any]]
    finished: Mapped[bool] = mapped_column(default=False)
    rev: Mapped[int] = mapped_column(default=1)
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class EvaluationRow(Base):
    """What a customer said, once per return call; nothing here is changed but the checksum of the archived form."""

    __tablename__ = "evaluation"
    __table_args__ = (
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
        Index(None, "at", "id"),
        Index(None, "case"),
        Index(None, "agent", "at"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    item: Mapped[str] = mapped_column(String(32), unique=True)
    case: Mapped[str] = mapped_column(String(40), default="")
    customer: Mapped[str] = mapped_column(Text, default="")
    customer_id: Mapped[str] = mapped_column(String(32), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    agent: Mapped[str] = mapped_column(String(20), default="")
    call: Mapped[str] = mapped_column(String(180), default="")
    at: Mapped[datetime]
    script: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(10))
    satisfaction: Mapped[int | None]
    solved: Mapped[bool | None]
    problem: Mapped[str] = mapped_column(Text, default="")
    opt_out: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(Text, default="")
    complete: Mapped[bool]
    reopens: Mapped[bool]
    answers: Mapped[list[Any]]
    form_sha256: Mapped[str | None] = mapped_column(String(64))
