"""Finds the times at which a line had nobody at the desk because of a meal (policy D5, D7). Pure.

An agent is away from the desk while signed out or on a meal or a break; a pause for other work is at the desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from callcenter.agents.model import PresenceState
from callcenter.facts import AgentNumber
from callcenter.roster.attendance.model import MINUTE, Finding, FindingKind
from callcenter.roster.model import Shift

MEAL: Final = "meal"
AWAY: Final = frozenset({MEAL, "break"})
SHORTEST: Final = timedelta(minutes=2)
"""A shorter time is the way from one to the other."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A presence that begins."""

    at: datetime
    state: PresenceState
    reason: str


@dataclass(slots=True)
class _Spell:
    start: datetime
    end: datetime
    agents: set[AgentNumber]


def empty_mealtimes(
    shifts: Iterable[Shift], states: Mapping[AgentNumber, Sequence[Seen]], since: datetime, now: datetime
) -> list[Finding]:
    """One finding for each agent on duty, per line and spell; `shifts` are without leave, `states` in order of time."""
    by_line: dict[str, list[Shift]] = {}
    for shift in shifts:
        by_line.setdefault(shift.line, []).append(shift)
    return [
        _finding(line, agent, spell, now)
        for line, on_line in sorted(by_line.items())
        for spell in _spells(on_line, states, since, now)
        # What had begun before the look back has its finding from an earlier look.
        if spell.end - spell.start >= SHORTEST and spell.start > since
        for agent in sorted(spell.agents)
    ]


def _spells(
    shifts: Sequence[Shift], states: Mapping[AgentNumber, Sequence[Seen]], since: datetime, now: datetime
) -> list[_Spell]:
    edges = {since, now}
    for shift in shifts:
        edges |= {shift.starts_at, shift.ends_at, *(seen.at for seen in states.get(shift.agent, ()))}
    spells: list[_Spell] = []
    for start, end in pairwise(sorted(edge for edge in edges if since <= edge <= now)):
        agents = {shift.agent for shift in shifts if shift.starts_at <= start < shift.ends_at}
        if not _is_empty([_at(states.get(agent, ()), start) for agent in agents]):
            continue
        if spells and spells[-1].end == start:
            spells[-1].end = end
            spells[-1].agents |= agents
        else:
            spells.append(_Spell(start, end, agents))
    return spells


def _is_empty(seen: Sequence[Seen | None]) -> bool:
    """All are away, and at least one of them is at a meal."""
    away = [each is None or each.state is PresenceState.SIGNED_OUT or _resting(each) for each in seen]
    meal = any(each is not None and _resting(each) and each.reason == MEAL for each in seen)
    return meal and all(away)


def _resting(seen: Seen) -> bool:
    return seen.state is PresenceState.PAUSED and seen.reason in AWAY


def _at(states: Sequence[Seen], at: datetime) -> Seen | None:
    return next((seen for seen in reversed(states) if seen.at <= at), None)


def _finding(line: str, agent: AgentNumber, spell: _Spell, now: datetime) -> Finding:
    return Finding(
        id=f"meal:{agent}:{line}:{spell.start.isoformat()}",
        kind=FindingKind.MEALTIME,
        agent=agent,
        lines=(line,),
        shift_from=spell.start,
        shift_until=spell.end,
        at=spell.start,
        until=None if spell.end == now else spell.end,
        minutes=(spell.end - spell.start) // MINUTE,
    )
