"""Adherence over HTTP."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.roster.adherence.model import Adherence
from callcenter.roster.adherence.service import AdherenceReports
from callcenter.web.routes import LEADERS, Ask, Routes


class AdherenceQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    line: str | None = Field(None, max_length=31)


class AgentAdherence(BaseModel):
    """`agent` is null in the total; shares are null without planned time.

    `adherence`: signed in, of the planned time without leave; `shrinkage`: on leave, signed out or paused, of all
    planned time. Overtime without leave is part of the planned time, and its time signed in of the present time.
    `stayed_seconds`: signed in after the end of a shift, which is part of neither.
    """

    agent: str | None
    planned_seconds: float
    leave_seconds: float
    present_seconds: float
    paused_seconds: float
    overtime_seconds: float
    overtime_present_seconds: float
    stayed_seconds: float
    adherence: float | None
    shrinkage: float | None

    @classmethod
    def of(cls, agent: str | None, seconds: Adherence) -> AgentAdherence:
        return cls(
            agent=agent,
            planned_seconds=seconds.planned,
            leave_seconds=seconds.leave,
            present_seconds=seconds.present,
            paused_seconds=seconds.paused,
            overtime_seconds=seconds.overtime,
            overtime_present_seconds=seconds.overtime_present,
            stayed_seconds=seconds.stayed,
            adherence=None if seconds.adherence is None else round(seconds.adherence, 4),
            shrinkage=None if seconds.shrinkage is None else round(seconds.shrinkage, 4),
        )


class AdherenceReport(BaseModel):
    items: list[AgentAdherence]
    total: AgentAdherence


def routes(reports: AdherenceReports) -> Routes:
    routes = Routes("roster")

    @routes.get("/reports/adherence", roles=LEADERS)
    async def read_adherence(ask: Ask, query: AdherenceQuery) -> AdherenceReport:
        """Read how far agents were where the roster had them, and how much of the planned time was lost."""
        by_agent = await reports.of(query.start, query.end, query.line)
        return AdherenceReport(
            items=[AgentAdherence.of(agent, seconds) for agent, seconds in by_agent.items()],
            total=AgentAdherence.of(None, sum(by_agent.values(), Adherence())),
        )

    return routes
