"""Ledger use cases (D7): propose from evidence, confirm or reduce, annul, dispute, settle, close the month."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, NoReturn
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.clock import Clock
from callcenter.flags.ledger.errors import (
    BadEntry,
    MonthClosed,
    MonthNotOver,
    MonthUndecided,
    NotYourEntry,
    SamePerson,
    UnknownEntry,
)
from callcenter.flags.ledger.model import (
    TEXT_LIMIT,
    UNDECIDED,
    Evidence,
    LedgerEvent,
    LedgerState,
    after,
    check_month,
    checksum,
    decided_amount,
    month_of,
    totals,
)
from callcenter.flags.ledger.rows import LedgerEntryRow, LedgerMonthRow, LedgerStepRow
from callcenter.storage.database import Database, after_commit
from callcenter.storage.locks import decide_alone
from callcenter.storage.upsert import insert_ignore
from callcenter.web.audit import SYSTEM, Audit
from callcenter.web.ports import DeltaKind, Publish, publish_to_nobody
from callcenter.web.roles import LEADERS, Person

Source = Callable[[datetime], Awaitable[Sequence[Evidence]]]
"""The evidence that is new or has grown since an instant; the same evidence again is no second entry."""
Standing = Callable[[Sequence[str]], Awaitable[Collection[str]]]
"""Which of these pieces of evidence still stand, by id without its prefix."""
GONE: Final = "证据已撤销 / the evidence was withdrawn"
EVERY_SECONDS: Final = 30.0
LEDGER_LOCK: Final = 4_355_016
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
CLOCKS_APART: Final = timedelta(minutes=5)
LOOK_BACK: Final = timedelta(days=40)
"""Evidence that was confirmed late is still found."""


class LedgerDelta(TypedDict):
    """An entry has moved on; it states no amount."""

    id: str
    agent: str
    kind: str
    state: str
    month: str


LEDGER: Final = DeltaKind("ledger", LedgerDelta, "the agent concerned, and leaders")


class Ledger:
    """`amounts` in fen by kind, as the policy states them; a kind that is not among them is not proposed.

    `standing` by the prefix of the evidence's id: a proposal whose evidence no longer stands is annulled.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        zone: tzinfo,
        amounts: Mapping[str, int],
        sources: Sequence[Source],
        publish: Publish = publish_to_nobody,
        standing: Mapping[str, Standing] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._zone = zone
        self._sources = sources
        self._standing = standing or {}
        self._publish = publish
        self.amounts = amounts

    async def run(self, every: float = EVERY_SECONDS) -> NoReturn:
        while True:
            await self.collect()
            await asyncio.sleep(every)

    async def collect(self) -> None:
        """Propose what the sources have; idempotent. A proposal that is still undecided follows its evidence."""
        since = self._clock() - LOOK_BACK
        for source in self._sources:
            evidence = [item for item in await source(since) if item.kind in self.amounts]
            await self._propose(evidence)
        for prefix, standing in self._standing.items():
            await self._withdraw(prefix, standing)

    async def propose(self, evidence: Evidence, reason: str, by: Person) -> LedgerEntryRow:
        """Propose an entry by hand, such as for a complaint about rude service. Raises BadEntry, NotYourEntry."""
        if evidence.kind not in self.amounts:
            raise BadEntry("the policy has no such violation", fault="kind", known=", ".join(sorted(self.amounts)))
        if not reason.strip():
            raise BadEntry("a reason is required", fault="reason")
        # A clock of a browser may be a little ahead.
        if not EARLIEST <= evidence.at <= self._clock() + CLOCKS_APART:
            raise BadEntry("a violation lies in the past", fault="at")
        if by.agent == evidence.agent:
            raise NotYourEntry("another person proposes an entry about you", agent=evidence.agent)
        async with self._alone() as session:
            row = await self._insert(session, evidence, by, reason)
        if row is None:
            raise BadEntry("this evidence is in the ledger already", fault="known")
        return row

    async def decide(
        self, id: str, event: LedgerEvent, reason: str, by: Person, amount: int | None = None
    ) -> LedgerEntryRow:
        """Take the next step, with a reason; `amount` in fen lowers the deduction.

        Raises UnknownEntry, BadEntry, NotYourEntry, SamePerson, MonthClosed, IllegalTransition.
        """
        reason = reason.strip()[:TEXT_LIMIT]
        if not reason:
            raise BadEntry("a reason is required", fault="reason")
        async with self._alone() as session:
            row = await _row(session, id)
            _check_person(row, event, by)
            if await session.get(LedgerMonthRow, row.month, with_for_update=True) is not None:
                raise MonthClosed("this month is closed", month=row.month)
            row.state = after(LedgerState(row.state), event).value
            if event in (LedgerEvent.CONFIRM, LedgerEvent.SETTLE):
                row.amount = decided_amount(row.amount, amount)
            if event is LedgerEvent.CONFIRM:
                row.confirmed_by = by.id
            await self._step(session, row, event.value, by, reason)
        return row

    async def close(self, month: str, by: Person) -> LedgerMonthRow:
        """Close a month for the payroll. Raises MonthNotOver, MonthUndecided, MonthClosed."""
        if check_month(month) >= month_of(self._clock(), self._zone):
            raise MonthNotOver("this month is not over", month=month)
        async with self._alone() as session:
            await self._audit.append(session, by, "ledger.month_closed", f"ledger/{month}")
            if await session.get(LedgerMonthRow, month) is not None:
                raise MonthClosed("this month is closed", month=month)
            query = select(LedgerEntryRow).where(LedgerEntryRow.month == month).order_by(LedgerEntryRow.id)
            rows = (await session.scalars(query.with_for_update())).all()
            undecided = sum(LedgerState(row.state) in UNDECIDED for row in rows)
            if undecided:
                raise MonthUndecided("some entries are undecided", month=month, entries=undecided)
            closed = LedgerMonthRow(
                month=month,
                totals=totals((row.agent, LedgerState(row.state), row.amount) for row in rows),
                entries=len(rows),
                sha256=checksum([[row.id, row.agent, row.kind, row.state, row.amount] for row in rows]),
                closed_at=self._clock(),
                closed_by=by.name[:200],
            )
            session.add(closed)
        return closed

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncSession]:
        """A transaction beside which no other changes the ledger: what closes a month sees all of it, or none."""
        async with self._database.write() as session:
            await decide_alone(self._database, session, LEDGER_LOCK)
            yield session

    async def _propose(self, evidence: Sequence[Evidence]) -> None:
        ids = [item.id for item in evidence]
        query = select(LedgerEntryRow).where(LedgerEntryRow.evidence_id.in_(ids))
        async with self._database.read() as session:
            known = {row.evidence_id: row for row in await session.scalars(query)}
        changed = [item for item in evidence if _differs(item, known.get(item.id))]
        for item in changed:
            async with self._alone() as session:
                if item.id in known:
                    await self._grow(session, known[item.id].id, item)
                else:
                    await self._insert(session, item, SYSTEM, "")

    async def _withdraw(self, prefix: str, standing: Standing) -> None:
        """Annul the proposals whose evidence no longer stands: a flag was annulled, a leave approved afterwards."""
        row = LedgerEntryRow
        query = select(row.evidence_id, row.id).where(row.state == LedgerState.PROPOSED.value)
        async with self._database.read() as session:
            known = (await session.execute(query.where(row.evidence_id.startswith(prefix)))).all()
        proposed = {evidence.removeprefix(prefix): id for evidence, id in known}
        for gone in sorted(proposed.keys() - set(await standing(list(proposed)) if proposed else ())):
            async with self._alone() as session:
                entry = await _row(session, proposed[gone])
                if entry.state == LedgerState.PROPOSED:
                    entry.state = after(LedgerState.PROPOSED, LedgerEvent.ANNUL).value
                    await self._step(session, entry, LedgerEvent.ANNUL.value, SYSTEM, GONE)

    async def _insert(
        self, session: AsyncSession, evidence: Evidence, by: Person, reason: str
    ) -> LedgerEntryRow | None:
        amount, id = self.amounts[evidence.kind], uuid4().hex
        month = month_of(evidence.at, self._zone)
        if await session.get(LedgerMonthRow, month) is not None:
            # What comes to light after the closing is entered in the present month (K7: a correction is a new entry).
            month = month_of(self._clock(), self._zone)
        values = {
            "id": id,
            "evidence_id": evidence.id,
            "kind": evidence.kind,
            "clause": evidence.clause,
            "policy_version": evidence.policy_version,
            "agent": evidence.agent,
            "at": evidence.at,
            "month": month,
            "facts": dict(evidence.facts),
            "proposed": amount,
            "amount": amount,
            "state": LedgerState.PROPOSED.value,
            "version": 1,
        }
        await session.execute(insert_ignore(session, LedgerEntryRow).values(values))
        row = await session.get(LedgerEntryRow, id)
        if row is not None:
            await self._step(session, row, "propose", by, reason.strip()[:TEXT_LIMIT])
        return row

    async def _grow(self, session: AsyncSession, id: str, evidence: Evidence) -> None:
        row = await _row(session, id)
        if row.state == LedgerState.PROPOSED:
            row.facts, row.kind, row.clause = dict(evidence.facts), evidence.kind, evidence.clause
            row.proposed = row.amount = self.amounts[evidence.kind]

    async def _step(self, session: AsyncSession, row: LedgerEntryRow, event: str, by: Person, reason: str) -> None:
        session.add(
            LedgerStepRow(
                entry=row.id,
                at=self._clock(),
                event=event,
                state=row.state,
                amount=row.amount,
                by=by.id,
                by_name=by.name[:200],
                reason=reason,
            )
        )
        await session.flush()
        await self._audit.append(session, by, f"ledger.{row.state}", f"ledger/{row.id}", facts={"agent": row.agent})
        delta: LedgerDelta = {
            "id": row.id,
            "agent": row.agent,
            "kind": row.kind,
            "state": row.state,
            "month": row.month,
        }
        agents = frozenset({row.agent})
        after_commit(session, lambda: self._publish(LEDGER, delta, agents))


def _differs(evidence: Evidence, row: LedgerEntryRow | None) -> bool:
    if row is None:
        return True
    return row.state == LedgerState.PROPOSED and (row.kind, row.facts) != (evidence.kind, dict(evidence.facts))


def _check_person(row: LedgerEntryRow, event: LedgerEvent, by: Person) -> None:
    own = by.agent == row.agent
    if event is LedgerEvent.DISPUTE:
        if not own:
            raise NotYourEntry("only the agent concerned disputes an entry", entry=row.id)
    elif own or not by.may(LEADERS):
        raise NotYourEntry("another person decides on an entry about you", entry=row.id)
    elif row.state == LedgerState.DISPUTED and by.id == row.confirmed_by:
        raise SamePerson("another person settles the dispute", entry=row.id)


async def _row(session: AsyncSession, id: str) -> LedgerEntryRow:
    row = await session.get(LedgerEntryRow, id, with_for_update=True)
    if row is None:
        raise UnknownEntry("there is no such entry", entry=id[:40])
    return row
