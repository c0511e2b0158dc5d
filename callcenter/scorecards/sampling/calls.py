"""Finds the calls that match a plan's filter."""

from __future__ import annotations

from datetime import datetime

from callcenter.calls.answered import AnsweredFilter, answered_calls
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.sampling.model import Candidate
from callcenter.scorecards.sampling.plans import PlanDefinition

AT_ONCE = 500


async def candidates_of(
    parts: ScoreParts, plan: PlanDefinition, since: datetime, until: datetime, agent: str | None = None
) -> list[Candidate]:
    """Returns final answered calls of the period, ordered by id; only recorded ones where the plan requires it."""
    agents = plan.agents if agent is None else [agent] if not plan.agents or agent in plan.agents else None
    if agents is None:
        return []
    asked = AnsweredFilter(
        since=since,
        until=until,
        min_talk_seconds=plan.min_talk_seconds,
        direction=plan.direction,
        lines=plan.lines,
        agents=agents,
    )
    calls = [Candidate(call.id, call.agent, call.arrived_at) for call in await answered_calls(parts.database, asked)]
    return await _recorded(parts, calls) if plan.recorded_only else calls


async def _recorded(parts: ScoreParts, calls: list[Candidate]) -> list[Candidate]:
    recorded: list[Candidate] = []
    for start in range(0, len(calls), AT_ONCE):
        part = calls[start : start + AT_ONCE]
        recordings = await parts.recorded([call.call for call in part])
        recorded += [call for call in part if recordings.get(call.call)]
    return recorded
