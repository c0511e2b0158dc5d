"""Call record use cases: written live from AMI, completed from the PBX's files, read by users."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.by_number import numbers_query, of_numbers
from callcenter.calls.effects import LegWitnessed
from callcenter.calls.endings import BROKEN, NOT_SERVED
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.notes.filter import RecordState, recorded
from callcenter.calls.recorded import Announce
from callcenter.calls.rows import (
    CallAgentRow,
    CallLiveRow,
    CallRow,
    CelEventRow,
    DamagedLineRow,
    OfferRow,
    PbxSeenRow,
    QueueEventRow,
    WitnessRow,
)
from callcenter.calls.rules import RuleBook
from callcenter.calls.store import Change, keep_live, offers_of, rebuild_all, record_of, save
from callcenter.calls.stored_sources import cut_off_before
from callcenter.errors import NotFound
from callcenter.facts import AgentNumber, CallId, LineCode, Linkedid
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly
from callcenter.storage.paging import Position, newest_first
from callcenter.storage.upsert import insert_ignore


class UnknownCall(NotFound):
    code = "call_not_found"


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Selects calls; None means no restriction. `since` is inclusive, `until` exclusive."""

    line: LineCode | None = None
    agent: AgentNumber | None = None
    """Who answered or dialled the call, or talked on it after a transfer."""
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    number: str | None = None
    late: bool | None = None
    harmed: bool = False
    """Only callers who were not served, or who were cut off during the conversation (R7)."""
    ended_since: datetime | None = None
    """Without calls that were over before."""
    record: RecordState | None = None
    """`missing`: a conversation whose record (W1) nobody has finished."""

    def conditions(self) -> list[ColumnElement[bool]]:
        elements: list[ColumnElement[bool] | None] = [
            None if self.record is None else recorded(self.record),
            None if self.line is None else CallRow.line == self.line,
            None if self.outcome is None else CallRow.outcome == self.outcome.value,
            None if self.since is None else CallRow.arrived_at >= self.since,
            None if self.until is None else CallRow.arrived_at < self.until,
            None if self.number is None else CallRow.caller_number == self.number,
            None if self.late is None else CallRow.late.is_(self.late),
            _HARMED if self.harmed else None,
            None if self.ended_since is None else or_(CallRow.ended_at.is_(None), CallRow.ended_at >= self.ended_since),
        ]
        return [entry for entry in elements if entry is not None]


@dataclass(frozen=True, slots=True)
class OfferFilter:
    agent: AgentNumber | None = None
    late: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        elements: list[ColumnElement[bool] | None] = [
            None if self.agent is None else OfferRow.agent == self.agent,
            None if self.late is None else OfferRow.late.is_(self.late),
            None if self.since is None else OfferRow.offered_at >= self.since,
            None if self.until is None else OfferRow.offered_at < self.until,
        ]
        return [entry for entry in elements if entry is not None]


_HARMED: Final = or_(
    CallRow.outcome.in_(sorted(NOT_SERVED)),
    and_(CallRow.outcome == Outcome.ANSWERED.value, CallRow.reason.in_(sorted(BROKEN))),
)


class CallService:
    """The calls of one PBX; `rules` apply to new calls, `announce` queues what follows final records."""

    def __init__(self, database: Database, pbx: str, rules: RuleBook, announce: Announce | None = None) -> None:
        self._database = database
        self._pbx = pbx
        self._rules = rules
        self._announce = announce

    async def keep(
        self,
        records: Sequence[CallRecord],
        witnessed: Sequence[LegWitnessed] = (),
        whole: Collection[str] = (),
    ) -> None:
        """Store what AMI saw, in one transaction: ended calls, and leg events that only AMI has.

        The files outweigh it; what they lack is taken from it (record.py). An ended call without an outcome is stored
        as it is: only the files show how it ended. `whole` are the calls (linkedids) that were watched from their first
        event to their last.
        """
        for last in (False, False, True):
            try:
                async with self._database.write() as session:
                    final = await self._keep_records(session, records, whole)
                    final |= await self._keep_witnesses(session, witnessed)
                    # The file reader does not revisit a call that the files have ended, so it is rebuilt here.
                    await self._rebuild(session, final)
                return
            except IntegrityError:
                # The file reader wrote its first record of a call between our read and our write; read again.
                if last:
                    raise

    async def _keep_records(
        self, session: AsyncSession, records: Sequence[CallRecord], whole: Collection[str]
    ) -> set[Linkedid]:
        by_id = {call.id: call for call in records}
        await keep_live(session, by_id.values(), whole)
        query = select(CallRow).where(CallRow.id.in_(by_id)).with_for_update()
        rows = {row.id: row for row in await session.scalars(query)} if by_id else {}
        final = {row.linkedid for row in rows.values() if row.final}
        changes = [
            Change(row, call, self._rules.for_line(call.line), self._rules.policy_version, "live", final=False)
            for id_, call in by_id.items()
            if (row := rows.get(id_)) is None or (row.source == "live" and not row.final)
        ]
        await save(session, changes)
        return final

    async def _keep_witnesses(self, session: AsyncSession, witnessed: Sequence[LegWitnessed]) -> set[Linkedid]:
        if not witnessed:
            return set()
        seen = [
            {"pbx": self._pbx, "linkedid": witness.linkedid, "leg": witness.leg, "kind": witness.kind, "at": witness.at}
            for witness in witnessed
        ]
        await session.execute(insert_ignore(session, WitnessRow), seen)
        ended = select(CallRow.linkedid).where(
            CallRow.pbx == self._pbx, CallRow.final, CallRow.linkedid.in_({witness.linkedid for witness in witnessed})
        )
        return set(await session.scalars(ended))

    async def pbx_seen(self, at: datetime, kind: str) -> None:
        """Store a last sign of life of Asterisk; calls that it ended while shutting down are judged again."""
        async with self._database.write() as session:
            await session.execute(insert_ignore(session, PbxSeenRow).values(pbx=self._pbx, at=at, kind=kind))
            cut = await cut_off_before(session, self._pbx, at) if kind == "stopped" else set()
            await self._rebuild(session, cut)

    async def close_gone(self, living: frozenset[Linkedid], at: datetime) -> int:
        """Close open calls that a complete snapshot of the PBX, taken at `at`, does not contain; return how many.

        Call it once the files are read to their ends; a call whose last event is newer than `at` stays open.
        """
        async with self._database.write() as session:
            open_calls = await session.scalars(
                select(CallRow.linkedid).where(
                    mostly(CallRow.pbx == self._pbx), CallRow.final.is_(False), CallRow.arrived_at < at
                )
            )
            gone = sorted(set(open_calls) - living)
            for linkedid in gone:
                session.add(WitnessRow(pbx=self._pbx, linkedid=linkedid, leg=linkedid, kind="gone", at=at))
            await session.flush()
            return await self._rebuild(session, gone)

    async def _rebuild(self, session: AsyncSession, linkedids: Collection[Linkedid]) -> int:
        """Build calls from everything stored about them and announce the final ones; return how many."""
        built = await rebuild_all(session, self._pbx, linkedids, self._rules)
        final = [call.record.id for call in built if call.final]
        if self._announce is not None:
            await self._announce(session, final)
        return len(final)

    async def get(self, call: CallId) -> CallRecord:
        """One call by its id. Raises UnknownCall."""
        async with self._database.read() as session:
            row = await session.get(CallRow, call)
            if row is None:
                raise UnknownCall(f"there is no call {call}", call=call)
            return (await _records(session, [row]))[0]

    async def several(self, calls: Sequence[str]) -> list[CallRecord]:
        """Return those of these calls that exist."""
        async with self._database.read() as session:
            return await _records(session, (await session.scalars(select(CallRow).where(CallRow.id.in_(calls)))).all())

    async def find(self, filter: CallFilter, limit: int = 50, after: Position | None = None) -> list[CallRecord]:
        """Return calls, newest first, after the cursor (arrived_at, id).

        An agent's calls are found through the agent's index, so that a long history costs no more than a short one.
        """
        query = select(CallRow).where(*filter.conditions())
        at, name = CallRow.arrived_at, CallRow.id
        if filter.agent is not None:
            query = query.join(CallAgentRow, CallAgentRow.call == CallRow.id).where(CallAgentRow.agent == filter.agent)
            at, name = CallAgentRow.arrived_at, CallAgentRow.call
            if filter.since is not None:
                query = query.where(at >= filter.since)
        query = newest_first(query, at, name, limit, after)
        async with self._database.read() as session:
            return await _records(session, (await session.scalars(query)).all())

    async def talk_times(self, line: str, since: datetime, most: int) -> list[float]:
        """Seconds of talk of a line's newest answered calls since an instant."""
        query = select(CallRow.talk_seconds).where(
            CallRow.line == line,
            CallRow.direction == Direction.INBOUND.value,
            CallRow.outcome == Outcome.ANSWERED.value,
            CallRow.final,
            CallRow.end_known,
            CallRow.arrived_at >= since,
        )
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(CallRow.arrived_at.desc()).limit(most))
            return [row for row in rows if row is not None]

    async def last_of(self, number: str, limit: int = 5) -> list[CallRecord]:
        """Return the last calls of a number, newest first; none for a hidden number."""
        return await self.find(CallFilter(number=number), limit) if number else []

    async def of_numbers(
        self, numbers: Sequence[str], limit: int = 50, after: Position | None = None
    ) -> list[CallRecord]:
        """Return calls from and to any of these numbers as spelt here, newest first, after the cursor.

        Each number is queried separately through its own index, so that the cost grows with the numbers and not with
        the history.
        """
        spelt = tuple(dict.fromkeys(numbers))
        if not spelt:
            return []
        query = of_numbers(len(spelt), limit) if after is None else numbers_query(spelt, limit, after)
        values = {f"n{place}": number for place, number in enumerate(spelt)} if after is None else {}
        async with self._database.read() as session:
            return await _records(session, (await session.scalars(query, values)).all())

    async def offers(self, filter: OfferFilter, limit: int = 50, after: Position | None = None) -> list[OfferRow]:
        """Return offers, newest first, after the cursor (offered_at, leg)."""
        query = select(OfferRow).where(*filter.conditions())
        query = newest_first(query, OfferRow.offered_at, OfferRow.leg, limit, after)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def damaged_lines(self, limit: int) -> list[DamagedLineRow]:
        """Return the unparsed parts of the PBX's files, newest first."""
        query = select(DamagedLineRow).where(DamagedLineRow.pbx == self._pbx)
        query = newest_first(query, DamagedLineRow.at, DamagedLineRow.id, limit)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def final_among(self, names: Sequence[str]) -> list[CallRecord]:
        """Return those of these calls, by id or linkedid, that the files have ended."""
        query = select(CallRow).where(CallRow.final, or_(CallRow.id.in_(names), CallRow.linkedid.in_(names)))
        async with self._database.read() as session:
            return await _records(session, (await session.scalars(query)).all())

    async def forget_raw(self, now: datetime, days: int) -> None:
        """Delete raw events and witnesses older than the retention; the resulting records stay."""
        before = now - timedelta(days=days)
        async with self._database.write() as session:
            for table in (CelEventRow, QueueEventRow, WitnessRow, DamagedLineRow, CallLiveRow, PbxSeenRow):
                await session.execute(delete(table).where(table.at < before))


async def _records(session: AsyncSession, rows: Sequence[CallRow]) -> list[CallRecord]:
    if not rows:
        return []
    offers = await offers_of(session, [row.id for row in rows])
    return [record_of(row, offers.get(row.id, ())) for row in rows]
