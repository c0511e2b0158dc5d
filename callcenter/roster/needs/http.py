"""Needs, shortages and substitutes over HTTP (D2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.roster.effects import Effects
from callcenter.roster.needs.model import DAY, MOST_SKILLS, Need, SkillNeed
from callcenter.roster.needs.service import NeedService
from callcenter.roster.shapes import ShortageShape, StrainShape
from callcenter.roster.substitutes.service import Substitutes
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

CLOCK = r"^(?:(?:[01][0-9]|2[0-3]):(?:00|15|30|45)|24:00)$"
LocalTime = Annotated[str, Field(pattern=CLOCK, description="a quarter hour of the centre's day, 00:00 to 24:00")]


class SkillNeedShape(BaseModel):
    """`agents` of those on duty have this language or dialect at `level` (1 to 5) or a higher one."""

    model_config = ConfigDict(from_attributes=True)

    skill: str = Field(min_length=1, max_length=40)
    level: int = Field(1, ge=1, le=5)
    agents: int = Field(1, ge=1, le=1000)


class NeedShape(BaseModel):
    """At least `agents` from `start` until just before `end`; weekday 1 is Monday, 7 is Sunday.

    `skills`: how many of them have a skill; one agent may count for several.
    """

    weekday: int = Field(ge=1, le=7)
    start: LocalTime
    end: LocalTime
    agents: int = Field(ge=0, le=1000)
    skills: list[SkillNeedShape] = Field(default_factory=list, max_length=MOST_SKILLS)

    @classmethod
    def of(cls, need: Need) -> NeedShape:
        return cls(
            weekday=need.weekday + 1,
            start=_clock(need.start),
            end=_clock(need.end),
            agents=need.agents,
            skills=[SkillNeedShape.model_validate(asked) for asked in need.skills],
        )

    def need(self) -> Need:
        skills = tuple(SkillNeed(asked.skill, asked.level, asked.agents) for asked in self.skills)
        return Need(self.weekday - 1, _minute(self.start), _minute(self.end), self.agents, skills)


class LineNeeds(BaseModel):
    """How many agents a line needs at least in a week; at other times it needs none."""

    needs: list[NeedShape] = Field(max_length=7 * DAY // 15)

    @classmethod
    def of(cls, needs: Sequence[Need]) -> LineNeeds:
        return cls(needs=[NeedShape.of(need) for need in needs])


class ShortageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")


class SubstituteShape(BaseModel):
    """An agent who is free at the time of a shift, with what decides the rank.

    `breaks`: the limits of their hours that it would break; `line_shifts`: their shifts on this line in the last four
    weeks; `week_hours`: their hours in that week without it; `level`: of the skill that the line requires, if any;
    `rest_hours`: the shorter of the rests before and after it, null beyond two days; `fills`: the skills that the
    line lacks at that time without the shift and that they have.
    """

    model_config = ConfigDict(from_attributes=True)

    agent: str
    name: str
    breaks: list[StrainShape]
    line_shifts: int
    week_hours: float
    level: int | None
    rest_hours: float | None
    fills: list[str]


def routes(needs: NeedService, effects: Effects, substitutes: Substitutes) -> Routes:
    routes = Routes("roster")

    @routes.get("/lines/{code}/needs", roles=ANYONE)
    async def read_needs_of_line(ask: Ask, code: str) -> LineNeeds:
        """Read how many agents a line needs at least, by weekday and time."""
        return LineNeeds.of(await needs.of_line(code))

    @routes.put("/lines/{code}/needs", roles=LEADERS)
    async def change_needs_of_line(ask: Ask, code: str, body: LineNeeds) -> LineNeeds:
        """Replace a line's needs."""
        given = [need.need() for need in body.needs]
        await needs.replace(code, given, ask.require(), lambda stored: ask.must_match(LineNeeds.of(stored)))
        return LineNeeds.of(await needs.of_line(code))

    @routes.get("/shifts/shortages", roles=ANYONE)
    async def list_shortages(ask: Ask, query: ShortageQuery) -> Page[ShortageShape]:
        """List where the roster, without agents on leave, has fewer agents than the lines need (D2)."""
        shortages = await effects.shortages(query.start, query.end)
        return Page(items=[ShortageShape.model_validate(shortage) for shortage in shortages])

    @routes.get("/shifts/{shift:[0-9]+}/substitutes", roles=LEADERS)
    async def list_substitutes(ask: Ask, shift: int) -> Page[SubstituteShape]:
        """List who can take a shift, the best first, each with what decides the rank."""
        return Page(items=[SubstituteShape.model_validate(free) for free in await substitutes.of(shift)])

    return routes


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
