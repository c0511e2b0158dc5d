"""Working time over HTTP (S1)."""

from __future__ import annotations

from datetime import date
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from callcenter.calls.reports.work.model import WorkBy, WorkCounts, work_figures
from callcenter.calls.reports.work.service import LONGEST_DAYS, WorkTimes
from callcenter.web.routes import LEADERS, Ask, Routes

LONGEST_BY_HALF_HOUR: Final = 31


class WorkQuery(BaseModel):
    """Whole days of the centre's clock, `last` included; 366 at most, 31 by half hour."""

    model_config = ConfigDict(extra="forbid")

    first: date = Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))
    last: date = Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))
    by: WorkBy = Field(WorkBy.TOTAL, strict=False)
    agent: str | None = Field(None, max_length=20)

    @model_validator(mode="after")
    def _a_period(self) -> Self:
        longest = LONGEST_BY_HALF_HOUR if self.by is WorkBy.HALF_HOUR else LONGEST_DAYS
        if not 0 <= (self.last - self.first).days < longest:
            raise ValueError(f"the period ends after its start and has {longest} days at most")
        return self


class WorkCountsShape(BaseModel):
    """Seconds in each state; `unknown` is time of which nobody knows, and counts in no figure."""

    model_config = ConfigDict(from_attributes=True)

    available: float
    ringing: float
    on_call: float
    wrap_up: float
    paused: float
    unknown: float
    conversations: int
    wrap_ups: int


class WorkGroup(BaseModel):
    """`key` is the start of the half hour, the day, hour, weekday, agent or team; null for agents without a team."""

    key: str | None
    counts: WorkCountsShape
    figures: dict[str, float | None]

    @classmethod
    def of(cls, key: str | None, counts: WorkCounts) -> WorkGroup:
        return cls(key=key, counts=WorkCountsShape.model_validate(counts), figures=work_figures(counts))


class WorkReportShape(BaseModel):
    """`pending_days` are not counted yet and missing in the groups; ask again later."""

    first: date
    last: date
    by: WorkBy
    groups: list[WorkGroup]
    pending_days: list[date]


def routes(times: WorkTimes) -> Routes:
    routes = Routes("reports")

    @routes.get("/reports/work", roles=LEADERS)
    async def read_work_report(ask: Ask, query: WorkQuery) -> WorkReportShape:
        """Read occupancy, utilisation, handling time and wrap-up of whole days, by clock, agent or team."""
        report = await times.report(query.first, query.last, query.by, query.agent)
        return WorkReportShape(
            first=query.first,
            last=query.last,
            by=query.by,
            groups=[WorkGroup.of(key, counts) for key, counts in report.groups],
            pending_days=list(report.pending),
        )

    return routes
