"""The ledger as a report (D7): its entries, and what they deduct from each agent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from callcenter.calls.reports.scheduled.contents import Column, Contents, Table, Unit
from callcenter.calls.reports.scheduled.model import ReportEvery, Schedule
from callcenter.calls.reports.scheduled.sources import SHEET, Period, Source, facts_of
from callcenter.catalogue import Language, word
from callcenter.exports.model import PAGE
from callcenter.flags.ledger.exports import READER
from callcenter.flags.ledger.model import COUNTED, LedgerState
from callcenter.flags.ledger.queries import EntryFilter, LedgerReading
from callcenter.flags.ledger.rows import LedgerEntryRow, LedgerStepRow
from callcenter.kit.table_writer import Cells

MOST_ENTRIES: Final = 10_000
"""Of one file; the sums by agent are of all entries."""
FEN: Final = 100
_ZH: Final = ("时间", "客服", "事项", "条款", "状态", "建议金额（元）", "扣款（元）", "决定人", "原因")
_EN: Final = ("At", "Agent", "Violation", "Clause", "State", "Proposed (CNY)", "Deducted (CNY)", "Decided by", "Reason")
COLUMNS: Final = {"zh-CN": _ZH, "en": _EN}
SUMS: Final = {"zh-CN": ("客服", "记录", "扣款（元）"), "en": ("Agent", "Entries", "Deducted (CNY)")}
WORDS: Final = {
    "zh-CN": {
        "sums": "按客服合计",
        "total": "合计",
        "month": "月结",
        "open": "未结",
        "closed": "已结，校验和 {sha256}",
        "undecided": "待裁定",
        "left_out": "文件未列出的记录",
    },
    "en": {
        "sums": "By agent",
        "total": "Total",
        "month": "Month",
        "open": "open",
        "closed": "closed, checksum {sha256}",
        "undecided": "Undecided",
        "left_out": "Entries that this file leaves out",
    },
}
UNITS: Final = (Unit.INSTANT, *(Unit.TEXT for _ in range(4)), Unit.MONEY, Unit.MONEY, Unit.TEXT, Unit.TEXT)


def ledger_source(reading: LedgerReading, names: Callable[[], Awaitable[Mapping[str, str]]]) -> Source:
    """A month's report has the entries of that month of the payroll; a day's or week's, the violations of its days."""

    async def fill(schedule: Schedule, period: Period) -> Contents:
        words, known = WORDS[schedule.language], await names()
        conditions, facts = EntryFilter(span=period.span), facts_of(schedule, period)
        if schedule.every is ReportEvery.MONTH:
            month = f"{period.first:%Y-%m}"
            conditions, closed = EntryFilter(month=month), await reading.closing(month)
            state = words["open"] if closed is None else words["closed"].format(sha256=closed.sha256)
            facts.append((words["month"], f"{month} {state}"))
        sums = await reading.sums(conditions)
        rows = await _entries(reading, conditions, schedule.language, known)
        facts.append((words["undecided"], str(sum(each.undecided for each in sums.values()))))
        count = sum(each.entries for each in sums.values())
        if count > len(rows):
            facts.append((words["left_out"], str(count - len(rows))))
        columns = [Column(title, unit) for title, unit in zip(COLUMNS[schedule.language], UNITS, strict=True)]
        by_agent = [(known.get(agent, agent), each.entries, each.deducted / FEN) for agent, each in sums.items()]
        total: Cells = (words["total"], count, sum(each.deducted for each in sums.values()) / FEN)
        sheets = zip(SUMS[schedule.language], (Unit.TEXT, Unit.COUNT, Unit.MONEY), strict=True)
        tables = [
            Table(SHEET, schedule.name, columns, rows),
            Table(words["sums"], words["sums"], [Column(*each) for each in sheets], by_agent, total),
        ]
        return Contents(schedule.name, facts, tables, None, period.zone, "figures_ledger")

    return fill


async def _entries(
    reading: LedgerReading, conditions: EntryFilter, language: str, names: Mapping[str, str]
) -> list[Cells]:
    result: list[Cells] = []
    after = None
    while len(result) < MOST_ENTRIES and (rows := await reading.entries(conditions, READER, PAGE, after)):
        steps = await reading.steps([row.id for row in rows])
        result += [_cells(row, steps[row.id], language, names) for row in rows]
        after = (rows[-1].at, rows[-1].id)
    return result[:MOST_ENTRIES]


def _cells(row: LedgerEntryRow, steps: Sequence[LedgerStepRow], language: str, names: Mapping[str, str]) -> Cells:
    deducted = row.amount if LedgerState(row.state) in COUNTED else 0
    spoken: Language = "en" if language == "en" else "zh-CN"
    return (
        row.at,
        names.get(row.agent, row.agent),
        word("violation", row.kind, spoken),
        row.clause,
        word("state", row.state, spoken),
        row.proposed / FEN,
        deducted / FEN,
        steps[-1].by_name,
        steps[-1].reason,
    )
