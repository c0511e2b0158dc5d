"""The timeline of a line over HTTP."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.facts import LineCode
from callcenter.roster.timeline.service import Timelines
from callcenter.web.routes import ANYONE, Ask, Page, Routes


class TimelineQuery(BaseModel):
    """A week at most."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")


class CoverageCounts(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    required: int
    planned: int
    expected: int
    present: int | None
    available: int | None


class CoverageSkill(CoverageCounts):
    """The same numbers of the agents who have a skill at `level` or a higher one."""

    skill: str
    level: int


class CoverageStep(CoverageCounts):
    """Agents at an instant: needed, on the roster, of those not on leave, of those signed in, of those not paused.

    `present` and `available` are null for what is to come; `skills` are those that the line needs then.
    """

    at: datetime
    skills: list[CoverageSkill]


def routes(timelines: Timelines) -> Routes:
    routes = Routes("roster")

    @routes.get("/lines/{code}/coverage", roles=ANYONE)
    async def read_coverage_of_line(ask: Ask, code: LineCode, query: TimelineQuery) -> Page[CoverageStep]:
        """Read how many agents a line needs, has on the roster and has signed in, by quarter hour."""
        steps = await timelines.of(code, query.start, query.end)
        return Page(items=[CoverageStep.model_validate(step) for step in steps])

    return routes
