"""Overtime of a month over HTTP, by the kind of day, for the payroll."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.overtime.hours import Paid
from callcenter.roster.overtime.model import MONTH
from callcenter.roster.overtime.queries import AgentOvertime, OvertimeReading
from callcenter.web.routes import LEADERS, Ask, Routes


class OvertimeReportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    month: str = Field(pattern=MONTH)
    agent: str | None = Field(None, max_length=20)


class PaidTime(BaseModel):
    """Seconds, in all and by the kind of day; null where the centre's calendar does not know a day (`worktime`)."""

    seconds: float
    workday_seconds: float | None
    rest_day_seconds: float | None
    holiday_seconds: float | None

    @classmethod
    def of(cls, paid: Paid) -> PaidTime:
        by_day = paid.by_day
        return cls(
            seconds=paid.seconds,
            workday_seconds=None if by_day is None else by_day.workday,
            rest_day_seconds=None if by_day is None else by_day.rest_day,
            holiday_seconds=None if by_day is None else by_day.holiday,
        )


class AgentOvertimeShape(BaseModel):
    """`planned` on the roster without leave, `signed_in` of that; `ahead` of the `count` are not over yet."""

    agent: str | None
    count: int
    ahead: int
    planned: PaidTime
    signed_in: PaidTime

    @classmethod
    def of(cls, agent: str | None, overtime: AgentOvertime) -> AgentOvertimeShape:
        return cls(
            agent=agent,
            count=overtime.count,
            ahead=overtime.ahead,
            planned=PaidTime.of(overtime.planned),
            signed_in=PaidTime.of(overtime.present),
        )


class OvertimeReport(BaseModel):
    """Approved overtime that begins in the month; `agent` is null in the total."""

    month: str
    items: list[AgentOvertimeShape]
    total: AgentOvertimeShape


def routes(reading: OvertimeReading) -> Routes:
    routes = Routes("roster")

    @routes.get("/reports/overtime", roles=LEADERS)
    async def read_overtime_report(ask: Ask, query: OvertimeReportQuery) -> OvertimeReport:
        """Read the overtime of a month by agent: of working days, days of rest and public holidays."""
        by_agent = await reading.by_agent(query.month, query.agent)
        return OvertimeReport(
            month=query.month,
            items=[AgentOvertimeShape.of(agent, overtime) for agent, overtime in by_agent.items()],
            total=AgentOvertimeShape.of(None, sum(by_agent.values(), AgentOvertime())),
        )

    return routes
