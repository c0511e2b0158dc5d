"""Builds INSERT with ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy separates by dialect."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.base import Base

Insert: TypeAlias = sqlite.Insert | postgresql.Insert


def upsert(session: AsyncSession, table: type[Base]) -> Insert:
    """An INSERT for the session's database, to be completed with `.on_conflict_do_update(...)`."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_ignore(session: AsyncSession, table: type[Base]) -> Insert:
    """An INSERT that leaves existing rows unchanged; RETURNING then returns only the new rows."""
    return upsert(session, table).on_conflict_do_nothing()
