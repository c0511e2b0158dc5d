"""Defines the tables of sign-in with OpenID Connect."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class OidcLinkRow(Base):
    """A person's account at the provider; without a subject, an administrator's permission for the first sign-in."""

    __tablename__ = "oidc_link"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str | None] = mapped_column(String(255))
    allowed_at: Mapped[datetime]
    linked_at: Mapped[datetime | None]


class OidcUsedRow(Base):
    """An answer of the provider that a browser has presented, by the SHA-256 of its state: it is valid once."""

    __tablename__ = "oidc_used"

    state_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
