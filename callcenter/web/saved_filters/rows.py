"""Defines the table of saved filters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class SavedFilterRow(Base):
    """A filter of one list; a person has each name once in a list."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person", "list", "name"), Index(None, "list", "name"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person: Mapped[str] = mapped_column(String(40))
    by_name: Mapped[str] = mapped_column(String(200))
    of_list: Mapped[str] = mapped_column("list", String(20))
    name: Mapped[str] = mapped_column(String(100))
    query: Mapped[dict[str, Any]] = mapped_column(JSON)
    shared_with: Mapped[list[Any]] = mapped_column(JSON)
    at: Mapped[datetime]
