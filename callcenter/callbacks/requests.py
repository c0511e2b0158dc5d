"""Turns CallbackRequests into return calls: a new one, or a further cause of the open one of customer and matter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.dialling.numbers import check_callable
from callcenter.callbacks.errors import ChangedMeanwhile, NeverCallable, NotCallable
from callcenter.callbacks.model import BUSY, OPEN, CallbackRequest, Event, State, customer_key
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.rows import ReturnCallCauseRow, ReturnCallRow
from callcenter.callbacks.rulebook import Rulebook, state_of
from callcenter.callbacks.store import BY_SYSTEM, Steps
from callcenter.callbacks.timing import Place
from callcenter.clock import Clock
from callcenter.customers.model import Standing
from callcenter.customers.numbers import HIDDEN, BadNumber, Number
from callcenter.facts import CustomerId, ReturnCallId
from callcenter.storage.database import Database

AT_ONCE: Final = 100
"""Requests per transaction; other writers get their turn between two of them."""


@dataclass(frozen=True, slots=True)
class Requested:
    """The result of a request: the return call, and whether the request joined an existing one."""

    item: ReturnCallId
    joined: bool


@dataclass(frozen=True, slots=True)
class Cause:
    """A request and the key that identifies the same cause again: it counts once."""

    request: CallbackRequest
    once: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The result of many requests: return calls new and joined, and numbers that cannot be called."""

    made: int = 0
    joined: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class _Checked:
    """A cause with a callable number: the request with its customer, the place of the number, and the standing."""

    request: CallbackRequest
    place: Place
    standing: Standing
    once: str | None


class CallbackRequests:
    def __init__(self, database: Database, clock: Clock, rules: Rulebook, customers: Customers, steps: Steps) -> None:
        self._database = database
        self._clock = clock
        self._customers = customers
        self._steps = steps
        self.rules = rules

    async def make(
        self, request: CallbackRequest, by: str = BY_SYSTEM, once: str | None = None, *, strict: bool = False
    ) -> Requested:
        """Create a return call, or join the open one of this customer and matter; the same cause (`once`) counts once.

        `strict` refuses a promise outside calling hours (QuietPromise); otherwise it moves to the next allowed hour.
        Raises NotCallable, NeverCallable.
        """
        request = self._readable(request)
        file = await self._customers.by_number(request.number)
        request = replace(request, customer=request.customer or (file.id if file else None))
        place = self.rules.place(request.number)
        if strict and request.due_at is not None:
            self.rules.check_time(request.due_at, self._clock(), place)
        checked = _Checked(request, place, file.standing if file else Standing.ORDINARY, once)
        return await self._request(checked, by)

    async def make_all(
        self,
        causes: Sequence[Cause],
        by: str = BY_SYSTEM,
        *,
        at_once: int = AT_ONCE,
        progress: Callable[[int], object] = lambda done: None,
    ) -> Counts:
        """Do the same for many requests, `at_once` per transaction; after an interruption, the same call resumes.

        Numbers that cannot be called are left out; every other cause counts, in the order given.
        """
        counts, special = Counts(), await self._customers.special()
        for start in range(0, len(causes), at_once):
            part = causes[start : start + at_once]
            held = await self._customers.by_numbers([cause.request.number for cause in part])
            checked = await asyncio.to_thread(self._checked, part, held, special)
            requested = await self._part(checked, by)
            joined = sum(each.joined for each in requested)
            counts = Counts(
                made=counts.made + len(requested) - joined,
                joined=counts.joined + joined,
                left_out=counts.left_out + len(part) - len(requested),
            )
            progress(start + len(part))
        return counts

    def _readable(self, request: CallbackRequest) -> CallbackRequest:
        read = self._read(request.number)
        number = check_callable(read.text, self.rules.region)
        return replace(request, number=number, extension=request.extension or read.extension)

    def _read(self, number: str) -> Number:
        try:
            return self._customers.read(number)
        except BadNumber:
            return HIDDEN

    def _checked(
        self, causes: Sequence[Cause], held: Mapping[str, CustomerId], special: Mapping[str, str]
    ) -> list[_Checked]:
        """The causes with callable numbers. Runs in a thread, because reading many numbers takes long."""
        checked: list[_Checked] = []
        for cause in causes:
            file = held.get(cause.request.number)
            try:
                request = self._readable(replace(cause.request, customer=cause.request.customer or file))
                place = self.rules.place(request.number)
                self.rules.times(request, self._clock(), place)
            except (NotCallable, NeverCallable):
                continue
            standing = Standing(special.get(file or "", Standing.ORDINARY))
            checked.append(_Checked(request, place, standing, cause.once))
        return checked

    async def _part(self, checked: Sequence[_Checked], by: str) -> list[Requested]:
        try:
            async with self._database.write() as session:
                return await self._make(session, checked, by)
        except (IntegrityError, ChangedMeanwhile):
            # A concurrent request for one of these customers won; on the retry each finds the other's return call.
            return [await self._request(each, by) for each in checked]

    async def _request(self, checked: _Checked, by: str) -> Requested:
        for _ in range(3):
            try:
                async with self._database.write() as session:
                    (requested,) = await self._make(session, [checked], by)
                    return requested
            except (IntegrityError, ChangedMeanwhile):
                # Concurrent causes: on the retry the second finds the return call of the first.
                continue
        raise ChangedMeanwhile("this customer's return call is changing just now; ask again")

    async def _make(self, session: AsyncSession, checked: Sequence[_Checked], by: str) -> list[Requested]:
        counted = await self._counted(session, [each.once for each in checked if each.once is not None])
        rows = await self._open_rows(session, [each.request for each in checked])
        requested: list[Requested] = []
        new: list[tuple[_Checked, ReturnCallRow, bool]] = []
        for each in checked:
            known = counted.get(each.once or "")
            if known is not None:
                requested.append(Requested(known, True))
                continue
            row = next((rows[key] for key in _keys(each.request) if key in rows), None)
            joined = row is not None
            if row is None:
                row = self._row(each.request, each.standing, each.place)
                rows[(row.customer_key, row.matter)] = row
                session.add(row)
            if each.once is not None:
                counted[each.once] = row.id
            new.append((each, row, joined))
            requested.append(Requested(row.id, joined))
        # The return calls before the rows that refer to them.
        await session.flush()
        for each, row, joined in new:
            if joined:
                await self._join(session, row, each.request, each.place, by)
            else:
                self._steps.note(session, row, "made", by, each.request.reason)
            session.add(self._cause(row.id, each.request, by, each.once))
        return requested

    async def _counted(self, session: AsyncSession, onces: Sequence[str]) -> dict[str, ReturnCallId]:
        """The return calls that these same causes have created or joined."""
        cause = ReturnCallCauseRow
        query = select(cause.once, cause.item).where(cause.once.in_(onces))
        return {once: item for once, item in await session.execute(query) if once is not None} if onces else {}

    async def _open_rows(
        self, session: AsyncSession, requests: Sequence[CallbackRequest]
    ) -> dict[tuple[str, str], ReturnCallRow]:
        """The open return calls of these customers and matters, by key and matter; locked."""
        row = ReturnCallRow
        query = select(row).where(
            row.customer_key.in_({key for request in requests for key, _ in _keys(request)}),
            row.matter.in_({request.matter for request in requests}),
            row.state.in_([state.value for state in OPEN]),
        )
        rows = await session.scalars(query.order_by(row.id).with_for_update())
        return {(row.customer_key, row.matter): row for row in rows}

    def _cause(self, item: ReturnCallId, request: CallbackRequest, by: str, once: str | None) -> ReturnCallCauseRow:
        return ReturnCallCauseRow(
            item=item,
            at=self._clock(),
            source=request.source.value,
            call=request.call,
            text=request.reason,
            by=by,
            once=once,
        )

    def _row(self, request: CallbackRequest, standing: Standing, place: Place) -> ReturnCallRow:
        now = self._clock()
        times = self.rules.times(request, now, place)
        return ReturnCallRow(
            id=uuid4().hex,
            rev=1,
            state=state_of(request).value,
            source=request.source.value,
            matter=request.matter,
            customer_key=customer_key(request.customer, request.number),
            customer=request.customer,
            number=request.number,
            region=place.region,
            zones=list(place.zones),
            standing=standing.value,
            line=request.line,
            language=request.language,
            case=request.case,
            call=request.call,
            campaign=request.campaign,
            reason=request.reason,
            promised=request.promised,
            due_at=times.due_at,
            may_from=times.may_from,
            may_until=times.may_until,
            arrived_at=request.arrived_at or now,
            created_at=now,
            preferred=request.agent,
            extension=request.extension,
            agent=None,
            lease_until=None,
            attempts=0,
            intent=None,
            notes="",
            satisfaction=None,
        )

    async def _join(
        self, session: AsyncSession, row: ReturnCallRow, request: CallbackRequest, place: Place, by: str
    ) -> None:
        """Add a further cause: a promise wins, then the earlier due time; the place in the queue stays."""
        times = self.rules.times(request, self._clock(), place)
        earlier = request.promised >= row.promised and (times.due_at < row.due_at or request.promised > row.promised)
        values: dict[str, Any] = {}
        if earlier:
            values = {"due_at": times.due_at, "may_from": times.may_from, "may_until": times.may_until}
        values |= {
            "promised": row.promised or request.promised,
            "arrived_at": min(row.arrived_at, request.arrived_at or row.arrived_at),
        }
        values |= {
            "case": row.case or request.case,
            "language": row.language or request.language,
            "preferred": row.preferred or request.agent,
        }
        if row.state == State.UNREACHABLE:
            fresh = {"due_at": times.due_at, "may_from": times.may_from, "may_until": times.may_until, "attempts": 0}
            await self._steps.take(session, row, Event.ASK_AGAIN, by, request.reason, **(values | fresh))
        elif row.state in BUSY:
            self._steps.note(session, row, "joined", by, request.reason)
        else:
            await self._steps.change(session, row, "joined", by, **values)


def _keys(request: CallbackRequest) -> tuple[tuple[str, str], ...]:
    """The keys of the open return call that this request joins: the customer's file first, then the number alone."""
    return (
        (customer_key(request.customer, request.number), request.matter),
        (customer_key(None, request.number), request.matter),
    )
