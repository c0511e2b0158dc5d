"""The table of courtesy check results per transcript; the flags themselves belong to the package flags."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import CallId
from callcenter.storage.base import Base


class CourtesyCheckRow(Base):
    """The newest check of one transcript; checking a later version replaces it."""

    __tablename__ = "courtesy_check"
    __table_args__ = (Index(None, "call"),)
    transcript: Mapped[str] = mapped_column(ForeignKey("transcript.id", ondelete="CASCADE"), primary_key=True)
    call: Mapped[CallId] = mapped_column(String(180))
    version: Mapped[int]
    word_list: Mapped[str] = mapped_column(String(80))
    findings: Mapped[list[Any]]
    checked_at: Mapped[datetime]
