"""Defines the tables of webhooks: the receivers, and every message that was sent or is still to be sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class WebhookRow(Base):
    """An external program that is notified of events; its secrets are stored sealed."""

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    types: Mapped[list[str]]
    """Event types, or prefixes of them with an asterisk: `case.*`."""
    secret: Mapped[str] = mapped_column(Text)
    former_secret: Mapped[str | None] = mapped_column(Text)
    """Also signs, beside the new secret, until the receiver has switched."""
    active: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    disabled_because: Mapped[str] = mapped_column(String(200), default="")


class WebhookDeliveryRow(Base):
    """One message to one receiver."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'failed', 'refused')", name="state"),
        Index(None, "webhook", "at"),
        Index(None, "at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook: Mapped[str] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]
    """The HTTP status of the last attempt."""
    error: Mapped[str] = mapped_column(String(200), default="")
    settled_at: Mapped[datetime | None]
