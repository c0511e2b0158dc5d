"""Planned state against present state of each agent at an instant. Pure.

It is the adherence of the report at that instant: in adherence is who is signed in, paused or not, of those on the
roster without leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.agents.model import PresenceState
from callcenter.roster.coverage import Away, merged, without
from callcenter.roster.model import Shift

Change = tuple[datetime, PresenceState]


class PlannedState(StrEnum):
    ON_DUTY = "on_duty"
    LEAVE = "leave"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class AgentAdherence:
    """`in_adherence` is None for who is not expected; `since` is when that began."""

    agent: str
    lines: tuple[str, ...]
    planned: PlannedState
    present: PresenceState
    in_adherence: bool | None
    since: datetime


def adherence_at(
    shifts: Iterable[Shift], away: Iterable[Away], states: Mapping[str, Sequence[Change]], at: datetime
) -> list[AgentAdherence]:
    """The agents who have a shift at the instant, by number; the shifts and states reach back to when these began."""
    given, leaves = list(shifts), list(away)
    agents = sorted({shift.agent for shift in given if shift.covers(at)})
    return [
        _of_agent(agent, [shift for shift in given if shift.agent == agent], leaves, states.get(agent, ()), at)
        for agent in agents
    ]


def _of_agent(
    agent: str, shifts: Sequence[Shift], away: Sequence[Away], changes: Sequence[Change], at: datetime
) -> AgentAdherence:
    past = [change for change in changes if change[0] <= at]
    present = past[-1][1] if past else PresenceState.SIGNED_OUT
    lines = tuple(sorted({shift.line for shift in shifts if shift.covers(at)}))
    planned_since = _began(((shift.starts_at, shift.ends_at) for shift in shifts), at)
    expected_since = _began(((part.starts_at, part.ends_at) for part in without(shifts, away)), at)
    if expected_since is None:
        leave = max(gone.starts_at for gone in away if gone.agent == agent and gone.starts_at <= at < gone.ends_at)
        since = max(leave, planned_since or leave)
        return AgentAdherence(agent, lines, PlannedState.LEAVE, present, None, since)
    here = present is not PresenceState.SIGNED_OUT
    since = max(expected_since, _run_began(past) or expected_since)
    return AgentAdherence(agent, lines, PlannedState.ON_DUTY, present, here, since)


def _began(spans: Iterable[tuple[datetime, datetime]], at: datetime) -> datetime | None:
    return next((begins for begins, ends in merged(spans) if begins <= at < ends), None)


def _run_began(past: Sequence[Change]) -> datetime | None:
    """Since when the agent has been signed in, or out."""
    if not past:
        return None
    out = past[-1][1] is PresenceState.SIGNED_OUT
    began = past[-1][0]
    for since, state in reversed(past):
        if (state is PresenceState.SIGNED_OUT) is not out:
            break
        began = since
    return began
