"""Defines the table of drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class DraftRow(Base):
    """One draft of one person; the key names what it is about, such as a call's id."""

    __tablename__ = "draft"
    __table_args__ = (Index(None, "at"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(180), primary_key=True)
    value: Mapped[dict[str, Any]]
    at: Mapped[datetime]
