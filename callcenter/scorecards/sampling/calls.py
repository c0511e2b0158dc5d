"""The calls that a plan's filter lets through."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from callcenter.calls.model import Outcome
from callcenter.calls.rows import CallAgentRow, CallRow
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.sampling.model import Candidate
from callcenter.scorecards.sampling.plans import PlanDefinition

AT_ONCE = 500


async def candidates_of(
    parts: ScoreParts, plan: PlanDefinition, since: datetime, until: datetime, agent: str | None = None
) -> list[Candidate]:
    """Final answered calls within the time, in the order of their ids; only recorded ones where the plan says so."""
    query = select(CallRow.id, CallRow.agent, CallRow.arrived_at).where(
        CallRow.final,
        CallRow.outcome == Outcome.ANSWERED.value,
        CallRow.agent.is_not(None),
        CallRow.arrived_at >= since,
        CallRow.arrived_at < until,
        # The agent's own talk: what a colleague talked after a transfer is not theirs.
        CallAgentRow.call == CallRow.id,
        CallAgentRow.agent == CallRow.agent,
        CallAgentRow.talk_seconds >= plan.min_talk_seconds,
    )
    if plan.direction is not None:
        query = query.where(CallRow.direction == plan.direction.value)
    if plan.lines:
        query = query.where(CallRow.line.in_(plan.lines))
    if plan.agents:
        query = query.where(CallRow.agent.in_(plan.agents))
    if agent is not None:
        query = query.where(CallRow.agent == agent)
    async with parts.database.read() as session:
        found = [Candidate(id, who or "", at) for id, who, at in await session.execute(query.order_by(CallRow.id))]
    return await _recorded(parts, found) if plan.recorded_only else found


async def _recorded(parts: ScoreParts, calls: list[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for start in range(0, len(calls), AT_ONCE):
        part = calls[start : start + AT_ONCE]
        heard = await parts.recorded([one.call for one in part])
        kept += [one for one in part if heard.get(one.call)]
    return kept
