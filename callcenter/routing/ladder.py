"""The dialect ladder (R8): who takes a caller whose dialect, or whose standing, is known. Pure.

For each dialect of a queue, and for the team of VIP members and key accounts, Asterisk has a queue beside it with the
same members and other penalties: ten for each rung, and within a rung one for each level below the best. A rung opens
by app_queue's own penalty rule (queuerules.conf), so a caller waits in one queue and keeps their place. A rung without
any member on duty is left out, so that no one waits for an agent who is not there.

No rung breaks the ring rule (R1): the last one opens before the last ring that the rule allows begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from callcenter.facts import AgentNumber, QueueCode

STEP: Final = 10
"""Penalties of one rung; the levels of speakers take less."""
BEST: Final = 5
"""The level of a native speaker, who has penalty 0; each lower level adds one."""
RUNGS: Final = 3
"""Exact dialect, same group, everyone who serves the queue."""
TEAM: Final = "vip"
"""The queue beside another one in which the team of VIP members and key accounts comes first."""

OWN: Final = "own-"
"""Before an agent's number: the queue beside another one in which only this agent is rung."""

Skills = Mapping[str, int]
Penalty = Callable[[Skills], int | None]


def queue_beside(queue: QueueCode, ladder: str) -> str:
    """The name of a queue's ladder in Asterisk, for a dialect or `TEAM`."""
    return f"{queue}.{ladder.lower()}"


def own_queue(queue: QueueCode, agent: AgentNumber) -> str:
    """The name of the queue beside a queue in which this agent is rung alone for a caller of theirs."""
    return f"{queue}.{OWN}{agent}"


def base_of(queue: str) -> QueueCode:
    """The queue that a name in Asterisk belongs to; a code has no dot."""
    return QueueCode(queue.partition(".")[0])


def level_of(skills: Skills, tag: str) -> int:
    return skills.get(tag.lower(), 0)


def group_of(dialect: str) -> str:
    """The group of a dialect: xiang of xiang-changsha. A language (zh-CN, en) is its own group."""
    first = dialect.lower().partition("-")[0]
    return first if len(first) > 2 else dialect.lower()


def level_in_group(skills: Skills, dialect: str) -> int:
    """The best level in any dialect of the same group."""
    group = group_of(dialect)
    return max((level for tag, level in skills.items() if group_of(tag) == group), default=0)


def rungs(
    people: Mapping[AgentNumber, Skills], dialect: str, least: int, serves: Penalty
) -> Iterable[tuple[AgentNumber, int, int]]:
    """Yield each agent with their rung and the penalty within it; agents who do not serve the queue are left out.

    `serves` is the queue's own penalty of an agent by skills, None for one who does not serve it.
    """
    for agent, skills in people.items():
        own = serves(skills)
        if (level := level_of(skills, dialect)) >= least:
            yield agent, 0, BEST - level
        elif (level := level_in_group(skills, dialect)) >= least:
            yield agent, 1, BEST - level
        elif own is not None:
            yield agent, 2, own


def speakers_only(places: Iterable[tuple[AgentNumber, int, int]]) -> list[tuple[AgentNumber, int, int]]:
    """The same places, or none where no one speaks the dialect or one of its group: a speaker calls back (R8)."""
    known = list(places)
    return known if any(rung < RUNGS - 1 for _, rung, _ in known) else []


def penalties(places: Iterable[tuple[AgentNumber, int, int]]) -> dict[AgentNumber, int]:
    """The penalties of a queue's members by agent; rungs that no one is on are left out."""
    known = list(places)
    filled = sorted({rung for _, rung, _ in known})
    return {agent: STEP * filled.index(rung) + within for agent, rung, within in known}


def team_penalties(
    people: Mapping[AgentNumber, Skills], team: Collection[AgentNumber], serves: Penalty
) -> dict[AgentNumber, int]:
    """The same for the team of VIP members and key accounts: its members first, then everyone else."""
    known = ((agent, serves(skills)) for agent, skills in people.items())
    return penalties((agent, int(agent not in team), own) for agent, own in known if own is not None)


def after_others(
    penalties_by_agent: Mapping[AgentNumber, int], missed: Collection[AgentNumber], step: int
) -> dict[AgentNumber, int]:
    """The same penalties with agents who have just not answered behind everyone else.

    app_queue would otherwise ring the best speaker again and again (R1, R3). Where no other is there, nothing changes.
    """
    if not set(penalties_by_agent) - set(missed):
        return dict(penalties_by_agent)
    return {
        agent: step + penalty % STEP if agent in missed else penalty for agent, penalty in penalties_by_agent.items()
    }


def own_seconds(seconds: int, ring_limit: int, ring_period: float) -> int:
    """How long an agent may be rung alone: others are rung when the last ring within the limit begins (R1)."""
    return int(min(seconds, (ring_limit - 1) * ring_period))


def openings(
    rung_seconds: int, ring_limit: int, ring_period: float, rungs: int = RUNGS, spent: int = 0
) -> tuple[int, ...]:
    """Seconds of waiting after which the second rung opens, then the third.

    `spent` are those for which the caller's own agent was rung before.

    Each rung has the caller for `rung_seconds`, but the last one opens when the last ring within the limit begins at
    the latest (R1): with three rings of 5 s that is after 10 s.
    """
    latest = max(0.0, (ring_limit - 1) * ring_period - spent)
    steps = range(1, rungs)
    return tuple(int(min(place * rung_seconds, latest * place / (rungs - 1))) for place in steps)
