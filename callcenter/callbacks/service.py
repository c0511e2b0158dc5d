"""Use-cases of the queue of return calls: want one, claim one, say how it came out, put it off, end it.

Every use-case is one transaction; every change is a compare-and-set with a history row (store.py). What other
rooms must hear is a durable job of the same transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.blending import QueueNow
from callcenter.callbacks.choosing import Candidate, order, why_not
from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import (
    AlreadyCalling,
    BadResult,
    CannotTake,
    ChangedMeanwhile,
    LeaseOver,
    NothingToCall,
    NotYours,
    QuietPromise,
    ReasonMissing,
)
from callcenter.callbacks.model import (
    BUSY,
    CLOSED,
    OPEN,
    SAID_BY_AGENT,
    WAITING,
    Event,
    Result,
    State,
    Wish,
    customer_key,
)
from callcenter.callbacks.numbers import check_callable
from callcenter.callbacks.rows import DoNotCallRow, ReturnCallCauseRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook, state_of
from callcenter.callbacks.store import Steps, barred, item_of, load
from callcenter.callbacks.timing import Place, allowed, next_allowed
from callcenter.clock import Clock
from callcenter.customers.model import Customer
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person

PAGE = 100
LOOKED_AT = 2000
HOUSE = "system"
JOB = "job:"
REDONE = timedelta(hours=1)
"""For this long the same job again is the same wish told twice; afterwards it is a new one."""


class Customers(Protocol):
    """Whose number it is (customers/service.py)."""

    def key_of(self, number: str) -> str: ...

    async def by_number(self, number: str) -> Customer | None: ...


class Floor(Protocol):
    """The incoming side: how a line's queue stands now."""

    async def queue_of(self, line: str | None) -> QueueNow: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What became of a wish: the item, and whether it joined one that was there."""

    item: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Said:
    """An agent's word on how a return call came out; `again_at` for CALL_AGAIN."""

    result: Result
    notes: str = ""
    satisfaction: int | None = None
    again_at: datetime | None = None
    evaluation: str | None = None


class CallbackService:
    """The queue. `steps` changes items, `endings` closes them and tells other rooms."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        rules: Rulebook,
        customers: Customers,
        floor: Floor,
        steps: Steps,
        endings: Endings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._customers = customers
        self._floor = floor
        self._steps = steps
        self._endings = endings
        self.rules = rules

    # Wanting.

    async def want(self, wish: Wish, by: str = HOUSE, once: str | None = None, *, strict: bool = False) -> Wanted:
        """Make a return call, or join the open one of this customer and matter; told twice (`once`) it counts once.

        `strict` refuses a promise in quiet hours (QuietPromise), else it moves to the next fitting hour.
        Raises NotCallable, NeverCallable.
        """
        number = check_callable(self._customers.key_of(wish.number), self.rules.region)
        file = await self._customers.by_number(number)
        wish = replace(wish, number=number, customer=wish.customer or (file.id if file else None))
        place = self.rules.place(number)
        if strict:
            self._check_promise(wish, place)
        for _ in range(3):
            try:
                async with self._database.write() as session:
                    return await self._want(session, wish, file, place, by, once)
            except (IntegrityError, ChangedMeanwhile):
                # Two causes at the same instant: the second one finds the item of the first.
                continue
        raise ChangedMeanwhile("this customer's return call is changing just now; ask again")

    def _check_promise(self, wish: Wish, place: Place) -> None:
        hours = self.rules.hours.of(place.region)
        if wish.due_at is not None and not allowed(wish.due_at, place.zones, hours):
            fitting = next_allowed(max(wish.due_at, self._clock()), place.zones, hours)
            raise QuietPromise("nobody is called at that time of the day", next=fitting.isoformat())

    async def _want(
        self, session: AsyncSession, wish: Wish, file: Customer | None, place: Place, by: str, once: str | None
    ) -> Wanted:
        if once is not None:
            told = await self._told(session, once)
            if told is not None:
                return Wanted(told, True)
        keys = {customer_key(wish.customer, wish.number), customer_key(None, wish.number)}
        query = select(ReturnCallRow).where(
            ReturnCallRow.customer_key.in_(keys),
            ReturnCallRow.matter == wish.matter,
            ReturnCallRow.state.in_([state.value for state in OPEN]),
        )
        row = (await session.scalars(query.with_for_update())).first()
        joined = row is not None
        if row is None:
            row = self._row(wish, file, place)
            session.add(row)
            await session.flush()
            self._steps.note(session, row, "made", by, wish.reason)
        else:
            await self._join(session, row, wish, place, by)
        cause = ReturnCallCauseRow(
            item=row.id, at=self._clock(), source=wish.source.value, call=wish.call, text=wish.reason, by=by, once=once
        )
        session.add(cause)
        return Wanted(row.id, joined)

    async def _told(self, session: AsyncSession, once: str) -> str | None:
        """The item that this very cause has made or joined; a job of long ago that asks the same asks anew."""
        query = select(ReturnCallCauseRow).where(ReturnCallCauseRow.once == once)
        cause = (await session.scalars(query)).first()
        if cause is None:
            return None
        item = await load(session, cause.item)
        if once.startswith(JOB) and item.state in CLOSED and cause.at < self._clock() - REDONE:
            cause.once = None
            await session.flush()
            return None
        return cause.item

    def _row(self, wish: Wish, file: Customer | None, place: Place) -> ReturnCallRow:
        now = self._clock()
        times = self.rules.times(wish, now, place)
        return ReturnCallRow(
            id=uuid4().hex, rev=1, state=state_of(wish).value, source=wish.source.value, matter=wish.matter,
            customer_key=customer_key(wish.customer, wish.number), customer=wish.customer, number=wish.number,
            region=place.region, zones=list(place.zones), standing=file.standing.value if file else "ordinary",
            line=wish.line, language=wish.language, case=wish.case, call=wish.call, campaign=wish.campaign,
            reason=wish.reason, promised=wish.promised, due_at=times.due_at, may_from=times.may_from,
            may_until=times.may_until, arrived_at=wish.arrived_at or now, created_at=now, preferred=wish.agent,
            agent=None, lease_until=None, attempts=0, intent=None, notes="", satisfaction=None,
        )  # fmt: skip

    async def _join(self, session: AsyncSession, row: ReturnCallRow, wish: Wish, place: Place, by: str) -> None:
        """A further cause: the earlier due time and the promise count, the place in the queue stays."""
        times = self.rules.times(wish, self._clock(), place)
        earlier = wish.promised >= row.promised and (times.due_at < row.due_at or wish.promised > row.promised)
        values: dict[str, Any] = {}
        if earlier:
            values = {"due_at": times.due_at, "may_from": times.may_from, "may_until": times.may_until}
        values |= {
            "promised": row.promised or wish.promised,
            "arrived_at": min(row.arrived_at, wish.arrived_at or row.arrived_at),
        }
        values |= {
            "case": row.case or wish.case,
            "language": row.language or wish.language,
            "preferred": row.preferred or wish.agent,
        }
        if row.state == State.UNREACHABLE:
            fresh = {"due_at": times.due_at, "may_from": times.may_from, "may_until": times.may_until, "attempts": 0}
            await self._steps.take(session, row, Event.ASK_AGAIN, by, wish.reason, **(values | fresh))
        elif row.state in BUSY:
            self._steps.note(session, row, "joined", by, wish.reason)
        else:
            await self._steps.change(session, row, "joined", by, **values)

    # Taking.

    async def claim(self, id: str, agent: Candidate, by: Person) -> ReturnCallRow:
        """Take one into hand: nobody else may while the lease runs.

        Raises UnknownReturnCall, CannotTake, AlreadyCalling, ChangedMeanwhile.
        """
        async with self._database.read() as session:
            line = (await load(session, id)).line
        queue = await self._floor.queue_of(line)
        try:
            async with self._database.write() as session:
                row = await load(session, id)
                await self._claim(session, row, agent, queue, by.login)
                return row
        except IntegrityError:
            raise AlreadyCalling("this customer is being called, or you hold another return call", item=id) from None

    async def claim_next(self, agent: Candidate, by: Person) -> ReturnCallRow:
        """Take the first one that this agent may take now. Raises NothingToCall, AlreadyCalling."""
        mine = await self.in_hand(agent.number)
        if mine is not None:
            raise AlreadyCalling("you hold another return call", item=mine.id)
        for row in await self.ready(agent):
            try:
                return await self.claim(row.id, agent, by)
            except (AlreadyCalling, ChangedMeanwhile, CannotTake):
                # A colleague was quicker by an instant; the next one is as good.
                continue
        raise NothingToCall("nothing in the queue is yours to call now", agent=agent.number)

    async def _claim(
        self, session: AsyncSession, row: ReturnCallRow, agent: Candidate, queue: QueueNow, by: str
    ) -> None:
        now, item = self._clock(), item_of(row)
        out = await barred(session, row.number, "survey" if row.campaign else "all") is not None
        why = why_not(item, agent, now, self.rules.hours, row.region, queue, self.rules.choosing, barred=out)
        if why is not None:
            raise CannotTake("you may not take this return call now", why=why.value, item=row.id)
        until = now + self.rules.lease
        await self._steps.take(session, row, Event.CLAIM, by, agent=agent.number, lease_until=until)

    async def ready(self, agent: Candidate, limit: int = 20) -> list[ReturnCallRow]:
        """What this agent may take now, the most urgent first."""
        now, found, queues = self._clock(), [], dict[str | None, QueueNow]()
        hours, choosing = self.rules.hours, self.rules.choosing
        async for row in self._due(now):
            if row.line not in queues:
                queues[row.line] = await self._floor.queue_of(row.line)
            item = item_of(row)
            if why_not(item, agent, now, hours, row.region, queues[row.line], choosing) is None:
                found.append((order(item, now, choosing), row))
                if len(found) >= max(limit, PAGE):
                    break
        return [row for _, row in sorted(found, key=lambda one: one[0])][:limit]

    async def _due(self, now: datetime) -> AsyncIterator[ReturnCallRow]:
        """Waiting items in their hours, by due time, page by page; a bounded look, so that a long queue is no load."""
        waiting = ReturnCallRow.state.in_([state.value for state in WAITING])
        bars = or_(DoNotCallRow.scope == "all", ReturnCallRow.campaign.is_not(None))
        out = exists().where(DoNotCallRow.number == ReturnCallRow.number, bars)
        query = select(ReturnCallRow).where(waiting, ReturnCallRow.may_from <= now, ReturnCallRow.may_until > now, ~out)
        query = query.order_by(ReturnCallRow.due_at, ReturnCallRow.id)
        seen: ReturnCallRow | None = None
        for _ in range(LOOKED_AT // PAGE):
            page = query
            if seen is not None:
                same = (ReturnCallRow.due_at == seen.due_at) & (ReturnCallRow.id > seen.id)
                page = query.where(or_(ReturnCallRow.due_at > seen.due_at, same))
            async with self._database.read() as session:
                rows = (await session.scalars(page.limit(PAGE))).all()
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            seen = rows[-1]

    async def in_hand(self, agent: str) -> ReturnCallRow | None:
        """What this agent has claimed, dials or talks about."""
        busy = ReturnCallRow.state.in_([state.value for state in BUSY])
        async with self._database.read() as session:
            return (await session.scalars(select(ReturnCallRow).where(ReturnCallRow.agent == agent, busy))).first()

    async def release(self, id: str, by: Person, why: str = "") -> ReturnCallRow:
        """Give it back unheard. Raises NotYours, IllegalTransition once it is dialled."""
        async with self._database.write() as session:
            row = await load(session, id)
            check_hand(row, by)
            await self._steps.take(session, row, Event.RELEASE, by.login, why, lease_until=None)
            return row

    # Saying how it came out.

    async def result(self, id: str, said: Said, by: Person) -> ReturnCallRow:
        """The agent's word, during the call or after it. Raises NotYours, BadResult, IllegalTransition."""
        if said.result not in SAID_BY_AGENT:
            raise BadResult("an agent does not say this", result=said.result.value)
        async with self._database.write() as session:
            row = await load(session, id)
            check_hand(row, by)
            if said.result is Result.CALL_AGAIN:
                await self._call_again(session, row, said, by.login)
            else:
                await self._endings.said(
                    session, row, said.result, by.login, said.notes, said.satisfaction, said.evaluation
                )
            return row

    async def _call_again(self, session: AsyncSession, row: ReturnCallRow, said: Said, by: str) -> None:
        if said.again_at is None:
            raise BadResult("say when the customer wants to be called", result=said.result.value)
        times = self._appointed(row, said.again_at)
        await self._endings.attempt_over(session, row, Result.CALL_AGAIN)
        await self._steps.take(
            session, row, Event.SCHEDULE, by, said.notes, **times, promised=True, promised_by=by, intent=None,
            lease_until=None, last_result=said.result.value, last_at=self._clock(), preferred=row.agent,
            attempts=row.attempts + 1,
        )  # fmt: skip

    def _appointed(self, row: ReturnCallRow, at: datetime) -> dict[str, Any]:
        """A named time as columns; raises QuietPromise."""
        place = Place(row.region, tuple(row.zones))
        hours = self.rules.hours.of(row.region)
        if not allowed(at, place.zones, hours):
            fitting = next_allowed(max(at, self._clock()), place.zones, hours)
            raise QuietPromise("nobody is called at that time of the day", next=fitting.isoformat())
        times = self.rules.at(at, self._clock(), place, hours, appointed=True)
        return {"due_at": times.due_at, "may_from": times.may_from, "may_until": times.may_until}

    # Putting off and ending.

    async def schedule(
        self, id: str, at: datetime, by: Person, why: str = "", *, promised: bool = True
    ) -> ReturnCallRow:
        """Name a time for it. Raises QuietPromise, NotYours (a colleague has it in hand), IllegalTransition."""
        async with self._database.write() as session:
            row = await load(session, id)
            if row.state in BUSY:
                check_hand(row, by)
            times = self._appointed(row, at)
            more = {"promised": promised or row.promised, "promised_by": by.login if promised else row.promised_by}
            again = {"attempts": 0} if row.state == State.UNREACHABLE else {}
            await self._steps.take(
                session, row, Event.SCHEDULE, by.login, why, lease_until=None, **times, **more, **again
            )
            return row

    async def withdraw(self, id: str, by: Person, why: str) -> ReturnCallRow:
        """It is no longer needed. Raises ReasonMissing, IllegalTransition while the customer is on the phone."""
        return await self._end(id, Event.WITHDRAW, Result.WITHDRAWN, by, why)

    async def expire(self, id: str, by: Person, why: str) -> ReturnCallRow:
        """It came too late to be of use: a person's word, never the clock's. Raises ReasonMissing."""
        return await self._end(id, Event.EXPIRE, Result.EXPIRED, by, why)

    async def sign_unreachable(self, id: str, by: Person, why: str) -> ReturnCallRow:
        """The supervisor signs that the customer could not be reached. Raises ReasonMissing, IllegalTransition."""
        return await self._end(id, Event.SIGN, Result.UNREACHABLE_SIGNED, by, why)

    async def _end(self, id: str, event: Event, result: Result, by: Person, why: str) -> ReturnCallRow:
        if not why.strip():
            raise ReasonMissing("say why", item=id[:40])
        async with self._database.write() as session:
            row = await load(session, id)
            if row.state in BUSY:
                check_hand(row, by)
            await self._endings.close(session, row, event, result, by.login, why.strip())
            await self._audit.append(session, by, f"return_call.{event}", f"return_call/{id}", facts={"why": why[:400]})
            return row

    async def sweep(self) -> int:
        """What the clock does: claims that ran out go back, results never said are written as such, hours roll on."""
        now = self._clock()
        async with self._database.read() as session:
            over = await self._ids(
                session, ReturnCallRow.state.in_([s.value for s in BUSY]), ReturnCallRow.lease_until <= now
            )
            waiting = ReturnCallRow.state.in_([s.value for s in WAITING])
            late = await self._ids(session, waiting, ReturnCallRow.may_until <= now)
        for id in [*over, *late]:
            try:
                async with self._database.write() as session:
                    await self._swept(session, await load(session, id), now)
            except ChangedMeanwhile:
                continue
        return len(over) + len(late)

    async def _ids(self, session: AsyncSession, *conditions: Any) -> Sequence[str]:
        return (await session.scalars(select(ReturnCallRow.id).where(*conditions).limit(LOOKED_AT))).all()

    async def _swept(self, session: AsyncSession, row: ReturnCallRow, now: datetime) -> None:
        ran_out = row.lease_until is not None and row.lease_until <= now
        if row.state == State.CLAIMED and ran_out:
            await self._steps.take(session, row, Event.LEASE_ENDED, HOUSE, lease_until=None)
        elif row.state == State.TALKING and ran_out:
            await self._endings.said(session, row, Result.UNSAID, HOUSE, "the agent wrote no result")
        elif row.state in WAITING and row.may_until <= now:
            place = Place(row.region, tuple(row.zones))
            times = self.rules.at(row.due_at, now, place, self.rules.hours.of(row.region), appointed=False)
            # What was due stays due: a night does not make a late call less late.
            await self._steps.change(
                session, row, "next_hours", HOUSE, may_from=times.may_from, may_until=times.may_until
            )


def check_hand(row: ReturnCallRow, by: Person) -> None:
    """Whoever has it in hand may act on it, and leaders may; raises NotYours, LeaseOver."""
    if by.may(LEADERS) or (row.agent is not None and row.agent == by.agent and row.state in BUSY):
        return
    if row.agent is not None and row.agent == by.agent and row.state in WAITING:
        raise LeaseOver("your claim ran out and it is back in the queue", item=row.id)
    raise NotYours("a colleague has this return call, or nobody has", item=row.id)
