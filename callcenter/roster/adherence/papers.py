"""The report of adherence as a file: by agent, with the sum."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from callcenter.calls.reports.scheduled.contents import Chart, Column, Contents, Table, Unit
from callcenter.calls.reports.scheduled.model import Schedule
from callcenter.calls.reports.scheduled.sources import SHEET, Period, Source, facts_of
from callcenter.kit.table_writer import Cells
from callcenter.roster.adherence.model import Adherence
from callcenter.roster.adherence.service import AdherenceReports

COLUMNS: Final = {
    "zh-CN": ("客服", "排班", "请假", "在岗", "小休", "加班", "加班在岗", "遵守率", "损耗率"),
    "en": ("Agent", "Planned", "Leave", "Present", "Paused", "Overtime", "Overtime present", "Adherence", "Shrinkage"),
}
TOTAL: Final = {"zh-CN": "合计", "en": "Total"}
SPANS: Final = ("planned", "leave", "present", "paused", "overtime", "overtime_present")
ADHERENCE: Final = len(SPANS) + 1


def adherence_source(reports: AdherenceReports, names: Callable[[], Awaitable[Mapping[str, str]]]) -> Source:
    """`names` of the agents, by number."""

    async def fill(schedule: Schedule, period: Period) -> Contents:
        by_agent, known = await reports.of(*period.span, schedule.line), await names()
        table = adherence_table(schedule.name, schedule.language, by_agent, known)
        facts = facts_of(schedule, period)
        return Contents(schedule.name, facts, [table], Chart((ADHERENCE,)), period.zone, "figures_adherence")

    return fill


def adherence_table(
    title: str, language: str, by_agent: Mapping[str, Adherence], names: Mapping[str, str] | None = None
) -> Table:
    first, *titles = COLUMNS[language]
    units = [*(Unit.SPAN for _ in SPANS), Unit.SHARE, Unit.SHARE]
    columns = [Column(first), *(Column(title, unit) for title, unit in zip(titles, units, strict=True))]
    rows = [_cells((names or {}).get(agent, agent), seconds) for agent, seconds in by_agent.items()]
    return Table(SHEET, title, columns, rows, _cells(TOTAL[language], sum(by_agent.values(), Adherence())))


def _cells(key: str, seconds: Adherence) -> Cells:
    spans = [timedelta(seconds=round(getattr(seconds, name))) for name in SPANS]
    shares = (None if value is None else round(value, 4) for value in (seconds.adherence, seconds.shrinkage))
    return [key, *spans, *shares]
