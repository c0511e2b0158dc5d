"""Fills the reports of calls, of the agents' work and of equal service; other rooms fill theirs in the same shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, TypeVar

from callcenter.calls.reports.equal_service.model import CallerGroup, Served, mean_wait
from callcenter.calls.reports.equal_service.queries import EqualService
from callcenter.calls.reports.model import CLOCKED, Counts, ReportBy, Within, figures_of
from callcenter.calls.reports.queries import CallReports, ReportFilter
from callcenter.calls.reports.scheduled.contents import Chart, Column, Contents, Table, Unit
from callcenter.calls.reports.scheduled.kinds import KINDS
from callcenter.calls.reports.scheduled.model import Schedule, span_of
from callcenter.calls.reports.scheduled.texts import (
    COLUMNS,
    FIGURES,
    MORE_COLUMNS,
    MORE_FIGURES,
    SPANS,
    TEXTS,
    WORK_FIGURES,
)
from callcenter.calls.reports.work.model import WorkBy, WorkCounts, work_figures
from callcenter.calls.reports.work.service import WorkTimes
from callcenter.kit.proportions import share
from callcenter.kit.table_writer import Cells

SHEET: Final = "report"
_Counted = TypeVar("_Counted", Counts, WorkCounts)
Names = Callable[[ReportBy], Awaitable[Mapping[str, str]]]
"""Display names of the groups of a report."""
_GROUPS: Final = {
    CallerGroup.KNOWN: "known",
    CallerGroup.UNKNOWN: "strangers",
    CallerGroup.WITHHELD: "withheld",
}


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a due report covers, by the clock of `zone`."""

    first: date
    last: date
    zone: tzinfo

    @property
    def span(self) -> tuple[datetime, datetime]:
        return span_of(self.first, self.last, self.zone)

    @property
    def text(self) -> str:
        return self.first.isoformat() if self.first == self.last else f"{self.first} - {self.last}"


Source = Callable[[Schedule, Period], Awaitable[Contents]]
"""Fills a due report with the figures of its period."""


def facts_of(schedule: Schedule, period: Period) -> list[tuple[str, str]]:
    """The facts that stand above every report: its period, and its line where it can be of one."""
    words = TEXTS[schedule.language]
    facts = [(words["period"], period.text)]
    if KINDS[schedule.kind].of_line:
        facts.append((words["line"], schedule.line or words["all_lines"]))
    return facts


def unit_of(figure: str) -> Unit:
    return Unit.DECIMAL if figure.endswith("_seconds") else Unit.SHARE


def calls_source(reports: CallReports, names: Names) -> Source:
    async def fill(schedule: Schedule, period: Period) -> Contents:
        by, words = schedule.by or ReportBy.DAY, TEXTS[schedule.language]
        groups = await reports.report(ReportFilter(*period.span, schedule.line), by)
        named = await _named(by, groups, names, words["none"])
        facts = [
            *facts_of(schedule, period),
            (words["threshold"], thresholds_of(await reports.within(), schedule.line, by)),
            (words["short"], f"{reports.short_seconds:g}"),
        ]
        table = calls_table(schedule.name, schedule.language, by, named)
        return Contents(schedule.name, facts, [table], Chart((1, 3), by in CLOCKED), period.zone)

    return fill


def thresholds_of(within: Within, line: str | None, by: ReportBy) -> str:
    """The threshold of the service level; by line also those of the lines that have their own."""
    own = [f"{code} {seconds:g}" for code, seconds in sorted(within.lines.items())] if by is ReportBy.LINE else []
    return "; ".join([f"{within.of(line):g}", *own])


def calls_table(title: str, language: str, by: ReportBy, groups: Sequence[tuple[str, Counts]]) -> Table:
    words = TEXTS[language]
    columns = [
        Column(words[by.value]),
        *(Column(words[name], Unit.COUNT) for name in COLUMNS),
        *(Column(words[name], unit_of(name)) for name in FIGURES),
        *(Column(words[name], unit_of(name), printed=False) for name in MORE_FIGURES),
        *(Column(words[name], Unit.COUNT, printed=False) for name in MORE_COLUMNS),
    ]

    def cells(key: str, counts: Counts) -> Cells:
        figures = figures_of(counts)
        return [
            key,
            *(getattr(counts, name) for name in COLUMNS),
            *(figures[name] for name in (*FIGURES, *MORE_FIGURES)),
            *(getattr(counts, name) for name in MORE_COLUMNS),
        ]

    total = sum((counts for _, counts in groups), Counts())
    rows = [cells(key, counts) for key, counts in groups]
    return Table(SHEET, title, columns, rows, cells(words["total"], total))


def work_source(times: WorkTimes, names: Names) -> Source:
    async def fill(schedule: Schedule, period: Period) -> Contents:
        by, words = schedule.by or ReportBy.AGENT, TEXTS[schedule.language]
        report = await times.report(period.first, period.last, WorkBy(by.value))
        named = await _named(by, report.groups, names, words["none"])
        facts = facts_of(schedule, period)
        if report.pending:
            facts.append((words["pending"], ", ".join(day.isoformat() for day in report.pending)))
        table = work_table(schedule.name, schedule.language, by, named)
        return Contents(
            schedule.name, facts, [table], Chart((len(SPANS) + 2,), by in CLOCKED), period.zone, "figures_work"
        )

    return fill


def work_table(title: str, language: str, by: ReportBy, groups: Sequence[tuple[str, WorkCounts]]) -> Table:
    words = TEXTS[language]
    columns = [
        Column(words[by.value]),
        *(Column(words[name], Unit.SPAN) for name in SPANS),
        Column(words["conversations"], Unit.COUNT),
        *(Column(words[name], unit_of(name)) for name in WORK_FIGURES),
    ]

    def cells(key: str, counts: WorkCounts) -> Cells:
        figures, spans = work_figures(counts), (timedelta(seconds=round(getattr(counts, name))) for name in SPANS)
        return [key, *spans, counts.conversations, *(figures[name] for name in WORK_FIGURES)]

    total = sum((counts for _, counts in groups), WorkCounts())
    rows = [cells(key, counts) for key, counts in groups]
    return Table(SHEET, title, columns, rows, cells(words["total"], total))


def equal_service_source(service: EqualService) -> Source:
    async def fill(schedule: Schedule, period: Period) -> Contents:
        words = TEXTS[schedule.language]
        groups = await service.of(ReportFilter(*period.span, schedule.line))
        facts = [*facts_of(schedule, period), (words["intervals"], words["intervals_meaning"])]
        table = equal_service_table(schedule.name, schedule.language, groups)
        return Contents(schedule.name, facts, [table], Chart((3,)), period.zone, "figures_equal_service")

    return fill


def equal_service_table(title: str, language: str, groups: Mapping[CallerGroup, Served]) -> Table:
    words = TEXTS[language]
    shares = ("answer_share", "answer_low", "answer_high")
    waits = ("mean_wait_seconds", "wait_low", "wait_high")
    columns = [
        Column(words["group"]),
        Column(words["offered"], Unit.COUNT),
        Column(words["answered"], Unit.COUNT),
        *(Column(words[name], Unit.SHARE) for name in shares),
        *(Column(words[name], Unit.DECIMAL) for name in waits),
    ]

    def cells(group: CallerGroup, served: Served) -> Cells:
        answers, wait = share(served.answered, served.offered), mean_wait(served)
        counts = (served.offered, served.answered, answers.share, answers.low, answers.high)
        return [words[_GROUPS[group]], *counts, wait.mean, wait.low, wait.high]

    return Table(SHEET, title, columns, [cells(group, served) for group, served in groups.items()])


async def _named(
    by: ReportBy, groups: Sequence[tuple[str | None, _Counted]], names: Names, none: str
) -> list[tuple[str, _Counted]]:
    """The groups with their names; those of the clock have none."""
    known = {} if by in CLOCKED else await names(by)
    return [(none if key is None else known.get(key, key), counts) for key, counts in groups]
