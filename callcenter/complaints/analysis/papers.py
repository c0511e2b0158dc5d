"""Builds the printed analysis (K6): the cases of a period as charts and tables."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from callcenter.catalogue import Language
from callcenter.complaints.analysis.model import By, Every, Group, pareto, trend
from callcenter.complaints.analysis.queries import Analysis, Period
from callcenter.complaints.analysis.texts import TREND, label_of, title
from callcenter.complaints.papers.model import state_word
from callcenter.kit.proportions import Share
from callcenter.paper.charts import Bar, over_time, ranked
from callcenter.paper.model import AnalysisForm, AnalysisPart, AnalysisRow, AnalysisStep
from callcenter.paper.service import FormService
from callcenter.web.roles import Person

MOST_ROWS: Final = 15
"""Rows per dimension in the printed report; the workbook has all of them."""
AGAIN_DAYS: Final = 90
LONG: Final = timedelta(days=62)
"""Longer periods show the trend by week, those beyond a year by month, so that the bars stay distinguishable."""


class AnalysisPapers:
    def __init__(self, analysis: Analysis, forms: FormService) -> None:
        self._analysis = analysis
        self._forms = forms

    async def form(self, period: Period, language: Language, by: Person | None, note: str = "") -> AnalysisForm:
        """Returns the report of a period."""
        analysis = self._analysis
        repeats = await analysis.repeats(period, AGAIN_DAYS)
        parts, names = [await self._trend(period, language)], await analysis.names()
        for dimension in By:
            groups = pareto(await analysis.groups(dimension, period))
            labelled = [(label_of(dimension, group.value, language, names), group) for group in groups]
            parts.append(await asyncio.to_thread(_part, title(dimension, language), labelled))
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
        columns = [Bar(point.start.isoformat(), point.cases) for point in points[-62:]]
        return AnalysisPart(name, await asyncio.to_thread(over_time, name, columns))


def _part(name: str, groups: Sequence[tuple[str, Group]]) -> AnalysisPart:
    chart = ranked(name, [Bar(value, figures.cases, figures.cumulative) for value, figures in groups])
    rows = [
        AnalysisRow(
            value, figures.cases, f"{100 * figures.share:.1f} %", _share(figures.in_time), _share(figures.confirmed)
        )
        for value, figures in groups[:MOST_ROWS]
    ]
    return AnalysisPart(name, chart, tuple(rows))


def _share(share: Share) -> str:
    return "" if share.share is None else f"{100 * share.share:.0f} % ({share.hits}/{share.count})"


def _long(seconds: float) -> str:
    """Formats a processing time in hours or days; the two units need no translation."""
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"
