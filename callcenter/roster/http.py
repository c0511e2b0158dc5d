"""Routes of the roster."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.clock import Clock
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import BadRange
from callcenter.roster.model import Gap, Shift, check_to_come, instant_of
from callcenter.roster.service import RosterService
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor


class ShiftChange(BaseModel):
    """Times with an offset, or local times with their IANA `timezone`."""

    agent: AgentNumber = Field(max_length=20)
    line: LineCode = Field(max_length=31)
    starts_at: datetime
    ends_at: datetime
    timezone: str | None = Field(None, max_length=60)

    def shift(self, id: int = 0) -> Shift:
        start, end = instant_of(self.starts_at, self.timezone), instant_of(self.ends_at, self.timezone)
        return Shift(self.agent, self.line, start, end, id)


class ShiftShape(BaseModel):
    id: int
    agent: AgentNumber
    line: LineCode
    starts_at: datetime
    ends_at: datetime
    overtime: bool

    @classmethod
    def of(cls, shift: Shift) -> ShiftShape:
        return cls(
            id=shift.id,
            agent=shift.agent,
            line=shift.line,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            overtime=shift.overtime,
        )


class GapShape(BaseModel):
    starts_at: datetime
    ends_at: datetime
    on_duty: int
    short: int

    @classmethod
    def of(cls, gap: Gap) -> GapShape:
        return cls(starts_at=gap.starts_at, ends_at=gap.ends_at, on_duty=gap.on_duty, short=gap.short)


class DutyShape(BaseModel):
    """Who is on duty by the roster: line code -> agent numbers; `next_change` is the next time that it changes."""

    at: datetime
    duty: dict[str, list[str]]
    next_change: datetime | None


class ShiftQuery(PageQuery):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")
    agent: AgentNumber | None = Field(None, max_length=20)
    line: LineCode | None = Field(None, max_length=31)


class GapQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    line: LineCode = Field(max_length=31)
    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    minimum: int = Field(1, ge=1, le=1000)


class DutyQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime | None = None


LONGEST_RANGE_DAYS = 92


def routes(roster: RosterService, clock: Clock) -> Routes:
    routes = Routes("roster")

    @routes.get("/shifts", roles=ANYONE)
    async def list_shifts(ask: Ask, query: ShiftQuery) -> Page[ShiftShape]:
        """List shifts that overlap the range, by start."""
        after = decode_cursor(query.cursor, tuple[datetime, int]) if query.cursor else None
        shifts = await roster.shifts(query.start, query.end, query.agent, query.line, after, query.limit + 1)
        page = shifts[: query.limit]
        following = encode_cursor(page[-1].starts_at, page[-1].id) if len(shifts) > len(page) else None
        return Page(items=[ShiftShape.of(shift) for shift in page], next=following)

    @routes.post("/shifts", roles=LEADERS, status=201)
    async def add_shift(ask: Ask, body: ShiftChange) -> ShiftShape:
        """Add a shift that is not over yet."""
        shift = check_to_come(body.shift(), clock())
        return ShiftShape.of(await roster.add(shift, ask.require()))

    @routes.get("/shifts/gaps", roles=ANYONE)
    async def list_gaps(ask: Ask, query: GapQuery) -> Page[GapShape]:
        """List periods in which a line has fewer than `minimum` agents (policy D2)."""
        if (query.end - query.start).days > LONGEST_RANGE_DAYS:
            raise BadRange(f"at most {LONGEST_RANGE_DAYS} days at once", days=LONGEST_RANGE_DAYS)
        gaps = await roster.gaps(query.line, query.start, query.end, query.minimum)
        return Page(items=[GapShape.of(gap) for gap in gaps])

    @routes.get("/shifts/{shift:[0-9]+}", roles=ANYONE)
    async def read_shift(ask: Ask, shift: int) -> ShiftShape:
        """Read a shift."""
        return ShiftShape.of(await roster.shift(shift))

    @routes.put("/shifts/{shift:[0-9]+}", roles=LEADERS)
    async def change_shift(ask: Ask, shift: int, body: ShiftChange) -> ShiftShape:
        """Replace a shift by one that is not over yet; calls in progress continue."""
        moved = check_to_come(body.shift(shift), clock())
        changed = await roster.change(moved, ask.require(), lambda current: ask.must_match(ShiftShape.of(current)))
        return ShiftShape.of(changed)

    @routes.delete("/shifts/{shift:[0-9]+}", roles=LEADERS)
    async def remove_shift(ask: Ask, shift: int) -> None:
        """Remove a shift."""
        await roster.remove(shift, ask.require(), lambda current: ask.must_match(ShiftShape.of(current)))

    @routes.get("/duty", roles=ANYONE)
    async def read_duty(ask: Ask, query: DutyQuery) -> DutyShape:
        """Read who is on duty now or at an instant."""
        at = query.at or clock()
        duty = {line: sorted(agents) for line, agents in sorted((await roster.duty(at)).items())}
        return DutyShape(at=at, duty=duty, next_change=await roster.next_change(at))

    return routes
