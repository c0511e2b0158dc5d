"""Table of shift patterns."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base, Versioned


class PatternRow(Versioned, Base):
    """A shift pattern; minutes of the centre's local day, an end after 1440 is on the next day."""

    __tablename__ = "roster_pattern"
    __table_args__ = (CheckConstraint("ends_minute > starts_minute", name="ends_after_start"),)

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    starts_minute: Mapped[int]
    ends_minute: Mapped[int]
    active: Mapped[bool]
