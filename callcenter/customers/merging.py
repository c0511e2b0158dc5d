"""Two files of one customer become one, doubles are found, and a customer is forgotten on their word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.model import BadCustomer, Customer, MergeConflict, UnknownCustomer, check_customer, joined
from callcenter.customers.rows import CustomerEntryRow, CustomerHandleRow, CustomerNumberRow, CustomerRow
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

CUSTOMER_MERGED: Final = "customer_merged"
"""Told to the rooms that hold customers' ids: {customer, into}."""
CUSTOMER_ERASED: Final = "customer_erased"
"""Told to the rooms that keep what belongs to a customer: {customer, numbers}."""
ERASED: Final = "（已删除）"
"""The name of a file whose customer was forgotten."""


Guard = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Double:
    """Files that share a handle; the same name alone is a weak hint, an e-mail address a strong one."""

    kind: str
    value: str
    customers: tuple[Customer, ...]


class CustomerMerging:
    def __init__(self, database: Database, clock: Clock, audit: Audit, jobs: Jobs) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs
        self.guards: list[Guard] = []
        """Asked, in the transaction, before files (ids) are erased; each raises where it must not be."""

    async def merge(self, id: str, into: str, by: Person) -> Customer:
        """Put the file `id` into another one; its numbers, entries and calls are found there from now on.

        Raises UnknownCustomer, MergeConflict, and BadCustomer when both together are more than a file holds.
        """
        async with self._database.write() as session:
            # One order for all, so that two who merge the same files cannot wait for each other.
            locked = {one: await session.get(CustomerRow, one, with_for_update=True) for one in sorted({id, into})}
            gone, kept = locked[id], locked[into]
            if gone is None or kept is None:
                raise UnknownCustomer("no such customer", customer=(id if gone is None else into)[:40])
            if id == into or gone.merged_into is not None or kept.merged_into is not None:
                raise MergeConflict("name two files, neither of them part of another", customer=id[:40])
            if gone.erased_at is not None or kept.erased_at is not None:
                raise MergeConflict("one of these customers is forgotten", customer=id[:40])
            old, new = await store.customers_of(session, [gone, kept])
            whole = check_customer(joined(new, old))
            await session.execute(delete(CustomerNumberRow).where(CustomerNumberRow.customer == id))
            await self._empty(session, gone, old.name)
            gone.merged_into = into
            for held in (CustomerRow.merged_into, CustomerEntryRow.customer):
                moved = update(held.class_).where(held == id).values({held.key: into})
                await session.execute(moved.execution_options(synchronize_session=False))
            await store.put(session, kept, whole)
            facts: dict[str, Fact] = {"into": into, "numbers": len(old.numbers)}
            await self._audit.append(session, by, "customer.merged", f"customer/{id}", facts=facts)
            await self._jobs.put(session, CUSTOMER_MERGED, {"customer": id, "into": into})
        return whole

    async def erase(self, id: str, reason: str, by: Person) -> None:
        """Erase a customer: the file is emptied, the other rooms do the rest by a job.

        Raises UnknownCustomer, BadCustomer, and what a guard raises (a hold of the law).
        """
        if not reason.strip():
            raise BadCustomer("say why", field="reason")
        async with self._database.write() as session:
            row = await store.living(session, id, to_change=True)
            file = await store.load(session, row.id)
            numbers = list(file.numbers)
            await session.execute(delete(CustomerNumberRow).where(CustomerNumberRow.customer == row.id))
            await session.execute(delete(CustomerEntryRow).where(CustomerEntryRow.customer == row.id))
            family = [row, *await session.scalars(select(CustomerRow).where(CustomerRow.merged_into == row.id))]
            for guard in self.guards:
                await guard(session, [one.id for one in family])
            called = [name for one in family for name in (one.name, *one.aliases) if name and name != ERASED]
            ways = [*file.emails, file.wechat, file.qq, *file.addresses]
            for one in family:
                await self._empty(session, one, ERASED)
                one.erased_at = one.erased_at or self._clock()
            # The numbers are in no audit: they are what is to be forgotten.
            facts: dict[str, Fact] = {"reason": reason.strip()[:200], "numbers": len(numbers)}
            await self._audit.append(session, by, "customer.erased", f"customer/{row.id}", facts=facts)
            # The job's own words go with the rest, once it is done (privacy/service.py).
            payload = {
                "customer": row.id, "numbers": numbers, "names": list(dict.fromkeys(called)),
                "words": [way for way in ways if way], "by": by.login, "reason": reason.strip()[:200],
            }  # fmt: skip
            await self._jobs.put(session, CUSTOMER_ERASED, payload)

    async def _empty(self, session: AsyncSession, row: CustomerRow, name: str) -> None:
        await store.put(session, row, Customer(name, id=row.id))
        await session.execute(delete(CustomerHandleRow).where(CustomerHandleRow.customer == row.id))
        await fulltext.remove(session, store.FOUND_AS, [row.id])

    async def doubles(self, limit: int = 50, after: tuple[str, str] = ("", "")) -> list[Double]:
        """Handles that several files share, by kind and value, those behind `after`."""
        row = CustomerHandleRow
        shared = (
            select(row.kind, row.value)
            .where(tuple_(row.kind, row.value) > tuple_(*after))
            .group_by(row.kind, row.value)
            .having(func.count() > 1)
            .order_by(row.kind, row.value)
            .limit(limit)
        )
        async with self._database.read() as session:
            found = (await session.execute(shared)).all()
            return [Double(kind, value, await self._holders(session, kind, value)) for kind, value in found]

    async def _holders(self, session: AsyncSession, kind: str, value: str) -> tuple[Customer, ...]:
        held = select(CustomerHandleRow.customer).where(
            CustomerHandleRow.kind == kind, CustomerHandleRow.value == value
        )
        query = select(CustomerRow).where(CustomerRow.id.in_(held)).order_by(CustomerRow.created_at).limit(20)
        rows: Sequence[CustomerRow] = (await session.scalars(query)).all()
        return tuple(replace(one) for one in await store.customers_of(session, rows))
