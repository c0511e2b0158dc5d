"""Exports the ledger as CSV or XLSX, for the payroll."""

from __future__ import annotations

from callcenter.exports.model import AGENT, PAGE, ExportList, ExportQuery, Named, Pages
from callcenter.flags.ledger.model import COUNTED, LedgerState
from callcenter.flags.ledger.queries import EntryFilter, LedgerReading
from callcenter.flags.ledger.rows import LedgerEntryRow
from callcenter.kit.table_writer import Cells
from callcenter.web.roles import Person, Role

READER = Person("", "", "", frozenset({Role.MANAGER}))


class LedgerExport(ExportQuery):
    """A month such as 2026-11; `since` and `until` are ignored."""

    month: str | None = None
    agent: str | None = None
    state: LedgerState | None = None


COLUMNS = {
    "zh-CN": (
        "编号",
        "客服",
        "月份",
        "时间",
        "事项",
        "条款",
        "制度版本",
        "状态",
        "建议金额（元）",
        "扣款（元）",
        "决定人",
        "原因",
    ),
    "en": (
        "entry",
        "agent",
        "month",
        "at",
        "violation",
        "clause",
        "policy_version",
        "state",
        "proposed_yuan",
        "deducted_yuan",
        "decided_by",
        "reason",
    ),
}


def ledger_list(reading: LedgerReading) -> ExportList:
    async def pages(query: LedgerExport) -> Pages:
        conditions, after = EntryFilter(query.agent, query.state, query.month), None
        while rows := await reading.entries(conditions, READER, PAGE, after):
            steps = await reading.steps([row.id for row in rows])
            yield [_cells(row, steps[row.id][-1].by_name, steps[row.id][-1].reason) for row in rows]
            after = (rows[-1].at, rows[-1].id)

    return ExportList(
        "ledger",
        LedgerExport,
        COLUMNS,
        pages,
        title={"zh-CN": "违规扣款台账", "en": "ledger of violations"},
        words={"state": "state", "violation": "violation"},
        named={"agent": Named("agents", AGENT)},
    )


def _cells(row: LedgerEntryRow, by: str, reason: str) -> Cells:
    deducted = row.amount if LedgerState(row.state) in COUNTED else 0
    return (
        row.id,
        row.agent,
        row.month,
        row.at,
        row.kind,
        row.clause,
        row.policy_version,
        row.state,
        row.proposed / 100,
        deducted / 100,
        by,
        reason,
    )
