"""Handles the queue of return calls: claim one, record its result, postpone it, end it (requests.py creates them).

Every use-case is one transaction; every change is a compare-and-set with a history row (store.py). Other packages are
notified by durable jobs in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.blending import QueueLoad
from callcenter.callbacks.choosing import Candidate, Why, why_not
from callcenter.callbacks.endings import Endings
from callcenter.callbacks.errors import (
    AlreadyCalling,
    CannotTake,
    ChangedMeanwhile,
    NothingToCall,
    NotYours,
    ReasonMissing,
)
from callcenter.callbacks.model import BUSY, Event, Result, State
from callcenter.callbacks.results import AgentResult, Line, Results, check_hand
from callcenter.callbacks.rows import WAITS, DoNotCallRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook
from callcenter.callbacks.store import Steps, barred, callback_of, load
from callcenter.callbacks.timing import Place
from callcenter.clock import Clock
from callcenter.errors import IllegalTransition
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM, Audit
from callcenter.web.roles import LEADERS, Person

TRIED = 8
"""How many of the first ones an agent tries when colleagues claim the same."""
LOOKED_AT = 2000


class Floor(Protocol):
    """The incoming side: the current state of a line's queue."""

    async def queue_of(self, line: str | None) -> QueueLoad: ...


class Dials(Line, Protocol):
    """The dials under way and the agents' phones (dialling/service.py)."""

    async def look(self) -> None:
        """Check what has become of the dials, and pause exactly the agents who hold a return call."""
        ...


class Queues:
    """The lines' queues, each queried once, with how many agents hold a return call."""

    def __init__(self, floor: Floor, returning: int) -> None:
        self._floor = floor
        self._returning = returning
        self._seen: dict[str | None, QueueLoad] = {}

    async def of(self, line: str | None) -> QueueLoad:
        if line not in self._seen:
            self._seen[line] = replace(await self._floor.queue_of(line), returning=self._returning)
        return self._seen[line]


class CallbackService:
    """The queue. `steps` changes return calls, `endings` closes them and notifies other packages."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        rules: Rulebook,
        results: Results,
        floor: Floor,
        steps: Steps,
        endings: Endings,
        dials: Dials,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._floor = floor
        self._steps = steps
        self._endings = endings
        self._dials = dials
        self._results = results
        self._rules = rules

    # Claiming.

    async def claim(self, id: str, agent: Candidate, by: Person) -> ReturnCallRow:
        """Claim one: no one else may take it while the lease runs.

        Raises UnknownReturnCall, CannotTake, AlreadyCalling, ChangedMeanwhile, NotYours (for a colleague).
        """
        if agent.number != by.agent and not by.may(LEADERS):
            raise NotYours("agents take return calls for themselves", agent=agent.number[:20])
        async with self._database.read() as session:
            line = (await load(session, id)).line
        queue = await self._floor.queue_of(line)
        try:
            async with self._database.write() as session:
                row = await load(session, id)
                await self._claim(session, row, agent, queue, by.login)
        except IntegrityError:
            raise AlreadyCalling("this customer is being called, or you hold another return call", item=id) from None
        await self._dials.look()
        return row

    async def claim_next(self, agent: Candidate, by: Person) -> ReturnCallRow:
        """Claim the first one that this agent may take now. Raises NothingToCall, AlreadyCalling."""
        mine = await self.in_hand(agent.number)
        if mine is not None:
            raise AlreadyCalling("you hold another return call", item=mine.id)
        for row in await self.ready(agent, TRIED):
            try:
                return await self.claim(row.id, agent, by)
            except (AlreadyCalling, ChangedMeanwhile, CannotTake):
                # A colleague was quicker; try the next one.
                continue
        raise await self._nothing(agent)

    async def _nothing(self, agent: Candidate) -> NothingToCall:
        """Why none is given: how many wait, for which reasons (most frequent first), and when the next is due."""
        now, queues, whys, first = self._clock(), await self._queues(), Counter[Why](), list[datetime]()
        query = select(ReturnCallRow, _barred().label("out")).where(WAITS).order_by(ReturnCallRow.due_at)
        async with self._database.read() as session:
            rows = (await session.execute(query.limit(LOOKED_AT))).all()
        for row, out in rows:
            queue = await queues.of(row.line)
            why = why_not(
                callback_of(row), agent, now, self._rules.hours, row.region, queue, self._rules.choosing, barred=out
            )
            whys.update([why] if why else [])
            first += [row.may_from] if why is Why.NOT_YET else []
        counts: dict[str, int] = {why.value: count for why, count in whys.items()}
        words = ",".join(why.value for why, _ in whys.most_common()) or "empty"
        later = min(first).isoformat() if first and set(whys) == {Why.NOT_YET} else None
        return NothingToCall(
            "nothing in the queue is yours to call now",
            agent=agent.number,
            waiting=len(rows),
            why=words,
            next=later,
            **counts,
        )

    async def _queues(self) -> Queues:
        async with self._database.read() as session:
            return Queues(self._floor, await _returning(session))

    async def _claim(
        self, session: AsyncSession, row: ReturnCallRow, agent: Candidate, queue: QueueLoad, by: str
    ) -> None:
        now, item = self._clock(), callback_of(row)
        queue = replace(queue, returning=await _returning(session))
        out = await barred(session, row.number, "survey" if row.campaign else "all") is not None
        why = why_not(item, agent, now, self._rules.hours, row.region, queue, self._rules.choosing, barred=out)
        if why is not None:
            raise CannotTake("you may not take this return call now", why=why.value, item=row.id)
        until = now + self._rules.lease
        await self._steps.take(session, row, Event.CLAIM, by, agent=agent.number, lease_until=until)

    async def ready(self, agent: Candidate, limit: int = 20) -> list[ReturnCallRow]:
        """What this agent may take now, most urgent first."""
        now, due, queues = self._clock(), list[ReturnCallRow](), await self._queues()
        hours, choosing = self._rules.hours, self._rules.choosing
        async for row in self._due(now, limit):
            if why_not(callback_of(row), agent, now, hours, row.region, await queues.of(row.line), choosing) is None:
                due.append(row)
                if len(due) >= limit:
                    break
        return due

    async def _due(self, now: datetime, page: int) -> AsyncIterator[ReturnCallRow]:
        """Waiting return calls within their hours: promises first, then those waiting long, then by due time and
        arrival.

        Paged and bounded, so that a long queue that no one may take now causes no load.
        """
        row, blending = ReturnCallRow, self._rules.choosing.blending
        promise = row.promised.is_(True) & (row.due_at <= now + blending.urgent_before)
        aged = row.promised.is_(False) & (row.due_at <= now - blending.urgent_after)
        query = select(row).where(WAITS, row.may_from <= now, row.may_until > now, ~_barred())
        query = query.order_by(row.due_at, row.arrived_at, row.id)
        for part in (query.where(promise), query.where(aged), query.where(~promise, ~aged)):
            for start in range(0, LOOKED_AT, page):
                async with self._database.read() as session:
                    rows = (await session.scalars(part.offset(start).limit(page))).all()
                for due in rows:
                    yield due
                if len(rows) < page:
                    break

    async def in_hand(self, agent: str) -> ReturnCallRow | None:
        """What this agent has claimed, is dialling or is talking about."""
        busy = ReturnCallRow.state.in_([state.value for state in BUSY])
        async with self._database.read() as session:
            return (await session.scalars(select(ReturnCallRow).where(ReturnCallRow.agent == agent, busy))).first()

    async def release(self, id: str, by: Person, why: str = "") -> ReturnCallRow:
        """Give it back without dialling. Raises NotYours, IllegalTransition once it is dialled."""
        async with self._database.write() as session:
            row = await load(session, id)
            check_hand(row, by)
            await self._steps.take(session, row, Event.RELEASE, by.login, why, lease_until=None)
        await self._dials.look()
        return row

    async def result(self, id: str, reported: AgentResult, by: Person) -> ReturnCallRow:
        """Record the agent's result, during the call or after it; raises what Results.record raises."""
        row = await self._results.record(id, reported, by)
        await self._dials.look()
        return row

    # Postponing and ending.

    async def schedule(
        self, id: str, at: datetime, by: Person, why: str = "", *, promised: bool = True
    ) -> ReturnCallRow:
        """Schedule it for a time; after a conversation the result `call_again` does this.

        Raises QuietPromise, NotYours (no one or a colleague holds it), IllegalTransition.
        """
        async with self._database.write() as session:
            row = await load(session, id)
            if not by.may(LEADERS) and (row.agent is None or row.agent != by.agent):
                raise NotYours("only a leader sets times for a return call that you do not hold", item=row.id)
            if row.state in (State.DIALLING, State.TALKING):
                raise IllegalTransition("return call", row.state, Event.SCHEDULE)
            times = self._rules.appointment(at, self._clock(), Place(row.region, tuple(row.zones)))
            values: dict[str, Any] = {"attempts": 0} if row.state == State.UNREACHABLE else {}
            values |= {"promised": promised or row.promised, "promised_by": by.login if promised else row.promised_by}
            await self._steps.take(
                session,
                row,
                Event.SCHEDULE,
                by.login,
                why,
                lease_until=None,
                due_at=times.due_at,
                may_from=times.may_from,
                may_until=times.may_until,
                **values,
            )
        await self._dials.look()
        return row

    async def withdraw(self, id: str, by: Person, why: str) -> ReturnCallRow:
        """Withdraw it: no longer needed. Raises ReasonMissing, IllegalTransition while the customer is on the phone."""
        return await self._end(id, Event.WITHDRAW, Result.WITHDRAWN, by, why)

    async def expire(self, id: str, by: Person, why: str) -> ReturnCallRow:
        """Expire it as too late to be useful: a person's decision, never the clock's. Raises ReasonMissing."""
        return await self._end(id, Event.EXPIRE, Result.EXPIRED, by, why)

    async def sign_unreachable(self, id: str, by: Person, why: str) -> ReturnCallRow:
        """Sign, as supervisor, that the customer could not be reached. Raises ReasonMissing, IllegalTransition."""
        return await self._end(id, Event.SIGN, Result.UNREACHABLE_SIGNED, by, why)

    async def _end(self, id: str, event: Event, result: Result, by: Person, why: str) -> ReturnCallRow:
        if by != SYSTEM and not by.may(LEADERS):
            raise NotYours("a leader ends a return call without the customer", item=id[:40])
        if not why.strip():
            raise ReasonMissing("a reason is required", item=id[:40])
        async with self._database.write() as session:
            row = await load(session, id)
            await self._endings.close(session, row, event, result, by.login, why.strip())
            await self._audit.append(session, by, f"return_call.{event}", f"return_call/{id}", facts={"why": why[:400]})
        await self._dials.look()
        return row


def _barred() -> ColumnElement[bool]:
    """Whether the do-not-call list has the row's number."""
    bars = or_(DoNotCallRow.scope == "all", ReturnCallRow.campaign.is_not(None))
    return exists().where(DoNotCallRow.number == ReturnCallRow.number, bars)


async def _returning(session: AsyncSession) -> int:
    """How many agents hold a return call."""
    busy = ReturnCallRow.state.in_([state.value for state in BUSY])
    return await session.scalar(select(func.count()).select_from(ReturnCallRow).where(busy)) or 0
