"""The printed analysis (K6): what the cases of a period tell, drawn and counted, to be laid on a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from callcenter.catalogue import Language
from callcenter.clock import Clock
from callcenter.complaints.analysis.http import PeriodQuery
from callcenter.complaints.analysis.model import By, Every, Group, pareto, trend
from callcenter.complaints.analysis.store import Analysis, Period
from callcenter.complaints.analysis.texts import TREND, shown, title
from callcenter.complaints.papers.model import state_word
from callcenter.kit.charts import Bar, bars
from callcenter.kit.proportions import Share
from callcenter.paper.http import Paper, on_paper
from callcenter.paper.model import AnalysisForm, AnalysisPart, AnalysisRow, AnalysisStep
from callcenter.paper.service import FormService
from callcenter.web.roles import Person
from callcenter.web.routes import LEADERS, Ask, Routes

MOST_ROWS: Final = 15
"""Of each dimension on paper; the workbook has all of them."""
AGAIN_DAYS: Final = 90
LONG: Final = timedelta(days=62)
"""From here on the trend is by week, beyond a year by month: no more bars than can be told apart."""


class ReportQuery(PeriodQuery):
    """`note` stands on the report as what its maker has to say."""

    language: Literal["zh-CN", "en"] = "zh-CN"
    note: str = Field("", max_length=4000)


class AnalysisPapers:
    def __init__(self, analysis: Analysis, forms: FormService) -> None:
        self._analysis = analysis
        self._forms = forms

    async def form(self, period: Period, language: Language, by: Person | None, note: str = "") -> AnalysisForm:
        """The report of a period."""
        analysis = self._analysis
        repeats = await analysis.repeats(period, AGAIN_DAYS)
        parts, names = [await self._trend(period, language)], await analysis.names()
        for entry in By:
            groups = pareto(await analysis.groups(entry, period))
            labelled = [(shown(entry, group.value, language, names), group) for group in groups]
            parts.append(_part(title(entry, language), labelled))
        steps = await analysis.steps(period)
        number = f"AN{period.since:%Y%m%d}-{period.until:%Y%m%d}"
        return AnalysisForm(
            head=self._forms.head(number, language, by, path="/analysis/cases"),
            since=period.since,
            until=period.until,
            cases=(await analysis.total(period)).cases,
            before=(await analysis.total(period.before())).cases,
            again=repeats.again,
            same_product=repeats.same_product,
            notes=note,
            parts=tuple(parts),
            steps=tuple(
                AnalysisStep(state_word(step.state, language), step.cases, _long(step.median), _long(step.p90))
                for step in steps
            ),
        )

    async def _trend(self, period: Period, language: Language) -> AnalysisPart:
        length = period.until - period.since
        every = Every.DAY if length <= LONG else Every.WEEK if length <= timedelta(days=366) else Every.MONTH
        buckets = await self._analysis.buckets(period)
        points = trend(buckets, every, self._analysis.zone, period.since, period.until)
        name = TREND[language][0]
        return AnalysisPart(name, bars(name, [Bar(point.start.isoformat(), point.cases) for point in points[-62:]]))


def routes(papers: AnalysisPapers, forms: FormService, clock: Clock) -> Routes:
    routes = Routes("analysis")

    @routes.get("/analysis/report.{paper}", roles=LEADERS)
    async def print_analysis(ask: Ask, paper: Paper, query: ReportQuery) -> web.StreamResponse:
        """The analysis of a period as html, pdf or docx, drawn, with your note."""
        period = query.period(clock())
        form = await papers.form(period, query.language, ask.require(), query.note)
        return await on_paper(forms, form, paper)

    return routes


def _part(name: str, groups: Sequence[tuple[str, Group]]) -> AnalysisPart:
    chart = bars(name, [Bar(value, entry.cases, entry.cumulative) for value, entry in groups])
    rows = [
        AnalysisRow(value, entry.cases, f"{100 * entry.share:.1f} %", _told(entry.in_time), _told(entry.confirmed))
        for value, entry in groups[:MOST_ROWS]
    ]
    return AnalysisPart(name, chart, tuple(rows))


def _told(share: Share) -> str:
    return "" if share.share is None else f"{100 * share.share:.0f} % ({share.hits}/{share.count})"


def _long(seconds: float) -> str:
    """A stretch of working on a case as people say it, in hours or days; hours and days need no language."""
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"
