"""Tables of the announcements: what was published, and who read it when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class AnnouncementRow(Base):
    """Published once and never changed, except for `over_at`: when it was withdrawn or replaced."""

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("kind IN ('news', 'change', 'promotion')", name="kind"),
        Index(None, "over_at", "valid_from"),
        Index(None, "published_at", "id"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    must_read: Mapped[bool]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    roles: Mapped[list[str]]
    agents: Mapped[list[str]]
    replaces: Mapped[str | None] = mapped_column(ForeignKey("announcement.id"))
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(String(32))
    published_by_name: Mapped[str] = mapped_column(String(200))
    over_at: Mapped[datetime | None]
    over_reason: Mapped[str] = mapped_column(String(500), default="")


class AnnouncementReadRow(Base):
    """A user's confirmation that they have read it; the first time counts."""

    __tablename__ = "announcement_read"

    announcement: Mapped[str] = mapped_column(ForeignKey("announcement.id"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime]
