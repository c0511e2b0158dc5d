"""Exports the lists of return calls and of customer evaluations as files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.callbacks.model import Source, State
from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.catalogue import LANGUAGES
from callcenter.exports.model import AGENT, PAGE, ExportList, ExportQuery, Named, Pages
from callcenter.exports.pages import pages_of
from callcenter.exports.spoken import heads
from callcenter.facts import CaseNumber
from callcenter.followup.evaluations.service import EvaluationService


class CallbacksExport(ExportQuery):
    """`since` and `until` refer to the due time."""

    state: State | None = None
    source: Source | None = None
    agent: str | None = None
    line: str | None = None
    case: CaseNumber | None = None
    overdue: bool = False


CALLBACKS = {
    "zh-CN": (
        "回电编号",
        "状态",
        "来源",
        "号码",
        "客户",
        "案件",
        "线路",
        "事由",
        "承诺",
        "应回时间",
        "创建时间",
        "客服",
        "次数",
        "结果",
        "满意度",
        "备注",
        "结束时间",
    ),
    "en": (
        "id",
        "state",
        "source",
        "number",
        "customer",
        "case",
        "line",
        "reason",
        "promised",
        "due_at",
        "created_at",
        "agent",
        "attempts",
        "result",
        "satisfaction",
        "notes",
        "closed_at",
    ),
}


NAMED: Final[Mapping[str, Named]] = {
    "line": Named("lines", {"zh-CN": "线路名称", "en": "line_name"}),
    "agent": Named("agents", AGENT),
}
WRITTEN: Final = tuple(tuple(heads(CALLBACKS, NAMED, language)) for language in LANGUAGES)
"""The header rows of the files; the importer recognises them."""


def callbacks_list(reading: Reading) -> ExportList:
    async def pages(query: CallbacksExport) -> Pages:
        conditions = CallbackFilter(**query.conditions("since", "until"))
        after = None
        while rows := await reading.find(conditions, PAGE, after):
            yield [
                tuple(getattr(row, name) for name in CALLBACKS["en"])
                for row in rows
                if (query.since is None or row.due_at >= query.since)
                and (query.until is None or row.due_at < query.until)
            ]
            after = (rows[-1].due_at, rows[-1].id)

    return ExportList(
        "callbacks",
        CallbacksExport,
        CALLBACKS,
        pages,
        title={"zh-CN": "回电任务", "en": "return calls"},
        words={"state": "state", "source": "source", "result": "result"},
        named=NAMED,
    )


class EvaluationsExport(ExportQuery):
    case: CaseNumber | None = None
    agent: str | None = None


EVALUATIONS = {
    "zh-CN": (
        "评价编号",
        "时间",
        "案件",
        "客户",
        "号码",
        "客服",
        "满意度",
        "已解决",
        "仍存在的问题",
        "不再回访",
        "备注",
        "话术",
        "版本",
        "完整",
    ),
    "en": (
        "id",
        "at",
        "case",
        "customer",
        "phone",
        "agent",
        "satisfaction",
        "solved",
        "problem",
        "opt_out",
        "notes",
        "script",
        "version",
        "complete",
    ),
}


def evaluations_list(service: EvaluationService) -> ExportList:
    def pages(query: EvaluationsExport) -> Pages:
        return pages_of(
            lambda after: service.find(**query.conditions(), limit=PAGE, after=after),
            lambda evaluation: (evaluation.at, evaluation.id),
            lambda evaluation: tuple(getattr(evaluation, name) for name in EVALUATIONS["en"]),
        )

    return ExportList(
        "evaluations",
        EvaluationsExport,
        EVALUATIONS,
        pages,
        title={"zh-CN": "客户评价", "en": "customer evaluations"},
        named={"agent": Named("agents", AGENT)},
    )
