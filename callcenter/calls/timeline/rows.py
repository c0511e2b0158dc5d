"""Defines the table of after-call work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.after_call.model import Kept
from callcenter.storage.base import Base
from callcenter.storage.upsert import insert_ignore


class AgentWrapUpRow(Base):
    """One wrap-up of an agent; no file of the PBX knows it. Without `ended_at` it runs, or its end was not seen."""

    __tablename__ = "agent_wrap_up"

    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime | None]


async def note_wrap_up(session: AsyncSession, agent: str, before: Kept, after: Kept, since: datetime) -> None:
    """Keep the beginning and the end of a wrap-up; `since` is when the agent's present state began."""
    if before.wrap_up_since == after.wrap_up_since:
        return
    if before.wrap_up_since is not None:
        deadline = before.wrap_up_until or since
        ended = (
            update(AgentWrapUpRow)
            .where(AgentWrapUpRow.agent == agent, AgentWrapUpRow.began_at == before.wrap_up_since)
            .values(ended_at=max(before.wrap_up_since, min(since, deadline)))
        )
        await session.execute(ended)
    if after.wrap_up_since is not None:
        row = insert_ignore(session, AgentWrapUpRow)
        await session.execute(row.values(agent=agent, began_at=after.wrap_up_since, ended_at=None))
