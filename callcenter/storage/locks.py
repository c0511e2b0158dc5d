"""Lets one transaction at a time decide on a subject, such as who leaves the desk."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage.database import Database


async def decide_alone(database: Database, session: AsyncSession, lock: int) -> None:
    """Wait until no other transaction holds this lock, and hold it until the end of this one.

    Call it before anything is read that the decision depends on, also by other sessions. SQLite has a single writer,
    but its transaction begins with its first statement and not with `write()`.
    """
    if database.is_sqlite:
        await session.execute(text("SELECT 1"))
    else:
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
