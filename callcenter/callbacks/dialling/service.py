"""Dials a claimed return call: the agent's phone first, then the customer; at most once, whatever crashes meanwhile.

The intent to dial, the attempt and the return call's transition are stored in one transaction before anything is sent,
and the intent's id is the Uniqueid of the agent's channel. After a crash the outcome can therefore be looked up in the
PBX's channels and the call's record. Nothing is ever resent automatically; a return call without a trace goes back to
the queue.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.asterisk.ami_errors import AmiRefused
from callcenter.asterisk.ami_protocol import BadAction
from callcenter.callbacks.dialling.dial_outcome import alive, conversing, reach_of, result_of
from callcenter.callbacks.dialling.numbers import dialled
from callcenter.callbacks.dialling.ports import Pbx, Phones, Records
from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import AlreadyCalling, ChangedMeanwhile, DoNotCall, LeaseOver, NotYours, QuietHours
from callcenter.callbacks.model import Event, Reach, Result, State
from callcenter.callbacks.rows import ReturnCallAttemptRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.store import BY_SYSTEM, Steps, barred, load
from callcenter.callbacks.timing import allowed, next_allowed
from callcenter.calls.model import CallRecord
from callcenter.clock import Clock
from callcenter.errors import IllegalTransition, NotFound, Unavailable
from callcenter.facts import ChannelSeen
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents, IntentState
from callcenter.web.roles import Person

CONTEXT = "cc-callback"
CALLER_ID = "return-call"

log = structlog.get_logger(__name__)


class Dialling:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        rules: Rulebook,
        intents: Intents,
        pbx: Pbx,
        records: Records,
        agent_phones: Phones,
        steps: Steps,
        endings: Endings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._intents = intents
        self._pbx = pbx
        self._records = records
        self._agent_phones = agent_phones
        self._steps = steps
        self._endings = endings
        self._began = clock()

    async def dial(self, id: str, by: Person) -> ReturnCallRow:
        """Call the agent's phone, then the customer's.

        Raises NotYours, LeaseOver, QuietHours, DoNotCall, NoPhoneThere, AlreadyCalling, AmiClosed, and
        IllegalTransition when it is already dialled.
        """
        async with self._database.read() as session:
            held = await load(session, id)
        self._check(held, by)
        interface = await self._agent_phones.interface(held.agent or "")
        await self._check_silent(held)
        async with self._database.write() as session:
            row = await load(session, id)
            self._check(row, by)
            await self._check_allowed(session, row)
            headers = self._headers(row, interface)
            intent = await self._intents.note("Originate", headers, session)
            await self._steps.take(session, row, Event.DIAL, by.login, intent=intent, lease_until=None)
            attempt = ReturnCallAttemptRow(
                item=row.id, agent=row.agent, intent=intent, call=self._rules.call_of(intent), at=self._clock()
            )
            session.add(attempt)
        await self._send(row, intent, interface)
        return row

    def _check(self, row: ReturnCallRow, by: Person) -> None:
        if row.agent is None or row.agent != by.agent:
            raise NotYours("only the agent who holds it dials it", item=row.id)
        if row.state == State.QUEUED or (row.lease_until is not None and row.lease_until <= self._clock()):
            raise LeaseOver("your claim ran out; claim it again", item=row.id)
        if row.state != State.CLAIMED:
            raise IllegalTransition("return call", row.state, Event.DIAL)

    async def _check_silent(self, row: ReturnCallRow) -> None:
        """Ask the PBX: an earlier call to this customer may still be up although its result is written."""
        query = (
            select(ReturnCallAttemptRow.intent)
            .join(ReturnCallRow, ReturnCallRow.id == ReturnCallAttemptRow.item)
            .where(ReturnCallRow.number == row.number, ReturnCallAttemptRow.ended_at.is_(None))
        )
        async with self._database.read() as session:
            intents = (await session.scalars(query)).all()
        channels = await self._pbx.channels() if intents else ()
        if any(alive(channels, intent) for intent in intents):
            raise AlreadyCalling("an earlier call to this customer is still in progress", item=row.id)

    async def _check_allowed(self, session: AsyncSession, row: ReturnCallRow) -> None:
        """Check again immediately before dialling: calling hours may have ended while the agent was reading."""
        now, hours = self._clock(), self._rules.hours.of(row.region)
        bar = await barred(session, row.number, "survey" if row.campaign else "all")
        if bar is not None:
            raise DoNotCall("this number is on the do-not-call list", item=row.id, reason=bar.reason[:200])
        if not allowed(now, row.zones, hours):
            fitting = next_allowed(now, row.zones, hours)
            raise QuietHours("calls are not allowed there at this time", item=row.id, next=fitting.isoformat())

    def _headers(self, row: ReturnCallRow, interface: str) -> list[tuple[str, str]]:
        return [("Channel", interface), ("Context", CONTEXT), ("Item", row.id), ("Agent", row.agent or "")]

    async def _send(self, row: ReturnCallRow, intent: str, interface: str) -> None:
        number = dialled(row.number, self._rules.region, self._rules.dial_as)
        variables = {"CC_LINE": row.line or "none", "CC_RING": str(self._rules.ring_seconds), "CC_ITEM": row.id}
        try:
            await self._pbx.originate(intent, interface, CONTEXT, number, CALLER_ID, variables)
        except (AmiRefused, BadAction) as error:
            await self._intents.settle(intent, IntentState.REFUSED, error.detail)
            await self._over(intent, Result.NOT_SENT, error.detail)
            raise
        except Unavailable as error:
            # It may or may not have been sent: the next check finds out, and it is never resent.
            log.warning("dial_outcome_unknown", intent=intent, error=error.detail)
        else:
            await self._intents.settle(intent, IntentState.DONE)

    # Checking.

    async def look(self) -> None:
        """Check what became of the dials under way: at every tick, and first thing after a start."""
        rows = await self._under_way()
        if rows:
            channels = await self._channels()
            for row in rows:
                await self._look_at(row, channels)
        await self._agent_phones.settle(await self.in_hand())

    async def reach(self, id: str) -> Reach | None:
        """How far the dial of this return call has got; None when it is not dialled or this is unknown.

        Raises UnknownReturnCall.
        """
        async with self._database.read() as session:
            row = await load(session, id)
        if row.state == State.DIALLING:
            channels = await self._channels()
            await self._look_at(row, channels)
            if channels is not None and alive(channels, row.intent or ""):
                return reach_of(channels, row.intent or "")
        return Reach.ANSWERED if row.state == State.TALKING else None

    async def _channels(self) -> Sequence[ChannelSeen] | None:
        try:
            return await self._pbx.channels()
        except Unavailable:
            return None

    async def in_hand(self) -> frozenset[str]:
        """The agents who hold a return call."""
        busy = ReturnCallRow.state.in_((State.CLAIMED.value, State.DIALLING.value, State.TALKING.value))
        async with self._database.read() as session:
            return frozenset(row for row in await session.scalars(select(ReturnCallRow.agent).where(busy)) if row)

    async def _under_way(self) -> Sequence[ReturnCallRow]:
        calling = ReturnCallRow.state.in_((State.DIALLING.value, State.TALKING.value))
        query = select(ReturnCallRow).where(calling, ReturnCallRow.lease_until.is_(None))
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def _look_at(self, row: ReturnCallRow, channels: Sequence[ChannelSeen] | None) -> None:
        intent = row.intent or ""
        if channels is not None and alive(channels, intent):
            await self._intents.settle(intent, IntentState.DONE, "seen on the PBX")
            if row.state == State.DIALLING and conversing(channels, intent):
                await self._answered(intent)
            return
        record = await self._record(intent)
        # Until the PBX's files are read, a record holds only what AMI saw: it names no legs and may lack the ending.
        if record is not None and record.ended_at is not None and record.legs:
            await self.ended([record])
        elif channels is not None and record is None and await self._without_trace(intent):
            await self._intents.settle(intent, IntentState.UNKNOWN, "no trace on the PBX")
            await self._over(intent, Result.NOT_SENT, "no trace on the PBX")

    async def _record(self, intent: str) -> CallRecord | None:
        try:
            return await self._records.get(self._rules.call_of(intent))
        except NotFound:
            return None

    async def _without_trace(self, intent: str) -> bool:
        """Also counted from our own start: after a long outage the PBX's files must first be read to their end."""
        async with self._database.read() as session:
            noted = await session.scalar(select(ReturnCallAttemptRow.at).where(ReturnCallAttemptRow.intent == intent))
        since = max(noted or self._began, self._began)
        return self._clock() - since >= self._rules.lost_after

    async def _answered(self, intent: str) -> None:
        try:
            async with self._database.write() as session:
                row = await self._row(session, intent)
                if row is not None and row.state == State.DIALLING:
                    await self._steps.take(session, row, Event.ANSWERED, BY_SYSTEM)
                    await self._note(session, intent, answered_at=self._clock())
        except ChangedMeanwhile:
            log.info("callback_changed_while_checked", intent=intent)

    async def _over(self, intent: str, result: Result, detail: str) -> None:
        """Write the service's own result for a dial: the customer was not called, or could not be reached."""
        async with self._database.write() as session:
            row = await self._row(session, intent)
            if row is not None and row.state == State.DIALLING:
                await self._endings.record(session, row, result, BY_SYSTEM, detail=detail)
            elif row is not None and row.lease_until is None:
                await self._await_result(session, row)

    async def ended(self, records: Sequence[CallRecord]) -> None:
        """Handle final records of calls; those that we dialled settle their attempts. Idempotent."""
        ours = await self._dialled({record.linkedid for record in records})
        for record in (record for record in records if record.linkedid in ours):
            for _ in range(3):
                try:
                    async with self._database.write() as session:
                        await self._ended(session, record)
                    break
                except ChangedMeanwhile:
                    continue

    async def _dialled(self, linkedids: Collection[str]) -> set[str]:
        """The calls among these that are our own dials."""
        query = select(ReturnCallAttemptRow.intent).where(ReturnCallAttemptRow.intent.in_(linkedids))
        async with self._database.read() as session:
            return {intent for intent in await session.scalars(query) if intent is not None}

    async def _ended(self, session: AsyncSession, record: CallRecord) -> None:
        query = select(ReturnCallAttemptRow).where(ReturnCallAttemptRow.intent == record.linkedid)
        attempt = (await session.scalars(query)).first()
        if attempt is None:
            return
        answered = record.answered_at or attempt.answered_at
        await self._note(session, attempt.intent, answered_at=answered, ended_at=record.ended_at)
        result, detail = result_of(record), record.reason or ""
        row = await self._row(session, attempt.intent)
        if row is None:
            await self._late_truth(session, attempt, result)
        elif result is not None and row.state == State.DIALLING:
            await self._endings.record(session, row, result, BY_SYSTEM, detail=detail)
        elif row.lease_until is None:
            await self._await_result(session, row)

    async def _await_result(self, session: AsyncSession, row: ReturnCallRow) -> None:
        """They talked and the call is over: the agent records the result within the time that the centre allows."""
        until = self._clock() + self._rules.result_wait
        if row.state == State.DIALLING:
            await self._steps.take(session, row, Event.ANSWERED, BY_SYSTEM, lease_until=until)
        elif row.state == State.TALKING:
            await self._steps.change(session, row, "call_ended", BY_SYSTEM, lease_until=until)

    async def _late_truth(self, session: AsyncSession, attempt: ReturnCallAttemptRow, result: Result | None) -> None:
        """Correct an attempt that the PBX's files later contradict: it left no trace, or continued after a result."""
        talked = result is None and attempt.result in (Result.CANCELLED, Result.BUSY, Result.NO_ANSWER)
        if attempt.result == Result.NOT_SENT or talked:
            later = "talked" if result is None else result.value
            values = {"result": (result or Result.UNSAID).value, "detail": f"reported later by the PBX: {later}"}
            await self._note(session, attempt.intent, **values)

    async def _row(self, session: AsyncSession, intent: str) -> ReturnCallRow | None:
        """The return call whose dial this is; None when it has moved on since."""
        return (await session.scalars(select(ReturnCallRow).where(ReturnCallRow.intent == intent))).first()

    async def _note(self, session: AsyncSession, intent: str, **values: datetime | str | None) -> None:
        mine = ReturnCallAttemptRow.intent == intent
        await session.execute(update(ReturnCallAttemptRow).where(mine).values(**values))
