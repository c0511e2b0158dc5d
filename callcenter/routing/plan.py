"""Computes the queue members from roster, presence and skills, and the commands to get there. Pure.

No input concerns a caller, so by construction no caller is served by other agents than the next one on the same line
(policy R11). Asterisk decides which member rings; we only define the members.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.ladder import (
    BEST,
    RUNGS,
    STEP,
    TEAM,
    Skills,
    after_others,
    own_queue,
    penalties,
    queue_beside,
    rungs,
    speakers_only,
    team_penalties,
)
from callcenter.routing.model import Line, Queue

WRAP_UP: Final = "acw"
UNSAID: Final = "other"
NOBODY_LENT: Final[Mapping[QueueCode, Collection[AgentNumber]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DutyAgent:
    """An agent as far as routing is concerned, at this instant.

    `interface` is empty without a phone; `pause` is the reason, empty when not paused; `wrap_up` is after-call work.
    `missed` is whether their phone has just rung in vain: others are rung first.
    `skills` has lower-case tags.
    """

    number: AgentNumber
    interface: str
    skills: Mapping[str, int] = field(default_factory=dict)
    signed_in: bool = True
    pause: str = ""
    wrap_up: bool = False
    missed: bool = False

    @property
    def reason(self) -> str:
        """Why the agent takes no call now; a requested pause outlasts the after-call work."""
        return self.pause or (WRAP_UP if self.wrap_up else "")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an Asterisk queue; `reason` is empty unless paused."""

    queue: str
    interface: str
    agent: AgentNumber
    penalty: int
    paused: bool
    reason: str

    @property
    def key(self) -> tuple[str, str]:
        """The key by which app_queue identifies a member."""
        return self.queue, self.interface


def plan(
    duty: Mapping[LineCode, Collection[AgentNumber]],
    agents: Iterable[DutyAgent],
    lines: Iterable[Line],
    queues: Iterable[Queue],
    team: Collection[AgentNumber] = (),
    lent: Mapping[QueueCode, Collection[AgentNumber]] = NOBODY_LENT,
) -> frozenset[Member]:
    """Return the members that the queues should have, the ladders beside them included.

    Only agents who are on duty and signed in are members at all: a queue without agents is then empty, and the dialplan
    can inform its caller instead of letting them wait (policy R3). A paused member keeps the queue from being empty,
    because that agent comes back. `team` are the agents who take VIP members and key accounts first, `lent` those who
    are lent to a queue without a duty on a line of it.
    """
    people = {agent.number: agent for agent in agents if agent.signed_in and agent.interface}
    known = {queue.code: queue for queue in queues}
    there: dict[QueueCode, dict[AgentNumber, DutyAgent]] = {code: {} for code in known}
    own: set[QueueCode] = set()
    for line in lines:
        if line.own_agent_seconds:
            own.add(line.queue)
        if line.queue in known:
            mine = {number: people[number] for number in duty.get(line.code, ()) if number in people}
            there[line.queue] |= mine
    for queue, visitors in lent.items():
        if queue in known:
            there[queue] |= {number: people[number] for number in visitors if number in people}
    members: dict[tuple[str, str], Member] = {}
    for code, mine in there.items():
        skills = {number: agent.skills for number, agent in mine.items()}
        missed = {number for number, agent in mine.items() if agent.missed}
        for name, penalty_by_agent in _queues(known[code], skills, team, missed, own=code in own):
            for number, penalty in penalty_by_agent.items():
                agent = mine[number]
                member = Member(name, agent.interface, number, penalty, bool(agent.reason), agent.reason)
                members[member.key] = member
    return frozenset(members.values())


def _queues(
    queue: Queue,
    people: Mapping[AgentNumber, Skills],
    team: Collection[AgentNumber],
    missed: Collection[AgentNumber],
    *,
    own: bool,
) -> Iterator[tuple[str, Mapping[AgentNumber, int]]]:
    """The queue and the ladders beside it, each with the penalties of its members by agent."""

    def serves(skills: Skills) -> int | None:
        return penalty_of(skills, queue)

    everyone = {number: serves(skills) for number, skills in people.items()}
    plain = {number: penalty for number, penalty in everyone.items() if penalty is not None}
    yield queue.code, after_others(plain, missed, STEP)
    if own:
        yield from ((own_queue(queue.code, number), {number: 0}) for number in plain)
    for dialect in queue.dialects:
        places = rungs(people, dialect, queue.min_level, serves)
        ladder = penalties(speakers_only(places) if queue.no_speaker == "callback" else places)
        yield queue_beside(queue.code, dialect), after_others(ladder, missed, STEP * RUNGS)
    if team:
        yield queue_beside(queue.code, TEAM), after_others(team_penalties(people, team, serves), missed, STEP * RUNGS)


def penalty_of(skills: Skills, queue: Queue) -> int | None:
    """0 for the best speaker up to 4; None when the agent does not speak what the queue requires (policy R8)."""
    if not queue.skill:
        return 0
    level = skills.get(queue.skill.lower(), 0)
    return BEST - level if level >= queue.min_level else None


@dataclass(frozen=True, slots=True)
class Add:
    member: Member


@dataclass(frozen=True, slots=True)
class Remove:
    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class Pause:
    queue: str
    interface: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unpause:
    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class Penalty:
    queue: str
    interface: str
    penalty: int


Command = Add | Remove | Pause | Unpause | Penalty


def diff(members: Iterable[Member], actual: Iterable[Member]) -> list[Command]:
    """Return the commands that turn `actual` into `wanted`; none when they are equal.

    New members are added and unpaused before any is paused or removed, so that a change of shift never empties a queue
    for an instant, which would throw its callers out. One exception: Asterisk cannot rename a member, so a phone that
    has passed to another agent is removed and added again at once. Two agents on one interface in one queue are one
    member to Asterisk: the last one counts.
    """
    goal = {member.key: member for member in members}
    there = {member.key: member for member in actual}
    keys = sorted(goal.keys() | there.keys())
    coming: list[Command] = [Add(goal[key]) for key in keys if key not in there]
    renamed: list[Command] = []
    opening: list[Command] = []
    penalties: list[Command] = []
    closing: list[Command] = []
    for key in keys:
        if key not in goal or key not in there:
            continue
        new, old = goal[key], there[key]
        if new.agent != old.agent:
            renamed += [Remove(*key), Add(new)]
            continue
        if new.penalty != old.penalty:
            penalties.append(Penalty(*key, new.penalty))
        if old.paused and not new.paused:
            opening.append(Unpause(*key))
        if new.paused and (not old.paused or new.reason != old.reason):
            closing.append(Pause(*key, new.reason or UNSAID))
    leaving: list[Command] = [Remove(*key) for key in keys if key not in goal]
    return [*coming, *opening, *penalties, *renamed, *closing, *leaving]


def apply(commands: Iterable[Command], actual: Iterable[Member]) -> frozenset[Member]:
    """Return the members after the commands, by app_queue's own rules, for tests and dry runs."""
    there = {member.key: member for member in actual}
    for command in commands:
        step(there, command)
    return frozenset(there.values())


def step(there: dict[tuple[str, str], Member], command: Command) -> None:
    """Change `there` as app_queue would."""
    match command:
        case Add(member):
            there.setdefault(member.key, member)
        case Remove(queue, interface):
            there.pop((queue, interface), None)
        case Pause(queue, interface, reason):
            there[queue, interface] = _changed(there[queue, interface], paused=True, reason=reason)
        case Unpause(queue, interface):
            there[queue, interface] = _changed(there[queue, interface], paused=False, reason="")
        case Penalty(queue, interface, penalty):
            there[queue, interface] = _changed(there[queue, interface], penalty=penalty)


def _changed(
    member: Member, *, penalty: int | None = None, paused: bool | None = None, reason: str | None = None
) -> Member:
    return Member(
        member.queue,
        member.interface,
        member.agent,
        member.penalty if penalty is None else penalty,
        member.paused if paused is None else paused,
        member.reason if reason is None else reason,
    )
