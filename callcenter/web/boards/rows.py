"""Defines the tables of boards and of their screens' tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base


class BoardRow(Base):
    """What a screen on the wall shows."""

    __tablename__ = "board"

    code: Mapped[str] = mapped_column(String(31), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    lines: Mapped[list[Any]] = mapped_column(JSON)
    parts: Mapped[list[Any]] = mapped_column(JSON)
    turn_seconds: Mapped[int]


class ScreenTokenRow(Base):
    """The token of a screen, by its SHA-256; revoked tokens stay as a record, also after their board is deleted."""

    __tablename__ = "screen_token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    board: Mapped[str] = mapped_column(String(31), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(64))
    owner: Mapped[str] = mapped_column(String(32))
    """The person with whom the token ends."""
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
