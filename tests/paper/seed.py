"""The labels of the forms in their order (policy.md, "Words on the forms")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.paper.samples import call_record, evaluation, handling, tracking

SEED: Mapping[Callable[..., Any], Sequence[str]] = {
    tracking: (
        "客户投诉及处理跟踪表",
        "投诉日期（年月日）",
        "客户姓名",
        "性别",
        "联系人电话",
        "客户投诉经过",
        "接待人签名",
        "客户投诉调查结果",
        "经手人",
        "服务中心处理意见",
        "经手人",
        "值班经理处理意见",
        "值班经理签名",
        "部门领导意见",
        "领导签名",
    ),
    handling: (
        "客户投诉处理单",
        "编号",
        "客户名称",
        "投诉时间",
        "联系人",
        "电话",
        "被投诉部门",
        "投诉内容",
        "记录人（年月日）",
        "调查情况",
        "调查人（年月日）",
        "纠正措施",
        "相关部门负责人（年月日）",
        "验证结果",
        "验证人（年月日）",
    ),
    call_record: (
        "客户来电记录单",
        "序号",
        "客户名称",
        "联系人",
        "联系电话",
        "来的时间",
        "来电原因",
        "相关部门",
        "相关人员",
        "完成情况",
    ),
    evaluation: ("客户评价单", "客户回答", "客服专员", "回访通话", "案件编号"),
}


def in_order(words: Sequence[str], text: str) -> list[str]:
    """As many of the words as stand in the text one after the other."""
    result: list[str] = []
    place = 0
    for word in words:
        place = text.find(word, place)
        if place < 0:
            break
        result.append(word)
        place += len(word)
    return result
