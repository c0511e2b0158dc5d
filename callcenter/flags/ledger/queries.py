"""Reads the ledger: entries with their history, months, and the confirmed flags that become proposals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select

from callcenter.flags.ledger.errors import UnknownEntry
from callcenter.flags.ledger.model import COUNTED, UNDECIDED, Evidence, LedgerState
from callcenter.flags.ledger.rows import LedgerEntryRow, LedgerMonthRow, LedgerStepRow
from callcenter.flags.model import FlagState
from callcenter.flags.rows import FlagRow
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.roles import LEADERS, Person

AGENT_LENGTH: Final = 20
FLAG: Final = "flag:"
PART: Final = 500
"""Ids per statement."""


@dataclass(frozen=True, slots=True)
class EntryFilter:
    agent: str | None = None
    state: LedgerState | None = None
    month: str | None = None
    kind: str | None = None
    span: tuple[datetime, datetime] | None = None
    """From the first instant until before the second."""


@dataclass(frozen=True, slots=True)
class EntrySums:
    """How many entries there are about an agent, how many are undecided, and what the payroll deducts, in fen."""

    entries: int = 0
    undecided: int = 0
    deducted: int = 0

    def __add__(self, other: EntrySums) -> EntrySums:
        return EntrySums(self.entries + other.entries, self.undecided + other.undecided, self.deducted + other.deducted)


class LedgerReading:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def entry(self, id: str, by: Person) -> LedgerEntryRow:
        """One entry; raises UnknownEntry, also to agents for an entry about a colleague."""
        async with self._database.read() as session:
            row = await session.get(LedgerEntryRow, id)
        if row is None or not (by.may(LEADERS) or by.agent == row.agent):
            raise UnknownEntry("there is no such entry", entry=id[:40])
        return row

    async def entries(
        self, conditions: EntryFilter, by: Person, limit: int, after: Position | None = None
    ) -> Sequence[LedgerEntryRow]:
        """Entries, newest violations first; agents see those about themselves."""
        seen = conditions if by.may(LEADERS) else replace(conditions, agent=by.agent or "")
        query = select(LedgerEntryRow).where(*_where(seen))
        async with self._database.read() as session:
            rows = await session.scalars(newest_first(query, LedgerEntryRow.at, LedgerEntryRow.id, limit, after))
            return rows.all()

    async def sums(self, conditions: EntryFilter) -> Mapping[str, EntrySums]:
        """What the entries come to for each agent, counted in the database."""
        row = LedgerEntryRow
        query = select(row.agent, row.state, func.count(), func.sum(row.amount)).where(*_where(conditions))
        sums: dict[str, EntrySums] = {}
        async with self._database.read() as session:
            for agent, state, entries, amount in await session.execute(query.group_by(row.agent, row.state)):
                undecided = entries if LedgerState(state) in UNDECIDED else 0
                deducted = int(amount) if LedgerState(state) in COUNTED else 0
                sums[agent] = sums.get(agent, EntrySums()) + EntrySums(entries, undecided, deducted)
        return dict(sorted(sums.items()))

    async def closing(self, month: str) -> LedgerMonthRow | None:
        """The closing of a month; None while it is open."""
        async with self._database.read() as session:
            return await session.get(LedgerMonthRow, month)

    async def steps(self, ids: Iterable[str]) -> Mapping[str, Sequence[LedgerStepRow]]:
        """The history of these entries, oldest first."""
        result: dict[str, list[LedgerStepRow]] = {id: [] for id in ids}
        query = select(LedgerStepRow).where(LedgerStepRow.entry.in_(result)).order_by(LedgerStepRow.id)
        async with self._database.read() as session:
            for row in await session.scalars(query):
                result[row.entry].append(row)
        return result

    async def month(self, month: str) -> tuple[LedgerMonthRow | None, Sequence[LedgerEntryRow]]:
        """A month's closing, None while it is open, and its entries."""
        query = select(LedgerEntryRow).where(LedgerEntryRow.month == month)
        async with self._database.read() as session:
            closed = await session.get(LedgerMonthRow, month)
            return closed, (await session.scalars(query.order_by(LedgerEntryRow.agent, LedgerEntryRow.at))).all()

    async def confirmed_flags(self, since: datetime) -> Sequence[Evidence]:
        """Flags that a person confirmed, with their clause as the kind; one without an agent is left out."""
        query = select(FlagRow).where(
            FlagRow.state == FlagState.CONFIRMED.value, FlagRow.raised_at >= since, FlagRow.agent.is_not(None)
        )
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
        return [
            Evidence(
                id=f"{FLAG}{row.id}",
                kind=row.clause,
                clause=row.clause,
                policy_version=row.policy_version,
                agent=row.agent or "",
                at=row.raised_at,
                facts={"flag": row.id, "call": row.call, "confirmed_by": row.by},
            )
            for row in rows
            # A PBX of one's own may name members that are no agents of ours.
            if len(row.agent or "") <= AGENT_LENGTH
        ]

    async def standing_flags(self, flags: Sequence[str]) -> Collection[str]:
        """Those of these flags that are confirmed still."""
        query = select(FlagRow.id).where(FlagRow.state == FlagState.CONFIRMED.value)
        async with self._database.read() as session:
            parts = [flags[at : at + PART] for at in range(0, len(flags), PART)]
            return {id for part in parts for id in await session.scalars(query.where(FlagRow.id.in_(part)))}


def _where(conditions: EntryFilter) -> list[ColumnElement[bool]]:
    names = ("agent", "state", "month", "kind")
    values = ((getattr(LedgerEntryRow, name), getattr(conditions, name)) for name in names)
    where: list[ColumnElement[bool]] = [column == value for column, value in values if value is not None]
    if conditions.span is not None:
        where += [LedgerEntryRow.at >= conditions.span[0], LedgerEntryRow.at < conditions.span[1]]
    return where
