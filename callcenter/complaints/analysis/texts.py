"""Translates the analysis into the reader's language: titles, and names for the groups' codes and numbers. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from callcenter.catalogue import Language, word
from callcenter.complaints.analysis.model import By

Directories = Mapping[str, Mapping[str, str]]
"""Names by code, grouped by what they name: agents, lines, departments."""
NamesOf = Callable[[], Awaitable[Directories]]

_DIMENSIONS: Final[Mapping[By, tuple[str, str]]] = {
    By.DEPARTMENT: ("部门", "department"),
    By.PRODUCT: ("产品", "product"),
    By.CAUSE: ("原因", "cause"),
    By.SEVERITY: ("严重程度", "severity"),
    By.AGENT: ("客服", "agent"),
    By.CHANNEL: ("渠道", "channel"),
    By.LINE: ("热线", "line"),
    By.CUSTOMER_CLASS: ("客户类别", "customer class"),
    By.HOUR: ("时段", "hour"),
    By.WEEKDAY: ("星期", "weekday"),
}
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "zh-CN": ("名称", "案件数", "占比", "累计占比", "已结案", "按时结案", "按时率", "已询问", "已确认", "确认率"),
    "en": (
        "name",
        "cases",
        "share",
        "cumulative share",
        "closed",
        "in time",
        "share in time",
        "asked",
        "confirmed",
        "share confirmed",
    ),
}
TREND: Final[Mapping[str, tuple[str, str, str]]] = {
    "zh-CN": ("趋势", "开始日期", "案件数"),
    "en": ("trend", "from", "cases"),
}
FILE: Final[Mapping[str, str]] = {"zh-CN": "投诉分析", "en": "analysis of complaints"}
_NOTHING: Final[Mapping[str, str]] = {"zh-CN": "未填写", "en": "not recorded"}
_WORDS: Final[Mapping[By, str]] = {
    By.SEVERITY: "severity",
    By.CHANNEL: "channel",
    By.CUSTOMER_CLASS: "standing",
    By.WEEKDAY: "weekday",
}
_NAMES: Final[Mapping[By, str]] = {By.DEPARTMENT: "departments", By.LINE: "lines", By.AGENT: "agents"}


async def no_names() -> Directories:
    """The default where no directory of names is available."""
    return {}


def title(by: By, language: Language) -> str:
    chinese, english = _DIMENSIONS[by]
    return chinese if language == "zh-CN" else english


def label_of(by: By, value: str, language: Language, names: Directories) -> str:
    """Returns a group's value as the reader knows it; an agent by number and name."""
    if not value:
        return _NOTHING[language]
    if by in _WORDS:
        return word(_WORDS[by], value, language)
    name = names.get(_NAMES[by], {}).get(value, "") if by in _NAMES else ""
    if by is By.AGENT:
        return f"{value} {name}".strip()
    return f"{value}:00" if by is By.HOUR else name or value
