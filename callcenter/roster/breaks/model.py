"""Decides whether a break may begin, and when a waiting one can (policy D5, D6). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.model import Shift, duty_at

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
    """Why a break waits: the line would keep `left` agents, and has to keep `required`."""

    line: str
    left: int
    required: int


Required = Callable[[str, datetime], int]
"""How many agents a line has to keep at an instant."""


def lack(
    agent: str,
    duty: Mapping[LineCode, AbstractSet[AgentNumber]],
    serving: AbstractSet[str],
    required: Mapping[LineCode, int],
) -> Lack | None:
    """Why this agent cannot go now, None if they can.

    `serving` are the agents who are signed in and not away. Colleagues count on the lines that they are on duty for.
    """
    for line, agents in sorted(duty.items()):
        if agent not in agents:
            continue
        left, least = len((agents & serving) - {agent}), required.get(line, 1)
        if left < least:
            return Lack(line, left, least)
    return None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A break that waits; `length` is its limit."""

    id: str
    agent: str
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
    required: Required,
    now: datetime,
) -> dict[str, datetime | None]:
    """When each waiting break can begin if everything goes by plan, in the order of the queue.

    By plan: breaks end at their limits, agents come with their shifts, and those ahead go first. An agent who is over
    the limit may come back at any time, so nothing is expected of them. None: not within eight hours of
    their shift.
    """
    back = {absent.agent: absent.back_at for absent in gone}
    present = set(serving)
    pending = list(waiting)
    result: dict[str, datetime | None] = {asked.id: None for asked in waiting}
    edges = {edge for shift in shifts for edge in (shift.starts_at, shift.ends_at) if now < edge <= now + HORIZON}
    times = sorted({now, *edges, *(at for at in back.values() if at > now)})
    while times and pending:
        at = times.pop(0)
        present |= {shift.agent for shift in shifts if now < shift.starts_at <= at and shift.agent not in back}
        for agent in [agent for agent, returns in back.items() if now < returns <= at]:
            present.add(agent)
            del back[agent]
        duty = duty_at(shifts, at)
        least = {line: required(line, at) for line in duty}
        for asked in list(pending):
            on_duty = any(asked.agent in agents for agents in duty.values())
            if not on_duty or lack(asked.agent, duty, present, least) is not None:
                continue
            pending.remove(asked)
            result[asked.id] = at
            present.discard(asked.agent)
            back[asked.agent] = at + asked.length
            if at + asked.length <= now + HORIZON:
                times = sorted({*times, at + asked.length})
    return result
