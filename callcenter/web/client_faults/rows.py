"""Defines the table of reported faults."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class ClientFaultRow(Base):
    """The same fault of one build of the pages, counted; not who reported it."""

    __tablename__ = "client_fault"
    __table_args__ = (UniqueConstraint("build", "kind", "page", "detail"), Index(None, "last_at", "id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    build: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    page: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(String(500))
    count: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
