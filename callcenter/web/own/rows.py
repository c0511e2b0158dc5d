"""Defines the table of personal settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class OwnSettingsRow(Base):
    """The settings of one person's pages."""

    __tablename__ = "own_settings"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    value: Mapped[dict[str, Any]]
    at: Mapped[datetime]
