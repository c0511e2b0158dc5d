"""Defines every figure of the centre once: in words of both languages and as the formula by which it is computed. Pure.

A formula is arithmetic over named counts; what is computed is the formula itself, so the two cannot differ. `source`
names the counts: of calls, of agents' working time, of the roster, of handovers, of return calls, of numbers that call
again.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Figure:
    """`unit` is `share` (of 1) or `seconds`."""

    source: str
    unit: str
    formula: str
    zh: str
    en: str

    def of(self, counts: Mapping[str, float]) -> float | None:
        """None where there is nothing to divide: 0 and 1 would both be wrong."""
        try:
            return _value(_tree(self.formula), counts)
        except ZeroDivisionError:
            return None


def computed(source: str, counts: Mapping[str, float]) -> dict[str, float | None]:
    """Every figure of one source: shares to four places, seconds to one."""
    result: dict[str, float | None] = {}
    for name, figure in FIGURES.items():
        if figure.source == source:
            value = figure.of(counts)
            result[name] = None if value is None else round(value, 4 if figure.unit == "share" else 1)
    return result


def figure_value(name: str, counts: Mapping[str, float]) -> float | None:
    """One figure, not rounded."""
    return FIGURES[name].of(counts)


@cache
def _tree(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def _value(tree: ast.expr, counts: Mapping[str, float]) -> float:
    match tree:
        case ast.Name(id=name):
            return counts[name]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, counts) + _value(right, counts)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _value(left, counts) - _value(right, counts)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _value(left, counts) / _value(right, counts)
        case _:
            raise ValueError(f"a formula has names, +, - and /: {ast.unparse(tree)}")


FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "service_level": Figure(
            "calls",
            "share",
            "in_time / (answered + abandoned)",
            "服务水平：在规定时间内接听的来电，占已接听和客户放弃的来电的比例",
            "Service level: calls answered within the threshold, of those answered or given up",
        ),
        "service_level_without_short": Figure(
            "calls",
            "share",
            "in_time / (answered + abandoned - abandoned_short)",
            "服务水平（不计很快挂断的来电）",
            "Service level without callers who gave up at once",
        ),
        "service_level_of_offered": Figure(
            "calls",
            "share",
            "in_time / offered",
            "服务水平（占全部来电）",
            "Service level of all calls offered",
        ),
        "answer_share": Figure(
            "calls",
            "share",
            "answered / offered",
            "接通率：已接听的来电占全部来电的比例",
            "Answered calls, of all calls offered",
        ),
        "abandonment": Figure(
            "calls",
            "share",
            "abandoned / (answered + abandoned)",
            "放弃率：客户在接听前挂断的比例",
            "Abandonment: callers who gave up while they waited",
        ),
        "abandonment_without_short": Figure(
            "calls",
            "share",
            "(abandoned - abandoned_short) / (answered + abandoned - abandoned_short)",
            "放弃率（不计很快挂断的来电）",
            "Abandonment without callers who gave up at once",
        ),
        "asa_seconds": Figure(
            "calls",
            "seconds",
            "wait_seconds / wait_known",
            "平均接听速度：已接听的来电从排队到接听的平均时间",
            "Average speed of answer: from the queue to the answer, of answered calls",
        ),
        "talk_seconds": Figure(
            "calls",
            "seconds",
            "talk_seconds / talk_known",
            "平均通话时间（不含话后处理）",
            "Average conversation of answered calls, without the wrap-up",
        ),
        "late_rings": Figure(
            "calls",
            "share",
            "ring_late / ring_known",
            "超过规定铃声才接听（R1）的比例",
            "Calls that rang past the limit of R1, of those whose ringing is known",
        ),
        "transfer_share": Figure(
            "calls",
            "share",
            "transferred / answered",
            "转接率：已接听的来电中被转接的比例",
            "Answered calls that were passed on",
        ),
        "hold_share": Figure(
            "calls",
            "share",
            "held / answered",
            "保持率：已接听的来电中被保持过的比例",
            "Answered calls in which the caller was put on hold",
        ),
        "hold_seconds": Figure(
            "calls",
            "seconds",
            "hold_seconds / hold_known",
            "平均保持时间：已接听且全程可见的来电中，通话处于保持状态的平均时间（没有保持的按 0 计）",
            "Average time on hold of answered calls that were watched throughout; a call without a hold counts as 0",
        ),
        "agent_first_share": Figure(
            "calls",
            "share",
            "agent_first / answered",
            "客服先挂机（R5）的比例",
            "Answered calls in which the agent hung up first (R5)",
        ),
        "occupancy": Figure(
            "work",
            "share",
            "(on_call + wrap_up) / (on_call + wrap_up + available + ringing)",
            "占用率：通话和话后处理的时间，占可接电话时间（不含小休和未知时间）的比例",
            "Occupancy: time on calls and in wrap-up, of the time without pauses",
        ),
        "utilisation": Figure(
            "work",
            "share",
            "(on_call + wrap_up) / (on_call + wrap_up + available + ringing + paused)",
            "利用率：通话和话后处理的时间，占签入时间（含小休）的比例",
            "Utilisation: time on calls and in wrap-up, of all time signed in, pauses included",
        ),
        "mean_wrap_up_seconds": Figure(
            "work",
            "seconds",
            "wrap_up / wrap_ups",
            "平均话后处理时间",
            "Average wrap-up: after-call work for each time that there was any",
        ),
        "aht_seconds": Figure(
            "work",
            "seconds",
            "(on_call + wrap_up) / conversations",
            "平均处理时间：每次通话的通话时间（含保持）与话后处理之和",
            "Average handling time: conversation, hold included, and wrap-up, for each conversation",
        ),
        "adherence": Figure(
            "roster",
            "share",
            "present / (planned - leave)",
            "遵守率：排班时间（不含请假）中实际签入的比例",
            "Adherence: planned time without leave in which agents were signed in",
        ),
        "handover_below_share": Figure(
            "handovers",
            "share",
            "below / measured",
            "交接缺岗率：交接期间线路低于最少人数的交接班，占已测量交接班的比例",
            "Handovers during which a line was below its minimum, of those measured",
        ),
        "handover_below_seconds": Figure(
            "handovers",
            "seconds",
            "below_seconds / measured",
            "交接缺岗时间：每次交接班中线路低于最少人数的平均秒数",
            "Time that a line was below its minimum, for each handover measured",
        ),
        "shrinkage": Figure(
            "roster",
            "share",
            "(planned - present + paused) / planned",
            "损耗率：排班时间中因请假、未签入或小休而不能接电话的比例",
            "Shrinkage: planned time in which agents could take no calls: on leave, signed out or paused",
        ),
        "promises_kept": Figure(
            "return_calls",
            "share",
            "kept / promises",
            "回电承诺履行率：承诺了时间的回电中，在承诺时间（允许 5 分钟）之前拨出的比例；未拨且没有结果的不计",
            "Return-call promises kept: dialled by the promised time or 5 minutes later, of promises dialled or ended",
        ),
        "first_contact": Figure(
            "contacts",
            "share",
            "resolved / contacts",
            "首次解决率：接听后在规定时间内没有再次来电的号码的比例",
            "First-contact resolution: answered numbers that did not call again within the window",
        ),
    }
)
