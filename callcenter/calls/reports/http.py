"""The figures of any period over HTTP (S1), with their definitions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from callcenter.calls.reports.definitions import FIGURES
from callcenter.calls.reports.model import Counts, ReportBy, figures_of
from callcenter.calls.reports.queries import CallReports, ReportFilter
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

LONGEST = timedelta(days=366)
LONGEST_BY_HALF_HOUR = timedelta(days=31)


class CallReportQuery(BaseModel):
    """At most 366 days, 31 days by half hour."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime
    by: ReportBy = Field(ReportBy.TOTAL, strict=False)
    line: str | None = Field(None, max_length=40)
    queue: str | None = Field(None, max_length=40)
    agent: str | None = Field(None, max_length=20)

    @model_validator(mode="after")
    def _a_period(self) -> Self:
        longest = LONGEST_BY_HALF_HOUR if self.by is ReportBy.HALF_HOUR else LONGEST
        if not timedelta() < self.until - self.since <= longest:
            raise ValueError(f"the period ends after its start and has {longest.days} days at most")
        return self

    def filter(self) -> ReportFilter:
        return ReportFilter(self.since, self.until, self.line, self.queue, self.agent)


class CallCounts(BaseModel):
    """Inbound calls that arrived in the period; seconds are sums over calls whose value is known."""

    model_config = ConfigDict(from_attributes=True)

    offered: int
    answered: int
    in_time: int
    abandoned: int
    abandoned_short: int
    overflowed: int
    callback_requested: int
    message_left: int
    closed: int
    failed: int
    unknown: int
    in_progress: int
    wait_known: int
    wait_seconds: float
    talk_known: int
    talk_seconds: float
    ring_known: int
    ring_late: int
    transferred: int
    held: int
    hold_known: int
    hold_seconds: float
    agent_first: int


class CallReportGroup(BaseModel):
    """`key` is the start of the half hour, the day, hour, weekday, line, queue, agent or team; null without one."""

    key: str | None
    counts: CallCounts
    figures: dict[str, float | None]

    @classmethod
    def of(cls, key: str | None, counts: Counts) -> CallReportGroup:
        return cls(key=key, counts=CallCounts.model_validate(counts), figures=figures_of(counts))


class CallReport(BaseModel):
    """Figures are null where there is nothing to divide; GET /reports/definitions states each one.

    `threshold_seconds` is the centre's, or that of the line in the query; by line each line has its own.
    """

    since: datetime
    until: datetime
    by: ReportBy
    threshold_seconds: float
    short_seconds: float
    groups: list[CallReportGroup]
    total: CallReportGroup


class RollupStateShape(BaseModel):
    """Reports before `counted_since`, and of the `waiting` quarter hours that have changed since, read the records.

    `differences` are counts that differed from the records when the last `checked_days` were compared; they were
    counted again.
    """

    model_config = ConfigDict(from_attributes=True)

    counted_since: datetime | None
    complete: bool
    waiting: int
    checked_at: datetime | None
    checked_days: int
    differences: int


class FigureDefinition(BaseModel):
    """`source` names what is counted: `calls`, `work`, `roster`, `return_calls`, `contacts`."""

    name: str
    source: str
    unit: str
    formula: str
    zh: str
    en: str


def routes(reports: CallReports, rollups: Rollups) -> Routes:
    routes = Routes("reports")

    @routes.get("/reports/calls", roles=LEADERS)
    async def read_call_report(ask: Ask, query: CallReportQuery) -> CallReport:
        """Read the figures of a period by half hour, day, hour, weekday, line, queue, agent or team."""
        groups = await reports.report(query.filter(), query.by)
        total = Counts()
        for _, counts in groups:
            total += counts
        return CallReport(
            since=query.since,
            until=query.until,
            by=query.by,
            threshold_seconds=(await reports.within()).of(query.line),
            short_seconds=reports.short_seconds,
            groups=[CallReportGroup.of(key, counts) for key, counts in groups],
            total=CallReportGroup.of("total", total),
        )

    @routes.get("/reports/rollups", roles=LEADERS)
    async def read_rollup_state(ask: Ask) -> RollupStateShape:
        """Read how far the counts that are kept for reports reach, and whether they equal the records."""
        return RollupStateShape.model_validate(await rollups.state())

    @routes.get("/reports/definitions", roles=ANYONE)
    async def list_figure_definitions(ask: Ask) -> Page[FigureDefinition]:
        """List every figure with its definition in words and as a formula of the counts."""
        return Page(
            items=[
                FigureDefinition(
                    name=name,
                    source=figure.source,
                    unit=figure.unit,
                    formula=figure.formula,
                    zh=figure.zh,
                    en=figure.en,
                )
                for name, figure in FIGURES.items()
            ]
        )

    return routes
