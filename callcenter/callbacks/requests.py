"""Wishes become return calls: a new item, or a further cause of the open one of this customer and matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.dialling.numbers import check_callable
from callcenter.callbacks.errors import ChangedMeanwhile
from callcenter.callbacks.model import BUSY, OPEN, Event, State, Wish, customer_key
from callcenter.callbacks.rows import ReturnCallCauseRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook, state_of
from callcenter.callbacks.store import HOUSE, Steps
from callcenter.callbacks.timing import Place
from callcenter.clock import Clock
from callcenter.customers.model import Customer
from callcenter.customers.numbers import HIDDEN, BadNumber, Number
from callcenter.storage.database import Database


class Customers(Protocol):
    """Whose number it is (customers/service.py)."""

    def key_of(self, number: str) -> str: ...

    def read(self, number: str) -> Number: ...

    def entry(self, number: str) -> Number: ...

    async def by_number(self, number: str) -> Customer | None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What became of a wish: the item, and whether it joined one that was there."""

    item: str
    joined: bool


class Wishes:
    def __init__(self, database: Database, clock: Clock, rules: Rulebook, customers: Customers, steps: Steps) -> None:
        self._database = database
        self._clock = clock
        self._customers = customers
        self._steps = steps
        self.rules = rules

    async def want(self, wish: Wish, by: str = HOUSE, once: str | None = None, *, strict: bool = False) -> Wanted:
        """Make a return call, or join the open one of this customer and matter; told twice (`once`) it counts once.

        `strict` refuses a promise in quiet hours (QuietPromise), else it moves to the next fitting hour.
        Raises NotCallable, NeverCallable.
        """
        read = self._read(wish.number)
        number = check_callable(read.text, self.rules.region)
        file = await self._customers.by_number(number)
        wish = replace(wish, number=number, extension=wish.extension or read.extension)
        wish = replace(wish, customer=wish.customer or (file.id if file else None))
        place = self.rules.place(number)
        if strict and wish.due_at is not None:
            self.rules.check_time(wish.due_at, self._clock(), place)
        for _ in range(3):
            try:
                async with self._database.write() as session:
                    return await self._want(session, wish, file, place, by, once)
            except (IntegrityError, ChangedMeanwhile):
                # Two causes at the same instant: the second one finds the item of the first.
                continue
        raise ChangedMeanwhile("this customer's return call is changing just now; ask again")

    def _read(self, number: str) -> Number:
        try:
            return self._customers.read(number)
        except BadNumber:
            return HIDDEN

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
        """The item that this very cause has made or joined."""
        query = select(ReturnCallCauseRow.item).where(ReturnCallCauseRow.once == once)
        return (await session.scalars(query)).first()

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
            extension=wish.extension, agent=None, lease_until=None, attempts=0, intent=None, notes="",
            satisfaction=None,
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
