"""The kinds of scheduled reports, and what each groups by. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.work.model import WorkBy


class ReportKind(StrEnum):
    CALLS = "calls"
    """GET /reports/calls"""
    WORK = "work"
    """GET /reports/work"""
    ADHERENCE = "adherence"
    """GET /reports/adherence"""
    EQUAL_SERVICE = "equal_service"
    """GET /reports/equal-service (R11)"""
    LEDGER = "ledger"
    """GET /exports/ledger (D7)"""


@dataclass(frozen=True, slots=True)
class KindRules:
    """`by` are the groups that a report can have, its default first; without any, its rows are given by its kind."""

    by: tuple[ReportBy, ...] = ()
    of_line: bool = False

    @property
    def default(self) -> ReportBy | None:
        return self.by[0] if self.by else None


_BY_DAY: Final = (ReportBy.DAY, *(by for by in ReportBy if by is not ReportBy.DAY))
_BY_AGENT: Final = (ReportBy.AGENT, *(ReportBy(by) for by in WorkBy if by is not WorkBy.AGENT))
KINDS: Final[Mapping[ReportKind, KindRules]] = MappingProxyType(
    {
        ReportKind.CALLS: KindRules(_BY_DAY, of_line=True),
        ReportKind.WORK: KindRules(_BY_AGENT),
        ReportKind.ADHERENCE: KindRules(of_line=True),
        ReportKind.EQUAL_SERVICE: KindRules(of_line=True),
        ReportKind.LEDGER: KindRules(),
    }
)
