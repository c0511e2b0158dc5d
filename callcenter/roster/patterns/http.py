"""Shift patterns over HTTP (D1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from callcenter.roster.patterns.model import CODE_LIMIT, NAME_LIMIT, Pattern, clock_of, minutes_of
from callcenter.roster.patterns.service import Patterns
from callcenter.web.roles import PLANNERS
from callcenter.web.routes import ANYONE, Ask, Page, Routes

Clock = Annotated[str, Field(pattern=r"^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="08:00 to 24:00")]


class ShiftPatternBody(BaseModel):
    """The centre's wall-clock times; an `end` that is not after `start` is on the next day."""

    name: str = Field(min_length=1, max_length=NAME_LIMIT)
    start: Clock
    end: Clock
    active: bool = True


class ShiftPatternShape(ShiftPatternBody):
    """`night`: it covers a time before 05:00; `hours` by the clock."""

    code: str = Field(max_length=CODE_LIMIT)
    night: bool
    hours: float

    @classmethod
    def of(cls, pattern: Pattern) -> ShiftPatternShape:
        return cls(
            code=pattern.code,
            name=pattern.name,
            start=clock_of(pattern.start),
            end=clock_of(pattern.end),
            active=pattern.active,
            night=pattern.night,
            hours=round(pattern.minutes / 60, 2),
        )


def routes(patterns: Patterns) -> Routes:
    routes = Routes("roster")

    @routes.get("/roster/patterns", roles=ANYONE)
    async def list_shift_patterns(ask: Ask) -> Page[ShiftPatternShape]:
        """List the shift patterns, by their start."""
        return Page(items=[ShiftPatternShape.of(pattern) for pattern in await patterns.all()])

    @routes.get("/roster/patterns/{code}", roles=ANYONE)
    async def read_shift_pattern(ask: Ask, code: str) -> ShiftPatternShape:
        """Read a shift pattern."""
        return ShiftPatternShape.of(await patterns.pattern(code))

    @routes.put("/roster/patterns/{code}", roles=PLANNERS)
    async def put_shift_pattern(ask: Ask, code: str, body: ShiftPatternBody) -> ShiftPatternShape:
        """Add or replace a shift pattern; drafts and rosters keep the times that they have."""
        start, end = minutes_of(body.start, body.end)
        pattern = Pattern(code, body.name, start, end, body.active)
        stored = await patterns.put(
            pattern, ask.require(), lambda current: ask.must_match(ShiftPatternShape.of(current))
        )
        return ShiftPatternShape.of(stored)

    return routes
