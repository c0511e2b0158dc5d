"""Equal service over HTTP (R11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from callcenter.calls.reports.equal_service.model import CallerGroup, Served, mean_wait
from callcenter.calls.reports.equal_service.queries import EqualService
from callcenter.calls.reports.queries import ReportFilter
from callcenter.kit.proportions import share
from callcenter.web.routes import LEADERS, Ask, Routes

LONGEST = timedelta(days=92)


class EqualServiceQuery(BaseModel):
    """At most 92 days; with `line` the calls of one line, because lines for VIP members may rank higher."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime
    line: str | None = Field(None, max_length=40)

    @model_validator(mode="after")
    def _a_period(self) -> Self:
        if not timedelta() < self.until - self.since <= LONGEST:
            raise ValueError(f"the period ends after its start and has {LONGEST.days} days at most")
        return self


class EqualServiceGroup(BaseModel):
    """A group of callers: shares and means with their 95 % intervals, null without observations."""

    group: CallerGroup
    offered: int
    answered: int
    answer_share: float | None
    answer_low: float | None
    answer_high: float | None
    mean_wait_seconds: float | None
    wait_low: float | None
    wait_high: float | None

    @classmethod
    def of(cls, group: CallerGroup, served: Served) -> EqualServiceGroup:
        answers, wait = share(served.answered, served.offered), mean_wait(served)
        return cls(
            group=group,
            offered=served.offered,
            answered=served.answered,
            answer_share=answers.share,
            answer_low=answers.low,
            answer_high=answers.high,
            mean_wait_seconds=wait.mean,
            wait_low=wait.low,
            wait_high=wait.high,
        )


class EqualServiceReport(BaseModel):
    since: datetime
    until: datetime
    line: str | None
    groups: list[EqualServiceGroup]


def routes(service: EqualService) -> Routes:
    routes = Routes("reports")

    @routes.get("/reports/equal-service", roles=LEADERS)
    async def read_equal_service(ask: Ask, query: EqualServiceQuery) -> EqualServiceReport:
        """Read whether customers on file, strangers and callers with a withheld number are served alike (R11)."""
        groups = await service.of(ReportFilter(query.since, query.until, query.line))
        return EqualServiceReport(
            since=query.since,
            until=query.until,
            line=query.line,
            groups=[EqualServiceGroup.of(group, served) for group, served in groups.items()],
        )

    return routes
