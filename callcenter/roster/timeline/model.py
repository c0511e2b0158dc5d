"""Needed, planned and present agents of a line, quarter hour by quarter hour (D2, S1). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from callcenter.agents.model import PresenceState
from callcenter.roster.coverage import Away, without
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import QUARTER, Need, SkillNeed, Skills, need_at

States = Mapping[str, Sequence[tuple[datetime, PresenceState]]]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many agents the line needs, has on the roster, has without leave, and has signed in.

    `present` and `available` (neither paused nor signed out) are None for what is to come.
    """

    required: int
    planned: int
    expected: int
    present: int | None
    available: int | None


@dataclass(frozen=True, slots=True)
class SkillCounts(Counts):
    """The same of the agents who have a skill at this level or a higher one."""

    skill: str
    level: int


@dataclass(frozen=True, slots=True)
class Step(Counts):
    """The numbers at an instant; `skills` those of each skill that the line needs then."""

    at: datetime
    skills: tuple[SkillCounts, ...] = ()


def steps(
    shifts: Sequence[Shift],
    away: Iterable[Away],
    needs: Sequence[Need],
    states: States,
    start: datetime,
    end: datetime,
    now: datetime,
    zone: tzinfo,
    skills: Skills | None = None,
) -> Iterator[Step]:
    """The steps from `start` until before `end`; the shifts are those of one line."""
    here, known = without(shifts, away), skills or {}
    at = start
    while at < end:
        planned = {shift.agent for shift in shifts if shift.covers(at)}
        expected = {shift.agent for shift in here if shift.covers(at)}
        seen: dict[str, PresenceState] | None = None
        if at <= now:
            seen = {agent: _state(states.get(agent, ()), at) for agent in expected}
        need = need_at(needs, at, zone)
        numbers = _counts(0 if need is None else need.agents, planned, expected, seen)
        by_skill = tuple(
            SkillCounts(
                *_counts(asked.agents, _with(planned, asked, known), _with(expected, asked, known), seen),
                asked.skill,
                asked.level,
            )
            for asked in (need.skills if need else ())
        )
        yield Step(*numbers, at, by_skill)
        at += QUARTER


def _with(agents: Iterable[str], asked: SkillNeed, skills: Skills) -> set[str]:
    return {agent for agent in agents if asked.met_by(skills.get(agent, {}))}


def _counts(
    required: int, planned: Collection[str], expected: Collection[str], seen: Mapping[str, PresenceState] | None
) -> tuple[int, int, int, int | None, int | None]:
    if seen is None:
        return required, len(planned), len(expected), None, None
    states = [seen[agent] for agent in expected]
    present = sum(state is not PresenceState.SIGNED_OUT for state in states)
    paused = sum(state is PresenceState.PAUSED for state in states)
    return required, len(planned), len(expected), present, present - paused


def _state(changes: Sequence[tuple[datetime, PresenceState]], at: datetime) -> PresenceState:
    return next((state for since, state in reversed(changes) if since <= at), PresenceState.SIGNED_OUT)
