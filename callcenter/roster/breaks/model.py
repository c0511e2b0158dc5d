"""Decides whether a break may begin, and when a waiting one can (policy D5, D6). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import quarters
from callcenter.roster.model import Shift, duty_at
from callcenter.roster.needs.model import Minimum
from callcenter.roster.staffing.without.model import LineLeft, left_without

HORIZON: Final = timedelta(hours=8)


class BreakState(StrEnum):
    WAITING = "waiting"
    GRANTED = "granted"
    TAKEN = "taken"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class BreakEvent(StrEnum):
    GRANT = "grant"
    TAKE = "take"
    END = "end"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


TRANSITIONS: Final[dict[BreakState, dict[BreakEvent, BreakState]]] = {
    BreakState.WAITING: {
        BreakEvent.GRANT: BreakState.GRANTED,
        BreakEvent.TAKE: BreakState.TAKEN,
        BreakEvent.WITHDRAW: BreakState.WITHDRAWN,
        BreakEvent.LAPSE: BreakState.LAPSED,
    },
    BreakState.GRANTED: {
        BreakEvent.TAKE: BreakState.TAKEN,
        BreakEvent.WITHDRAW: BreakState.WITHDRAWN,
        BreakEvent.LAPSE: BreakState.LAPSED,
    },
    BreakState.TAKEN: {BreakEvent.END: BreakState.ENDED},
    BreakState.ENDED: {},
    BreakState.WITHDRAWN: {},
    BreakState.LAPSED: {},
}
OPEN: Final = (BreakState.WAITING, BreakState.GRANTED, BreakState.TAKEN)
GONE: Final = frozenset({BreakState.GRANTED, BreakState.TAKEN})
"""A granted break counts as begun, so that the next one is not granted on the same colleague."""


def after(state: BreakState, event: BreakEvent) -> BreakState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("break", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a break waits: the line would keep `left` agents, and has to keep `required`.

    With `skill` the two count the agents who have it at `level` or a higher one.
    """

    line: str
    left: int
    required: int
    skill: str | None = None
    level: int | None = None

    def is_last(self, least: int) -> bool:
        """Whether the line would have fewer agents left than any line has to keep."""
        return self.skill is None and self.left < least


def lack(
    agent: AgentNumber,
    duty: Mapping[LineCode, AbstractSet[AgentNumber]],
    serving: AbstractSet[str],
    minimum: Minimum,
    at: datetime,
) -> Lack | None:
    """Why this agent cannot go now, None if they can.

    `serving` are the agents who are signed in and not away. Colleagues count on the lines that they are on duty for. Of
    several reasons it is the gravest: a line without its last agents, then one below its need, then a skill.
    """
    lines = left_without(agent, duty, serving, minimum.needs, minimum.skills, minimum.least, at, minimum.zone)
    known = minimum.skills.get(agent, {})
    reasons = [each for line in lines for each in _lacks(line, known)]
    return min(reasons, key=lambda each: (each.skill is not None, not each.is_last(minimum.least)), default=None)


def _lacks(line: LineLeft, known: Mapping[str, int]) -> Iterator[Lack]:
    if line.agents.short:
        yield Lack(line.line, line.agents.left, line.agents.required)
    for each in line.skills:
        # A skill that the agent does not have is not missed because they go.
        if each.agents.short and known.get(each.skill, 0) >= each.level:
            yield Lack(line.line, each.agents.left, each.agents.required, each.skill, each.level)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A break that waits; `length` is its limit."""

    id: str
    agent: AgentNumber
    length: timedelta


@dataclass(frozen=True, slots=True)
class Gone:
    """An agent on a break until `back_at`."""

    agent: str
    back_at: datetime


def expected_times(
    waiting: Sequence[Waiting],
    gone: Iterable[Gone],
    serving: AbstractSet[str],
    shifts: Sequence[Shift],
    minimum: Minimum,
    now: datetime,
) -> dict[str, datetime | None]:
    """When each waiting break can begin if everything goes by plan, in the order of the queue.

    By plan: breaks end at their limits, agents come with their shifts, needs change by the quarter hour, and those
    ahead go first. An agent who is over
    the limit may come back at any time, so nothing is expected of them. None: not within eight hours of
    their shift.
    """
    back: dict[str, datetime] = {absent.agent: absent.back_at for absent in gone}
    present = set(serving)
    pending = list(waiting)
    result: dict[str, datetime | None] = {asked.id: None for asked in waiting}
    edges = set(quarters(now, now + HORIZON)) if minimum.needs else set()
    edges |= {edge for shift in shifts for edge in (shift.starts_at, shift.ends_at) if now < edge <= now + HORIZON}
    times = sorted({now, *edges, *(at for at in back.values() if at > now)})
    while times and pending:
        at = times.pop(0)
        present |= {shift.agent for shift in shifts if now < shift.starts_at <= at and shift.agent not in back}
        for agent in [agent for agent, returns in back.items() if now < returns <= at]:
            present.add(agent)
            del back[agent]
        duty = duty_at(shifts, at)
        for asked in list(pending):
            on_duty = any(asked.agent in agents for agents in duty.values())
            if not on_duty or lack(asked.agent, duty, present, minimum, at) is not None:
                continue
            pending.remove(asked)
            result[asked.id] = at
            present.discard(asked.agent)
            back[asked.agent] = at + asked.length
            if at + asked.length <= now + HORIZON:
                times = sorted({*times, at + asked.length})
    return result
