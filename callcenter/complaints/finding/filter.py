"""Translates the filters of the case list into conditions of a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_

from callcenter.complaints.model import Kind, State
from callcenter.complaints.rows import CaseRow
from callcenter.complaints.steps.model import OVER


@dataclass(frozen=True, slots=True)
class CaseConditions:
    """The filters of the case list; None means no restriction. `since` is inclusive, `until` exclusive."""

    state: State | None = None
    kind: Kind | None = None
    severity: str | None = None
    owner: str | None = None
    department: str | None = None
    customer: tuple[str, ...] | None = None
    """Every id that the customer has ever had."""
    phone: str | None = None
    product: str | None = None
    agent: str | None = None
    channel: str | None = None
    open: bool | None = None
    overdue_at: datetime | None = None
    due_before: datetime | None = None
    escalated: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        same = ("state", "kind", "severity", "owner", "department", "phone", "product", "agent", "channel")
        clauses = [getattr(CaseRow, name) == getattr(self, name) for name in same if getattr(self, name) is not None]
        if self.customer is not None:
            clauses.append(CaseRow.customer.in_(self.customer))
        if self.open is not None:
            clauses.append(CaseRow.state.in_(OVER) if not self.open else CaseRow.state.not_in(OVER))
        if self.overdue_at is not None:
            clauses.append(and_(CaseRow.due_at < self.overdue_at, CaseRow.state.not_in(OVER)))
        if self.due_before is not None:
            clauses.append(and_(CaseRow.due_at < self.due_before, CaseRow.state.not_in(OVER)))
        if self.escalated is not None:
            clauses.append(CaseRow.escalation_level > 0 if self.escalated else CaseRow.escalation_level == 0)
        if self.since is not None:
            clauses.append(CaseRow.opened_at >= self.since)
        if self.until is not None:
            clauses.append(CaseRow.opened_at < self.until)
        return clauses
