"""What one agent away from the desk does, over HTTP: read before a yes to a meal or a meeting."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.staffing.http import StaffingOutcome
from callcenter.roster.staffing.without.model import Left
from callcenter.roster.staffing.without.service import LineEffect, Without
from callcenter.web.roles import AGENT_NUMBER
from callcenter.web.routes import LEADERS, Ask, Page, Routes


class WithoutQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: str = Field(max_length=20, description=AGENT_NUMBER)


class SkillWithout(BaseModel):
    """Of the agents who have the skill at `level` or a higher one: needed, at the desk, and left without this agent."""

    skill: str
    level: int
    required: int
    before: int
    left: int
    short: int


class LineWithout(BaseModel):
    """A line that the agent is on duty for; `calls` are those expected in this half hour, null without a forecast.

    `with_agent` and `without_agent` are the service level and the waits to expect (Erlang C); how many callers ask for
    a skill is not known, so skills have counts alone.
    """

    line: str
    required: int
    before: int
    left: int
    short: int
    skills: list[SkillWithout]
    calls: float | None
    handling_seconds: float | None
    with_agent: StaffingOutcome | None
    without_agent: StaffingOutcome | None

    @classmethod
    def of(cls, effect: LineEffect) -> LineWithout:
        return cls(
            line=effect.left.line,
            **_counts(effect.left.agents),
            skills=[
                SkillWithout(skill=each.skill, level=each.level, **_counts(each.agents)) for each in effect.left.skills
            ],
            calls=None if effect.load is None else round(effect.load.calls, 2),
            handling_seconds=None if effect.load is None else round(effect.load.handling, 1),
            with_agent=None if effect.before is None else StaffingOutcome.of(effect.before),
            without_agent=None if effect.after is None else StaffingOutcome.of(effect.after),
        )


def _counts(left: Left) -> dict[str, int]:
    return {"required": left.required, "before": left.before, "left": left.left, "short": left.short}


def routes(without: Without) -> Routes:
    routes = Routes("roster")

    @routes.get("/staffing/without", roles=LEADERS)
    async def read_staffing_without(ask: Ask, query: WithoutQuery) -> Page[LineWithout]:
        """Read what it does now when an agent leaves the desk: agents and skills left, service level to expect."""
        return Page(items=[LineWithout.of(effect) for effect in await without.of(query.agent)])

    return routes
