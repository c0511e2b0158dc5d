"""Defines the web tables: people, their sessions, programs' tokens, the audit chain, stored answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.facts import AgentNumber
from callcenter.storage.base import Base, Versioned


class PersonRow(Versioned, Base):
    """A person who may sign in; people are deactivated and never deleted, because the audit names them."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]]
    agent: Mapped[AgentNumber | None] = mapped_column(String(20), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Someone else has set the password."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class SessionRow(Base):
    """A signed-in browser; only the browser has the token itself, this row has its SHA-256."""

    __tablename__ = "web_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(300))
    language: Mapped[str | None] = mapped_column(String(10))
    """The person's language, a tag of the catalogue; null if none was given."""
    seen_at: Mapped[datetime | None]
    """When it was last used, to within a minute."""


class KnownDeviceRow(Base):
    """A browser that has signed a person in; others' wrong attempts do not delay it. Has its token's SHA-256."""

    __tablename__ = "known_device"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)


class SecondFactorRow(Base):
    """A person's device for codes; the secret is sealed, recovery codes are stored by their SHA-256."""

    __tablename__ = "second_factor"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    """Empty until the first code was verified."""
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The time step of the last code that was used: a code is valid once (RFC 6238, 5.2)."""
    recovery: Mapped[list[str]]


class SignInPolicyRow(Base):
    """One row: what the centre requires for sign-in."""

    __tablename__ = "sign_in_policy"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    totp_roles: Mapped[list[str]]


class TokenRow(Base):
    """A program's bearer token, by its SHA-256; revoked tokens stay as a record."""

    __tablename__ = "access_token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    roles: Mapped[list[str]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str | None] = mapped_column(String(32))
    """The person with whom the token ends."""
    scopes: Mapped[list[str] | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditRow(Base):
    """One action; `hash` covers the row and the previous hash, so a changed or missing row is detected."""

    __tablename__ = "audit"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(200), index=True)
    address: Mapped[str] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Text)
    """JSON as text, byte for byte what was hashed."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class KeptAnswerRow(Base):
    """The answer stored for an Idempotency-Key; `status` is NULL while the first request runs."""

    __tablename__ = "kept_answer"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
