"""The handover log and the rule who may leave the post (policy H1, H3, H4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import merged
from callcenter.roster.model import Shift, duty_at
from callcenter.roster.needs.model import Minimum, SkillNeed

RELIEF_WINDOW: Final = timedelta(hours=1)
"""A shift of a colleague on the same line that begins this near to the end of one's own is the relief."""
INSTANT: Final = timedelta(microseconds=1)
OVERSTAY: Final = timedelta(hours=4)
"""So long after its end a shift still needs its handover."""
TEXT_LIMIT: Final = 2000


class HandoverState(StrEnum):
    DRAFT = "draft"
    OFFERED = "offered"
    SIGNED = "signed"
    RELEASED = "released"


class HandoverEvent(StrEnum):
    OFFER = "offer"
    """The outgoing agent has finished writing."""
    SIGN = "sign"
    RELEASE = "release"
    """A leader lets the agent go without a relief, with a reason."""


TRANSITIONS: Final[dict[HandoverState, dict[HandoverEvent, HandoverState]]] = {
    HandoverState.DRAFT: {
        HandoverEvent.OFFER: HandoverState.OFFERED,
        HandoverEvent.RELEASE: HandoverState.RELEASED,
    },
    HandoverState.OFFERED: {
        HandoverEvent.SIGN: HandoverState.SIGNED,
        HandoverEvent.RELEASE: HandoverState.RELEASED,
    },
    HandoverState.SIGNED: {},
    HandoverState.RELEASED: {},
}


def after(state: HandoverState, event: HandoverEvent) -> HandoverState:
    """The state that follows. Raises IllegalTransition."""
    if event not in TRANSITIONS[state]:
        raise IllegalTransition("handover", state.value, event.value, TRANSITIONS[state])
    return TRANSITIONS[state][event]


class HandoverTopic(StrEnum):
    """What the outgoing agent writes in their own words (H3)."""

    EQUIPMENT = "equipment"
    PROBLEM = "problem"
    PEOPLE = "people"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LiveFact:
    """What the centre knows at the moment of the handover; `kind` such as case, return_call, alarm, announcement."""

    kind: str
    ref: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Why an agent has to stay on a line: `relief_not_signed` or `line_unattended`; `relief` are the agents due.

    With `skill` the line would keep too few of those who have it at `level` or a higher one.
    """

    why: str
    line: str
    relief: tuple[str, ...] = ()
    left: int = 0
    required: int = 0
    skill: str | None = None
    level: int | None = None


def own_post(agent: str, shifts: Sequence[Shift], at: datetime) -> list[Shift]:
    """The agent's shifts that need a handover when they leave at an instant.

    Those that are running; after the last one, for some hours, those that ended with it. Who has gone on to another
    line handed the earlier one over then.
    """
    begun = [shift for shift in shifts if shift.agent == agent and shift.starts_at <= at]
    last = max((shift.ends_at for shift in begun), default=at)
    running = [shift for shift in begun if shift.covers(at)]
    if running or at >= last + OVERSTAY:
        return running
    return [shift for shift in begun if shift.ends_at > last - RELIEF_WINDOW]


def tour_began(agent: str, shifts: Sequence[Shift], at: datetime) -> datetime | None:
    """When the agent's present run of shifts that touch or overlap began: a log is one of this run, not of one before.

    None without a shift that has begun.
    """
    spans = merged((shift.starts_at, shift.ends_at) for shift in shifts if shift.agent == agent)
    return max((begins for begins, _ in spans if begins <= at), default=None)


def relief_of(shift: Shift, shifts: Sequence[Shift]) -> list[Shift]:
    """The colleagues' shifts on the same line that begin around the end of this one.

    A colleague who was there before and goes on, such as by an overtime, relieves nobody: as with one long shift.
    """
    return [
        other
        for other in shifts
        if other.line == shift.line
        and other.agent != shift.agent
        and abs(other.starts_at - shift.ends_at) <= RELIEF_WINDOW
        and other.ends_at > shift.ends_at
        and abs(_came(other, shifts) - shift.ends_at) <= RELIEF_WINDOW
    ]


def _came(shift: Shift, shifts: Sequence[Shift]) -> datetime:
    """When the agent of a shift came to its line: their shifts there may touch or overlap."""
    own = merged(
        (each.starts_at, each.ends_at) for each in shifts if (each.agent, each.line) == (shift.agent, shift.line)
    )
    return max(begins for begins, _ in own if begins <= shift.starts_at)


def staying(
    over: Sequence[Shift],
    shifts: Sequence[Shift],
    serving: AbstractSet[str],
    minimum: Minimum,
    at: datetime,
) -> dict[LineCode, set[AgentNumber]]:
    """Who goes on serving a line after the end of their shift, because too few of the relief are there (H1, H4).

    `over` are the shifts that have ended, whose agents are still at their post; `shifts` are all of these hours. Who is
    on duty elsewhere has gone there. A line after whose last shift no one comes needs nobody but what is stated for it.
    Who has a skill that the line needs, and too few of the others have, stays likewise.
    """
    duty = duty_at(shifts, at)
    busy = set[AgentNumber]().union(*duty.values())
    result: dict[LineCode, set[AgentNumber]] = {}
    for shift in over:
        expected = shift.line in duty or bool(relief_of(shift, shifts))
        here = duty.get(shift.line, set()) & serving
        missed = len(here) < minimum.agents(shift.line, at, served=expected)
        if shift.agent not in busy and (missed or _skill_missed(shift, here, minimum, at)):
            result.setdefault(shift.line, set()).add(shift.agent)
    return result


def stays(
    agent: str,
    shifts: Sequence[Shift],
    serving: AbstractSet[str],
    minimum: Minimum,
    at: datetime,
    *,
    signed: AbstractSet[str],
) -> Stay | None:
    """Why the agent has to stay at their post, None if they may sign out.

    `signed` are the lines whose relief has signed the log. `serving` are the agents who are signed in and not away. A
    line without stated needs keeps its least agents as long as the roster has a shift on it.
    """
    duty = duty_at(shifts, at)
    for shift in own_post(agent, shifts, at):
        relief = relief_of(shift, shifts)
        if relief and shift.line not in signed:
            due = tuple(sorted({other.agent for other in relief}))
            return Stay("relief_not_signed", shift.line, due)
        needed = minimum.agents(shift.line, at, served=shift.line in duty)
        left = (duty.get(shift.line, set()) & serving) - {agent}
        if len(left) < needed:
            return Stay("line_unattended", shift.line, (), len(left), needed)
        asked = _skill_missed(shift, left, minimum, at)
        if asked is not None:
            having = minimum.with_skill(asked, left)
            return Stay("line_unattended", shift.line, (), having, asked.agents, asked.skill, asked.level)
    return None


def _skill_missed(shift: Shift, left: AbstractSet[str], minimum: Minimum, at: datetime) -> SkillNeed | None:
    """A skill of the agent of the shift, of which its line would have too few; none of others holds them back."""
    short = minimum.skills_short(shift.line, left, at)
    return next((asked for asked in short if minimum.has(asked, shift.agent)), None)
