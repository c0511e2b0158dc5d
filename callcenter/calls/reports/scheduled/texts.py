"""Words of the printed and tabular reports."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from callcenter.calls.reports.model import ReportBy

COLUMNS: Final = ("offered", "answered", "abandoned")
FIGURES: Final = ("service_level", "abandonment", "asa_seconds", "talk_seconds", "late_rings", "transfer_share")
_CHINESE: Final = {
    "offered": "来电",
    "answered": "接听",
    "abandoned": "放弃",
    "service_level": "服务水平",
    "abandonment": "放弃率",
    "asa_seconds": "平均接听速度（秒）",
    "talk_seconds": "平均通话（秒）",
    "late_rings": "超时铃声",
    "transfer_share": "转接率",
    "total": "合计",
    "none": "（无）",
    "period": "期间",
    "line": "线路",
    "all_lines": "全部线路",
    "threshold": "服务水平门限（秒）",
    ReportBy.TOTAL.value: "合计",
    ReportBy.HALF_HOUR.value: "半小时",
    ReportBy.DAY.value: "日期",
    ReportBy.HOUR.value: "小时",
    ReportBy.WEEKDAY.value: "星期",
    ReportBy.QUEUE.value: "队列",
    ReportBy.AGENT.value: "客服",
    ReportBy.TEAM.value: "班组",
}
_ENGLISH: Final = {
    "offered": "Calls",
    "answered": "Answered",
    "abandoned": "Abandoned",
    "service_level": "Service level",
    "abandonment": "Abandonment",
    "asa_seconds": "Speed of answer (s)",
    "talk_seconds": "Conversation (s)",
    "late_rings": "Late rings",
    "transfer_share": "Transferred",
    "total": "Total",
    "none": "(none)",
    "period": "Period",
    "line": "Line",
    "all_lines": "All lines",
    "threshold": "Threshold of the service level (s)",
    ReportBy.TOTAL.value: "Total",
    ReportBy.HALF_HOUR.value: "Half hour",
    ReportBy.DAY.value: "Day",
    ReportBy.HOUR.value: "Hour",
    ReportBy.WEEKDAY.value: "Weekday",
    ReportBy.QUEUE.value: "Queue",
    ReportBy.AGENT.value: "Agent",
    ReportBy.TEAM.value: "Team",
}
TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"zh-CN": _CHINESE, "en": _ENGLISH})
