"""What is left of each line, and of each skill that it needs, without one agent (policy D2, D5). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, tzinfo

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.needs.model import Needs, Skills, need_at


@dataclass(frozen=True, slots=True)
class Left:
    """How many agents are at the desk, how many without this one, and how many there have to be."""

    required: int
    before: int
    left: int

    @property
    def short(self) -> int:
        return max(0, self.required - self.left)


@dataclass(frozen=True, slots=True)
class SkillLeft:
    """The same of the agents who have a skill at `level` or a higher one."""

    skill: str
    level: int
    agents: Left


@dataclass(frozen=True, slots=True)
class LineLeft:
    line: LineCode
    agents: Left
    skills: tuple[SkillLeft, ...]


def left_without(
    agent: AgentNumber,
    duty: Mapping[LineCode, AbstractSet[AgentNumber]],
    serving: Collection[str],
    needs: Needs,
    skills: Skills,
    least: int,
    at: datetime,
    zone: tzinfo,
) -> list[LineLeft]:
    """The lines that the agent is on duty for; `serving` are the agents at the desk, `least` stay on every line."""
    result = []
    for line, agents in sorted(duty.items()):
        if agent not in agents:
            continue
        here = {other for other in agents if other in serving}
        need = need_at(needs.get(line, ()), at, zone)
        asked = need.skills if need else ()
        result.append(
            LineLeft(
                line,
                _left(here, agent, max(least, need.agents if need else 0)),
                tuple(
                    SkillLeft(
                        wanting.skill,
                        wanting.level,
                        _left(
                            {other for other in here if wanting.met_by(skills.get(other, {}))}, agent, wanting.agents
                        ),
                    )
                    for wanting in asked
                ),
            )
        )
    return result


def _left(here: AbstractSet[AgentNumber], agent: AgentNumber, required: int) -> Left:
    return Left(required, len(here), len(here - {agent}))
