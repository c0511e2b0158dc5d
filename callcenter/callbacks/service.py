"""Use-cases of the queue of return calls: claim one, say how it came out, put it off, end it (wishes.py makes them).

Every use-case is one transaction; every change is a compare-and-set with a history row (store.py). What other
rooms must hear is a durable job of the same transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.blending import QueueNow
from callcenter.callbacks.choosing import Candidate, why_not
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
from callcenter.callbacks.given import given_of, word_of
from callcenter.callbacks.model import (
    BUSY,
    SAID_BY_AGENT,
    WAITING,
    Event,
    Result,
    State,
)
from callcenter.callbacks.rows import WAITS, DoNotCallRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.script_rows import EvaluationRow
from callcenter.callbacks.store import Steps, barred, item_of, load
from callcenter.callbacks.timing import Place, allowed, next_allowed
from callcenter.callbacks.wishes import Wishes
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person

TRIED = 8
"""How many of the first ones an agent tries for, when colleagues reach for the same."""
LOOKED_AT = 2000


class Floor(Protocol):
    """The incoming side: how a line's queue stands now."""

    async def queue_of(self, line: str | None) -> QueueNow: ...


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
        wishes: Wishes,
        floor: Floor,
        steps: Steps,
        endings: Endings,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._floor = floor
        self._steps = steps
        self._endings = endings
        self.wishes = wishes
        self.rules = rules

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
        for row in await self.ready(agent, TRIED):
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
        now, found, queues = self._clock(), list[ReturnCallRow](), dict[str | None, QueueNow]()
        hours, choosing = self.rules.hours, self.rules.choosing
        async for row in self._due(now, limit):
            if row.line not in queues:
                queues[row.line] = await self._floor.queue_of(row.line)
            if why_not(item_of(row), agent, now, hours, row.region, queues[row.line], choosing) is None:
                found.append(row)
                if len(found) >= limit:
                    break
        return found

    async def _due(self, now: datetime, page: int) -> AsyncIterator[ReturnCallRow]:
        """Waiting items in their hours: promises first, then what has waited long, then by due time and arrival.

        Page by page and bounded, so that a long queue of what nobody may take now is no load.
        """
        row, blending = ReturnCallRow, self.rules.choosing.blending
        promise = row.promised.is_(True) & (row.due_at <= now + blending.urgent_before)
        aged = row.promised.is_(False) & (row.due_at <= now - blending.urgent_after)
        bars = or_(DoNotCallRow.scope == "all", row.campaign.is_not(None))
        out = exists().where(DoNotCallRow.number == row.number, bars)
        query = select(row).where(WAITS, row.may_from <= now, row.may_until > now, ~out)
        query = query.order_by(row.due_at, row.arrived_at, row.id)
        for part in (query.where(promise), query.where(aged), query.where(~promise, ~aged)):
            for start in range(0, LOOKED_AT, page):
                async with self._database.read() as session:
                    rows = (await session.scalars(part.offset(start).limit(page))).all()
                for one in rows:
                    yield one
                if len(rows) < page:
                    break

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
            given = await given_of(session, id)
            if said.result is Result.CALL_AGAIN:
                await self._call_again(session, row, said, by.login)
            elif given is not None:
                await self._as_given(session, row, said, given, by.login)
            else:
                await self._endings.said(
                    session, row, said.result, by.login, said.notes, said.satisfaction, said.evaluation
                )
            return row

    async def _as_given(
        self, session: AsyncSession, row: ReturnCallRow, said: Said, given: EvaluationRow, by: str
    ) -> None:
        """The customer's answers go with the result; an agent's word cannot say that their problem is none (F1)."""
        if word_of(given) is Result.PROBLEM and said.result in (Result.CONFIRMED, Result.ANSWERED):
            raise BadResult("the customer has named a problem in the script", result=said.result.value, item=row.id)
        notes = said.notes or given.problem or given.notes
        mark = said.satisfaction or given.satisfaction
        await self._endings.said(session, row, said.result, by, notes, mark, said.evaluation or given.id)

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


def check_hand(row: ReturnCallRow, by: Person) -> None:
    """Whoever has it in hand may act on it, and leaders may; raises NotYours, LeaseOver."""
    if by.may(LEADERS) or (row.agent is not None and row.agent == by.agent and row.state in BUSY):
        return
    if row.agent is not None and row.agent == by.agent and row.state in WAITING:
        raise LeaseOver("your claim ran out and it is back in the queue", item=row.id)
    raise NotYours("a colleague has this return call, or nobody has", item=row.id)
