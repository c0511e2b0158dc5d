"""Selects the answered calls for samples: final ones, with the talk time of the agent who answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from callcenter.calls.model import Direction, Outcome
from callcenter.calls.rows import CallAgentRow, CallRow
from callcenter.facts import CallId
from callcenter.storage.database import Database


@dataclass(frozen=True, slots=True)
class AnsweredCall:
    id: CallId
    agent: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class AnsweredFilter:
    """`since` is inclusive, `until` exclusive; an empty list means no restriction."""

    since: datetime
    until: datetime
    min_talk_seconds: float = 0
    direction: Direction | None = None
    lines: Sequence[str] = ()
    agents: Sequence[str] = ()


async def answered_calls(database: Database, asked: AnsweredFilter) -> list[AnsweredCall]:
    """Return the calls ordered by id."""
    query = select(CallRow.id, CallRow.agent, CallRow.arrived_at).where(
        CallRow.final,
        CallRow.outcome == Outcome.ANSWERED.value,
        CallRow.agent.is_not(None),
        CallRow.arrived_at >= asked.since,
        CallRow.arrived_at < asked.until,
        # Only the agent's own talk: what a colleague talked after a transfer does not count.
        CallAgentRow.call == CallRow.id,
        CallAgentRow.agent == CallRow.agent,
        CallAgentRow.talk_seconds >= asked.min_talk_seconds,
    )
    if asked.direction is not None:
        query = query.where(CallRow.direction == asked.direction.value)
    if asked.lines:
        query = query.where(CallRow.line.in_(asked.lines))
    if asked.agents:
        query = query.where(CallRow.agent.in_(asked.agents))
    async with database.read() as session:
        rows = await session.execute(query.order_by(CallRow.id))
        return [AnsweredCall(id, agent, arrived_at) for id, agent, arrived_at in rows if agent is not None]
