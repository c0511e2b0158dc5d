"""Counts calls in the database, by clock, line, queue or agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, case, cast, extract, func, select
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.calls.model import Direction, HungUpBy, Outcome
from callcenter.calls.reports.model import BUCKET_SECONDS, CLOCKED, Counts, ReportBy, by_clock
from callcenter.calls.rows import CallRow
from callcenter.storage.database import Database


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Inbound calls that arrived from `since` until before `until`."""

    since: datetime
    until: datetime
    line: str | None = None
    queue: str | None = None
    agent: str | None = None


class CallReports:
    def __init__(self, database: Database, pbx: str, within_seconds: float, short_seconds: float, zone: tzinfo) -> None:
        """`within_seconds` is the service level's threshold; `short_seconds`: who gives up sooner had misdialled."""
        self._database = database
        self._pbx = pbx
        self.within_seconds = within_seconds
        self.short_seconds = short_seconds
        self._zone = zone

    async def report(self, conditions: ReportFilter, by: ReportBy) -> list[tuple[str | None, Counts]]:
        """The counts of each group that has a call; None is the group of calls without a line, queue or agent."""
        if by in CLOCKED:
            second = extract("epoch", CallRow.arrived_at)
            bucket = cast(second - second % BUCKET_SECONDS, Integer)
            rows = await self._grouped(conditions, bucket)
            clocked = by_clock(((int(row[0]), _counts(row[1:])) for row in rows), by, self._zone)
            return list(clocked)
        columns: dict[ReportBy, InstrumentedAttribute[str | None]] = {
            ReportBy.LINE: CallRow.line,
            ReportBy.QUEUE: CallRow.queue,
            ReportBy.AGENT: CallRow.agent,
        }
        if by in columns:
            rows = await self._grouped(conditions, columns[by])
            groups = [(row[0], _counts(row[1:])) for row in rows]
            return sorted(groups, key=lambda group: (group[0] is None, group[0] or ""))
        async with self._database.read() as session:
            row = (await session.execute(select(*self._counted()).where(*self._where(conditions)))).one()
        return [("total", _counts(row))]

    async def _grouped(self, conditions: ReportFilter, key: Any) -> Sequence[Any]:
        query = select(key, *self._counted()).where(*self._where(conditions)).group_by(key)
        async with self._database.read() as session:
            return (await session.execute(query)).all()

    def _counted(self) -> list[ColumnElement[Any]]:
        """The expressions of `Counts`, in the order of its fields."""
        answered, abandoned = CallRow.outcome == Outcome.ANSWERED, CallRow.outcome == Outcome.ABANDONED
        waited, talked = answered & CallRow.wait_seconds.is_not(None), answered & CallRow.talk_seconds.is_not(None)
        counted: dict[str, ColumnElement[Any]] = {
            "offered": func.count(),
            "answered": _count(answered),
            "in_time": _count(answered & (CallRow.wait_seconds <= self.within_seconds)),
            "abandoned": _count(abandoned),
            "abandoned_short": _count(abandoned & (CallRow.wait_seconds < self.short_seconds)),
            "overflowed": _count(CallRow.outcome == Outcome.OVERFLOWED),
            "callback_requested": _count(CallRow.outcome == Outcome.CALLBACK_REQUESTED),
            "message_left": _count(CallRow.outcome == Outcome.MESSAGE_LEFT),
            "closed": _count(CallRow.outcome == Outcome.CLOSED),
            "failed": _count(CallRow.outcome == Outcome.FAILED),
            "unknown": _count(CallRow.outcome == Outcome.UNKNOWN),
            "in_progress": _count(CallRow.outcome.is_(None)),
            "wait_known": _count(waited),
            "wait_seconds": func.coalesce(func.sum(case((waited, CallRow.wait_seconds))), 0.0),
            "talk_known": _count(talked),
            "talk_seconds": func.coalesce(func.sum(case((talked, CallRow.talk_seconds))), 0.0),
            "ring_known": _count(CallRow.late.is_not(None)),
            "ring_late": _count(CallRow.late.is_(True)),
            "transferred": _count(answered & (cast(CallRow.transfers, String) != "[]")),
            "held": _count(answered & (cast(CallRow.holds, String) != "[]")),
            "agent_first": _count(answered & (CallRow.hung_up_by == HungUpBy.AGENT)),
        }
        return [counted[field.name] for field in fields(Counts)]

    def _where(self, conditions: ReportFilter) -> list[ColumnElement[bool]]:
        clauses = [
            CallRow.pbx == self._pbx,
            CallRow.direction == Direction.INBOUND.value,
            CallRow.arrived_at >= conditions.since,
            CallRow.arrived_at < conditions.until,
        ]
        for name in ("line", "queue", "agent"):
            value = getattr(conditions, name)
            if value is not None:
                clauses.append(getattr(CallRow, name) == value)
        return clauses


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _counts(values: Sequence[Any]) -> Counts:
    numbers: dict[str, Any] = {}
    for field, value in zip(fields(Counts), values, strict=True):
        # PostgreSQL sums doubles to doubles and counts to integers; SQLite may answer 0 for a sum.
        numbers[field.name] = float(value) if field.name.endswith("_seconds") else int(value)
    return Counts(**numbers)
