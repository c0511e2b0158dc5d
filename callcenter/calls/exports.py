"""Exports the list of calls as a file."""

from __future__ import annotations

from functools import partial

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.service import CallFilter, CallService
from callcenter.customers.numbers import is_withheld
from callcenter.exports.model import AGENT, PAGE, ExportList, ExportQuery, Named, Pages
from callcenter.exports.pages import pages_of
from callcenter.kit.table_writer import Cells


class CallsExport(ExportQuery):
    line: str | None = None
    agent: str | None = None
    outcome: Outcome | None = None
    number: str | None = None
    late: bool | None = None


COLUMNS = {
    "zh-CN": (
        "通话编号",
        "方向",
        "线路",
        "主叫号码",
        "主叫名称",
        "被叫号码",
        "来电时间",
        "接听时间",
        "结束时间",
        "结果",
        "原因",
        "客服",
        "挂断方",
        "超三声",
        "等待秒数",
        "通话秒数",
        "保持秒数",
        "振铃次数",
        "满意度评分",
    ),
    "en": (
        "call",
        "direction",
        "line",
        "caller_number",
        "caller_name",
        "called_number",
        "arrived_at",
        "answered_at",
        "ended_at",
        "outcome",
        "reason",
        "agent",
        "hung_up_by",
        "late",
        "wait_seconds",
        "talk_seconds",
        "hold_seconds",
        "offers",
        "survey_mark",
    ),
}


def calls_list(service: CallService) -> ExportList:
    def pages(query: CallsExport) -> Pages:
        find = partial(service.find, CallFilter(**query.conditions()), PAGE)
        return pages_of(find, lambda call: (call.arrived_at, call.id), _cells)

    return ExportList(
        "calls",
        CallsExport,
        COLUMNS,
        pages,
        title={"zh-CN": "通话记录", "en": "calls"},
        words={"direction": "direction", "outcome": "outcome", "reason": "reason", "hung_up_by": "hung_up_by"},
        callers=frozenset({"caller_number"}),
        named={"line": Named("lines"), "agent": Named("agents", AGENT)},
    )


def _cells(call: CallRecord) -> Cells:
    return (
        call.id,
        call.direction,
        call.line,
        "" if call.direction is Direction.INBOUND and is_withheld(call.caller_number) else call.caller_number,
        call.caller_name,
        call.called_number,
        call.arrived_at,
        call.answered_at,
        call.ended_at,
        call.outcome,
        call.reason,
        call.agent,
        call.hung_up_by,
        call.late,
        call.wait_seconds,
        call.talk_seconds,
        call.hold_seconds,
        len(call.offers),
        call.survey_mark,
    )
