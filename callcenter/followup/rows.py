"""Tables of the script and of customers' answers: versions, conversations, evaluations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.documents.columns import VersionColumns
from callcenter.facts import CallId, CaseNumber, ReturnCallId
from callcenter.storage.base import Base


class ScriptVersionRow(VersionColumns, Base):
    """A version of a script."""

    __tablename__ = "script_version"


class ScriptSessionRow(Base):
    """The conversation of a return call: the version it follows and the answers so far; `rev` counts the changes."""

    __tablename__ = "script_session"
    item: Mapped[ReturnCallId] = mapped_column(String(32), primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("script_version.id"))
    language: Mapped[str] = mapped_column(String(10))
    context: Mapped[dict[str, str]]
    answers: Mapped[dict[str, Any]]
    finished: Mapped[bool] = mapped_column(default=False)
    rev: Mapped[int] = mapped_column(default=1)
    begun_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class EvaluationRow(Base):
    """A customer's evaluation, one per return call; rewritten only when a conversation that broke off is resumed.

    `form_sha256` is that of the archived form; the archive keeps earlier forms too.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
        Index(None, "at", "id"),
        Index(None, "case"),
        Index(None, "agent", "at"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    item: Mapped[ReturnCallId] = mapped_column(String(32), unique=True)
    case: Mapped[CaseNumber] = mapped_column(String(40), default="")
    customer: Mapped[str] = mapped_column(Text, default="")
    customer_id: Mapped[str] = mapped_column(String(32), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    agent: Mapped[str] = mapped_column(String(20), default="")
    call: Mapped[CallId] = mapped_column(String(180), default="")
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
