"""The analysis of cases over HTTP (K6): figures, charts as SVG, a workbook. Leaders only."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from callcenter.catalogue import reader
from callcenter.clock import Clock
from callcenter.complaints.analysis.model import By, Every, Group, Point, pareto, trend
from callcenter.complaints.analysis.papers import AnalysisPapers
from callcenter.complaints.analysis.queries import Analysis, Period
from callcenter.complaints.analysis.service import made_workbook
from callcenter.complaints.analysis.texts import FILE, TREND, label_of, title
from callcenter.complaints.model import Kind
from callcenter.exports.http import disposition_of
from callcenter.kit.table_writer import XLSX_TYPE
from callcenter.paper.charts import Bar, over_time, ranked
from callcenter.paper.http import printed_answer
from callcenter.paper.service import FormService
from callcenter.paper.shapes import Paper
from callcenter.roster.errors import BadRange
from callcenter.web.routes import LEADERS, Ask, Page, Routes

USUAL: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=3700)
MOST_POINTS: Final = 1500


class PeriodQuery(BaseModel):
    """Cases opened from `since` until just before `until`; the last thirty days by default."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    kind: Kind | None = Kind.COMPLAINT

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and not timedelta() < self.until - self.since <= LONGEST:
            raise ValueError("a period ends after its start, and within ten years")
        return self

    def period(self, now: datetime) -> Period:
        """Raises BadRange for a period that runs until now and is too long, or that begins after now."""
        until = self.until or now
        since = self.since or until - USUAL
        if not timedelta() < until - since <= LONGEST:
            raise BadRange("a period ends after its start, and within ten years", days=LONGEST.days)
        return Period(since, until, self.kind)


class WorkbookQuery(PeriodQuery):
    language: Literal["zh-CN", "en"] = "zh-CN"


class ReportQuery(WorkbookQuery):
    """`note` is printed on the report as its author's comment."""

    note: str = Field("", max_length=4000)


class GroupQuery(PeriodQuery):
    by: By = By.DEPARTMENT


class TrendQuery(PeriodQuery):
    every: Every = Every.DAY


class RepeatQuery(PeriodQuery):
    days: int = Field(90, ge=1, le=3650)


class CaseShareShape(BaseModel):
    """`hits` of `count`, with the Wilson interval at 95 %."""

    model_config = ConfigDict(from_attributes=True)

    hits: int
    count: int
    share: float | None
    low: float | None
    high: float | None


class CaseGroupShape(BaseModel):
    """`value` is the code, `name` its label in the reader's language."""

    model_config = ConfigDict(from_attributes=True)

    value: str
    name: str = ""
    cases: int
    share: float
    cumulative: float
    in_time: CaseShareShape
    confirmed: CaseShareShape


class PointShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    start: date
    cases: int


class TrendShape(BaseModel):
    """`before` is the number of cases in the preceding period of the same length."""

    items: list[PointShape]
    cases: int
    before: int


class AnalysisStepShape(BaseModel):
    """Seconds that cases spent at a step which they have left."""

    model_config = ConfigDict(from_attributes=True)

    state: str
    cases: int
    median: float
    p90: float


class RepeatShape(BaseModel):
    """Cases of customers with a file; `again`: they had another one shortly before."""

    model_config = ConfigDict(from_attributes=True)

    cases: int
    again: int
    same_product: int


def routes(analysis: Analysis, clock: Clock) -> Routes:
    routes = Routes("analysis")

    async def groups(query: GroupQuery) -> list[Group]:
        return pareto(await analysis.groups(query.by, query.period(clock())))

    async def points(query: TrendQuery) -> list[Point]:
        period = query.period(clock())
        return trend(await analysis.buckets(period), query.every, analysis.zone, period.since, period.until)

    @routes.get("/analysis/cases", roles=LEADERS)
    async def analyse_cases(ask: Ask, query: GroupQuery) -> Page[CaseGroupShape]:
        """Group cases by one dimension, largest group first, with the shares closed in time and confirmed."""
        names, shapes = await analysis.names(), []
        for group in await groups(query):
            name = label_of(query.by, group.value, reader.get(), names)
            shapes.append(CaseGroupShape.model_validate(group).model_copy(update={"name": name}))
        return Page(items=shapes)

    @routes.get("/analysis/cases/pareto.svg", roles=LEADERS)
    async def draw_pareto(ask: Ask, query: GroupQuery) -> web.StreamResponse:
        """Draw the groups as a Pareto chart: largest first, with the cumulative share."""
        names, language = await analysis.names(), reader.get()
        chart_bars = [
            Bar(label_of(query.by, group.value, language, names), group.cases, group.cumulative)
            for group in await groups(query)
        ]
        return _svg(await asyncio.to_thread(ranked, title(query.by, language), chart_bars))

    @routes.get("/analysis/cases/trend", roles=LEADERS)
    async def trend_of_cases(ask: Ask, query: TrendQuery) -> TrendShape:
        """Count cases by day, week or month, with the preceding period."""
        period, trend_points = query.period(clock()), await points(query)
        total, before = await analysis.total(period), await analysis.total(period.before())
        newest = [PointShape.model_validate(point) for point in trend_points[-MOST_POINTS:]]
        return TrendShape(items=newest, cases=total.cases, before=before.cases)

    @routes.get("/analysis/cases/trend.svg", roles=LEADERS)
    async def draw_trend(ask: Ask, query: TrendQuery) -> web.StreamResponse:
        """Draw the trend; the last forty points."""
        chart_bars = [Bar(point.start.isoformat(), point.cases) for point in (await points(query))[-40:]]
        return _svg(await asyncio.to_thread(over_time, TREND[reader.get()][0], chart_bars))

    @routes.get("/analysis/cases/steps", roles=LEADERS)
    async def steps_of_cases(ask: Ask, query: PeriodQuery) -> Page[AnalysisStepShape]:
        """Read how long cases spent at each step."""
        steps = await analysis.steps(query.period(clock()))
        return Page(items=[AnalysisStepShape.model_validate(step) for step in steps])

    @routes.get("/analysis/cases/repeats", roles=LEADERS)
    async def repeated_cases(ask: Ask, query: RepeatQuery) -> RepeatShape:
        """Count customers who complained again."""
        return RepeatShape.model_validate(await analysis.repeats(query.period(clock()), query.days))

    @routes.get("/analysis/cases.xlsx", roles=LEADERS)
    async def analysis_as_workbook(ask: Ask, query: WorkbookQuery) -> web.StreamResponse:
        """Export all dimensions and the trend with charts (XLSX)."""
        period, zone = query.period(clock()), ZoneInfo(analysis.zone)
        days = "-".join(at.astimezone(zone).date().isoformat() for at in (period.since, period.until))
        name = disposition_of(f"{FILE[query.language]}-{days}.xlsx", "cases.xlsx")
        workbook = await made_workbook(analysis, period, query.language)
        return web.Response(body=workbook, headers={"Content-Type": XLSX_TYPE, "Content-Disposition": name})

    return routes


def report_routes(papers: AnalysisPapers, forms: FormService, clock: Clock) -> Routes:
    routes = Routes("analysis")

    @routes.get("/analysis/report.{paper}", roles=LEADERS)
    async def print_analysis(ask: Ask, paper: Paper, query: ReportQuery) -> web.StreamResponse:
        """Print the analysis of a period as html, pdf or docx, with charts and your note."""
        period = query.period(clock())
        form = await papers.form(period, query.language, ask.require(), query.note)
        return await printed_answer(forms, form, paper)

    return routes


def _svg(text: str) -> web.Response:
    # A chart is a picture: nothing in it may run, even when it is opened as a page.
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="image/svg+xml", headers=headers)
