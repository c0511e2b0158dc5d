"""Reads flags: lists, counts, and the flags of calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select

from callcenter.calls import deltas
from callcenter.calls.deltas import FlagDelta
from callcenter.calls.effects import Flag
from callcenter.calls.model import CallRecord
from callcenter.facts import CallId
from callcenter.flags.model import RING, FlagOnCall, FlagState
from callcenter.flags.rows import FlagRow
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.roles import LEADERS, Person


class SummaryBy(StrEnum):
    CLAUSE = "clause"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Summary:
    """`value` is the clause or the agent; None where a flag names no agent."""

    value: str | None
    raised: int = 0
    confirmed: int = 0
    annulled: int = 0


@dataclass(frozen=True, slots=True)
class FlagFilter:
    """Filter of flags; None means no restriction. `since` is inclusive, `until` exclusive."""

    state: FlagState | None = None
    agent: str | None = None
    call: CallId | None = None
    clause: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        same = ("state", "agent", "call", "clause")
        clauses = [getattr(FlagRow, name) == getattr(self, name) for name in same if getattr(self, name) is not None]
        if self.since is not None:
            clauses.append(FlagRow.raised_at >= self.since)
        if self.until is not None:
            clauses.append(FlagRow.raised_at < self.until)
        return clauses


class FlagQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, limit: int) -> list[FlagDelta]:
        """Returns the newest flags as the live feed shows them, oldest first: the initial content of the feed."""
        return [delta_of(row) for row in reversed(await self.find(FlagFilter(), limit))]

    async def find(self, conditions: FlagFilter, limit: int = 50, after: Position | None = None) -> list[FlagRow]:
        """Returns flags, newest first, after the position (raised_at, id)."""
        query = select(FlagRow).where(*conditions.conditions())
        query = newest_first(query, FlagRow.raised_at, FlagRow.id, limit, after)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def summary(self, conditions: FlagFilter, by: SummaryBy) -> list[Summary]:
        """Counts flags by state, grouped by clause or agent; largest group first."""
        column = FlagRow.clause if by is SummaryBy.CLAUSE else FlagRow.agent
        query = (
            select(column, FlagRow.state, func.count()).where(*conditions.conditions()).group_by(column, FlagRow.state)
        )
        counts: dict[str | None, dict[str, int]] = {}
        async with self._database.read() as session:
            for value, state, number in await session.execute(query):
                counts.setdefault(value, {})[state] = number
        whole = [
            Summary(value, **{state.value: some.get(state.value, 0) for state in FlagState})
            for value, some in counts.items()
        ]
        return sorted(whole, key=lambda group: (-(group.raised + group.confirmed + group.annulled), group.value or ""))

    async def late_calls(self, since: datetime, until: datetime) -> int:
        """R1: counts the calls of a period that rang past the limit, each once however many phones rang for it."""
        query = select(func.count(func.distinct(FlagRow.call))).where(
            FlagRow.clause == RING,
            FlagRow.state != FlagState.ANNULLED,
            FlagRow.raised_at >= since,
            FlagRow.raised_at < until,
        )
        async with self._database.read() as session:
            return await session.scalar(query) or 0

    async def on_calls(self, calls: Sequence[str]) -> list[FlagOnCall]:
        """Returns the flags of these calls as they were raised, annulled ones too; `calls` must fit one query."""
        query = select(FlagRow).where(FlagRow.call.in_(calls)).order_by(FlagRow.raised_at, FlagRow.id)
        async with self._database.read() as session:
            rows = await session.scalars(query)
            return [
                FlagOnCall(
                    id=row.id,
                    call=row.call,
                    agent=row.agent,
                    clause=row.clause,
                    state=FlagState(row.state),
                    facts=row.facts,
                )
                for row in rows
            ]

    async def of_calls(self, calls: Sequence[CallRecord], person: Person) -> dict[str, list[str]]:
        """Returns the ids of each call's flags; agents see only those about themselves."""
        ids = [call.id for call in calls]
        query = select(FlagRow.call, FlagRow.id).where(FlagRow.call.in_(ids)).order_by(FlagRow.raised_at, FlagRow.id)
        if not person.may(LEADERS):
            query = query.where(FlagRow.agent == (person.agent or ""))
        held: dict[str, list[str]] = {}
        async with self._database.read() as session:
            for call, flag in await session.execute(query):
                held.setdefault(call, []).append(flag)
        return held


def delta_of(row: FlagRow) -> FlagDelta:
    flag = Flag(row.id, row.clause, row.policy_version, row.raised_at, row.call, row.agent, tuple(row.facts.items()))
    return deltas.flag(flag, row.state, row.by, row.reason)
