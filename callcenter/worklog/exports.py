"""Exports the list of work logs as a file."""

from __future__ import annotations

from datetime import date

from callcenter.exports.model import AGENT, ExportList, ExportQuery, Named, Pages
from callcenter.kit.table_writer import Cells
from callcenter.worklog.model import SECTIONS
from callcenter.worklog.service import WorkLogs
from callcenter.worklog.summary.model import COUNTED, DayLog


class WorkLogsExport(ExportQuery):
    """Days from `first` until before `behind`; `since` and `until` are ignored."""

    first: date
    behind: date
    agent: str | None = None


COLUMNS = {
    "zh-CN": (
        "客服",
        "日期",
        "状态",
        "接听",
        "呼出",
        "未接",
        "超时振铃",
        "通话秒数",
        "回访",
        "案件",
        "共享",
        "今日工作",
        "收获",
        "困难",
        "建议",
        "未完成",
    ),
    "en": (
        "agent",
        "day",
        "state",
        *COUNTED[:4],
        "talk_seconds",
        "return_calls",
        "cases",
        "shared",
        *SECTIONS,
    ),
}


def work_logs_list(logs: WorkLogs) -> ExportList:
    async def pages(query: WorkLogsExport) -> Pages:
        yield [_cells(log) for log in await logs.between(query.first, query.behind, query.agent)]

    return ExportList(
        "work-logs",
        WorkLogsExport,
        COLUMNS,
        pages,
        title={"zh-CN": "工作日志", "en": "work logs"},
        words={"state": "state"},
        named={"agent": Named("agents", AGENT)},
    )


def _cells(log: DayLog) -> Cells:
    counted = [getattr(log.figures, name) for name in COUNTED]
    texts = [log.texts.get(name, "") for name in SECTIONS]
    return (
        log.agent,
        log.day.isoformat(),
        log.state,
        *counted,
        " ".join(log.figures.cases),
        log.shared,
        *texts,
    )
