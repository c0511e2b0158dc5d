"""How many agents a line needs at least, by weekday and local time (policy D2). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from callcenter.agents.errors import BadSkill
from callcenter.agents.model import check_skills
from callcenter.roster.errors import BadNeeds

QUARTER: Final = timedelta(minutes=15)
"""Every offset from UTC is a whole number of quarter hours, so local quarter hours begin on quarter hours of UTC."""
MINUTES: Final = 15
DAY: Final = 24 * 60
MOST: Final = 1000


MOST_SKILLS: Final = 20
Skills = Mapping[str, Mapping[str, int]]
"""The levels of the skills of each agent, by number."""


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """`agents` of those on duty have a language or dialect at this level or a higher one."""

    skill: str
    level: int
    agents: int

    def met_by(self, levels: Mapping[str, int]) -> bool:
        return levels.get(self.skill, 0) >= self.level


@dataclass(frozen=True, slots=True)
class Need:
    """At least `agents` from minute `start` until just before minute `end` of a local day; weekday 0 is Monday.

    `skills` states how many of them have a skill; one agent may count for several skills.
    """

    weekday: int
    start: int
    end: int
    agents: int
    skills: tuple[SkillNeed, ...] = ()


Needs = Mapping[str, Sequence[Need]]
"""The needs of each line, by its code."""


def check_week(needs: Sequence[Need]) -> list[Need]:
    """Return the needs of one line in order; raises BadNeeds for one off the quarter hour and for two that overlap."""
    for need in needs:
        whole = need.start % MINUTES == 0 and need.end % MINUTES == 0
        if not (whole and 0 <= need.start < need.end <= DAY and 0 <= need.weekday <= 6 and 0 <= need.agents <= MOST):
            raise BadNeeds("a need has a weekday, whole quarter hours of a day and a number of agents", fault="range")
    checked = [replace(need, skills=_check_skills(need)) for need in needs]
    ordered = sorted(checked, key=lambda need: (need.weekday, need.start))
    for earlier, later in pairwise(ordered):
        if earlier.weekday == later.weekday and later.start < earlier.end:
            raise BadNeeds("two needs overlap", fault="overlap", weekday=later.weekday + 1)
    return ordered


def _check_skills(need: Need) -> tuple[SkillNeed, ...]:
    """The skills with their tags in lower case, in order."""
    result = []
    for asked in need.skills:
        try:
            ((tag, level),) = check_skills({asked.skill: asked.level}).items()
        except BadSkill as error:
            raise BadNeeds("not a skill with a level from 1 to 5", fault="skill", skill=asked.skill[:40]) from error
        if not 1 <= asked.agents <= need.agents:
            raise BadNeeds("more agents with a skill than agents", fault="skill_agents", skill=tag, agents=need.agents)
        result.append(SkillNeed(tag, level, asked.agents))
    places = {(asked.skill, asked.level) for asked in result}
    if len(places) < len(result) or len(result) > MOST_SKILLS:
        raise BadNeeds("a skill is stated twice", fault="skill_twice", most=MOST_SKILLS)
    return tuple(sorted(result, key=lambda asked: (asked.skill, asked.level)))


def need_at(needs: Sequence[Need], at: datetime, zone: tzinfo) -> Need | None:
    """The need of a line at an instant; None where nothing is stated."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    same_day = (need for need in needs if need.weekday == local.weekday())
    return next((need for need in same_day if need.start <= minute < need.end), None)


def quarters_of(needs: Sequence[Need]) -> list[Need | None]:
    """The need of each quarter hour of a local week, from Monday: for who asks for many instants."""
    table: list[Need | None] = [None] * (7 * DAY // MINUTES)
    for need in needs:
        for minute in range(need.start, need.end, MINUTES):
            table[(need.weekday * DAY + minute) // MINUTES] = need
    return table


def quarter_of(at: datetime, zone: tzinfo) -> int:
    """The place of an instant in `quarters_of`."""
    local = at.astimezone(zone)
    return (local.weekday() * DAY + local.hour * 60 + local.minute) // MINUTES


def required_at(needs: Sequence[Need], at: datetime, zone: tzinfo) -> int:
    """How many agents a line needs at an instant; 0 where nothing is stated."""
    need = need_at(needs, at, zone)
    return 0 if need is None else need.agents


@dataclass(frozen=True, slots=True)
class Minimum:
    """What every line has to keep; a line without stated needs keeps `least` agents while it is served."""

    needs: Needs
    skills: Skills
    least: int
    zone: tzinfo

    def agents(self, line: str, at: datetime, *, served: bool) -> int:
        """How many agents a line needs at an instant."""
        if line in self.needs:
            return required_at(self.needs[line], at, self.zone)
        return self.least if served else 0

    def skills_short(self, line: str, agents: Collection[str], at: datetime) -> list[SkillNeed]:
        """The skills of which too few of these agents have enough, in the order of the need."""
        need = need_at(self.needs.get(line, ()), at, self.zone)
        return [asked for asked in (need.skills if need else ()) if self.with_skill(asked, agents) < asked.agents]

    def with_skill(self, asked: SkillNeed, agents: Collection[str]) -> int:
        return sum(self.has(asked, agent) for agent in agents)

    def has(self, asked: SkillNeed, agent: str) -> bool:
        return asked.met_by(self.skills.get(agent, {}))


def skills_in(needs: Sequence[Need]) -> list[tuple[str, int]]:
    """The skills and levels that any need of a line states, in order."""
    return sorted({(asked.skill, asked.level) for need in needs for asked in need.skills})
