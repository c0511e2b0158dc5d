"""The duty managers of the roster over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.clock import Clock
from callcenter.roster.duty_managers.service import DutyManagers
from callcenter.roster.errors import BadRange
from callcenter.web.roles import PERSON_ID
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

USUAL_DAYS = 31
LONGEST_DAYS = 366


class DutyManagerBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person: str = Field(max_length=32, description=f"a supervisor or a manager: {PERSON_ID}")
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class DutyManagerShape(BaseModel):
    """`person` is a person id; the duty holds from `starts_at` until just before `ends_at`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    person: str
    name: str
    starts_at: datetime
    ends_at: datetime


class DutyManagerQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime | None = Field(None, alias="from")
    end: AwareDatetime | None = Field(None, alias="to")


def routes(duties: DutyManagers, clock: Clock) -> Routes:
    routes = Routes("roster")

    @routes.get("/duty-managers", roles=ANYONE)
    async def list_duty_managers(ask: Ask, query: DutyManagerQuery) -> Page[DutyManagerShape]:
        """List duty managers: for a month from now, or in the range."""
        start = query.start or clock()
        end = query.end or start + timedelta(days=USUAL_DAYS)
        if not timedelta() < end - start <= timedelta(days=LONGEST_DAYS):
            detail = f"the range ends after its start and has {LONGEST_DAYS} days at most"
            raise BadRange(detail, days=LONGEST_DAYS)
        return Page(items=[DutyManagerShape.model_validate(duty) for duty in await duties.between(start, end)])

    @routes.post("/duty-managers", roles=LEADERS, status=201)
    async def add_duty_manager(ask: Ask, body: DutyManagerBody) -> DutyManagerShape:
        """Add a duty manager to the roster; one at a time, and only managers may add themselves."""
        duty = await duties.add(body.person, body.starts_at, body.ends_at, ask.require())
        return DutyManagerShape.model_validate(duty)

    @routes.delete("/duty-managers/{id}", roles=LEADERS)
    async def remove_duty_manager(ask: Ask, id: str) -> None:
        """Remove a duty from the roster; one that has begun ends now."""
        await duties.remove(id, ask.require())

    return routes
