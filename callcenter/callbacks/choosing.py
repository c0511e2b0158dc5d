"""Decides who may take a return call: by skills, case owner, key accounts' team and waiting callers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from callcenter.callbacks.blending import Blending, QueueLoad, room_for
from callcenter.callbacks.model import WAITING, Callback
from callcenter.callbacks.timing import CallingHours, allowed


class Why(StrEnum):
    """Why an agent may not take a return call now; shown, so that no return call waits without a reason."""

    NOT_WAITING = "not_waiting"
    NOT_YET = "not_yet"
    QUIET_HOURS = "quiet_hours"
    DO_NOT_CALL = "do_not_call"
    LANGUAGE = "language"
    """The customer needs a dialect that this agent does not speak (R8)."""
    KEPT_FOR_OWNER = "kept_for_owner"
    KEPT_FOR_TEAM = "kept_for_team"
    CALLERS_WAIT = "callers_wait"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who asks for a return call; `skills` has tags in lower case."""

    number: str
    skills: Mapping[str, int] = field(default_factory=dict)
    leads: bool = False
    """Leaders may take, and assign, return calls that are reserved for another agent."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """`owner_first` is how long after its due time a return call is reserved for the agent or team it belongs to."""

    blending: Blending = field(default_factory=Blending)
    owner_first: timedelta = timedelta(minutes=30)
    team: frozenset[str] = frozenset()
    """The agents of key accounts and VIP members; empty: no one in particular."""
    least_level: int = 2
    """The level at which a needed dialect must be spoken, from 1 (a few words) to 5 (native)."""


def why_not(
    item: Callback,
    agent: Candidate,
    now: datetime,
    hours: CallingHours,
    region: str,
    queue: QueueLoad,
    rules: Choosing,
    *,
    barred: bool = False,
) -> Why | None:
    """Why this agent may not take this return call now; None if they may. `barred`: on the do-not-call list."""
    if item.state not in WAITING:
        return Why.NOT_WAITING
    if barred:
        return Why.DO_NOT_CALL
    if now < item.may_from:
        return Why.NOT_YET
    if not allowed(now, item.zones, hours.of(region)):
        return Why.QUIET_HOURS
    if item.language and agent.skills.get(item.language.lower(), 0) < rules.least_level:
        return Why.LANGUAGE
    waiting = now < max(item.due_at, item.may_from) + rules.owner_first and not agent.leads
    if waiting and item.preferred and item.preferred != agent.number:
        return Why.KEPT_FOR_OWNER
    if waiting and not item.preferred and item.standing != "ordinary" and rules.team and agent.number not in rules.team:
        return Why.KEPT_FOR_TEAM
    return None if agent.leads or room_for(item, queue, now, rules.blending) else Why.CALLERS_WAIT
