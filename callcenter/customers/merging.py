"""Merges two files of the same customer."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, update

from callcenter.customers import store
from callcenter.customers.model import Customer, MergeConflict, UnknownCustomer, check_customer, joined
from callcenter.customers.rows import CustomerEntryRow, CustomerNumberRow, CustomerRow
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

CUSTOMER_MERGED: Final = "customer_merged"
"""The job for packages that store customer ids: {customer, into}."""


class CustomerMerging:
    def __init__(self, database: Database, audit: Audit, jobs: Jobs) -> None:
        self._database = database
        self._audit = audit
        self._jobs = jobs

    async def merge(self, id: str, into: str, by: Person) -> Customer:
        """Merge the file `id` into another one, which then has its numbers, entries and calls.

        Raises UnknownCustomer, MergeConflict, and BadCustomer when the two together exceed the limits of a file.
        """
        async with self._database.write() as session:
            # Lock in a fixed order, so that two concurrent merges of the same files cannot deadlock.
            locked = {file: await session.get(CustomerRow, file, with_for_update=True) for file in sorted({id, into})}
            gone, surviving = locked[id], locked[into]
            if gone is None or surviving is None:
                raise UnknownCustomer("no such customer", customer=(id if gone is None else into)[:40])
            if id == into or gone.merged_into is not None or surviving.merged_into is not None:
                raise MergeConflict("name two files, neither of them part of another", customer=id[:40])
            if gone.erased_at is not None or surviving.erased_at is not None:
                raise MergeConflict("one of these customers is erased", customer=id[:40])
            old, new = await store.customers_of(session, [gone, surviving])
            whole = check_customer(joined(new, old))
            await session.execute(delete(CustomerNumberRow).where(CustomerNumberRow.customer == id))
            await store.empty(session, gone, old.name)
            gone.merged_into = into
            for held in (CustomerRow.merged_into, CustomerEntryRow.customer):
                moved = update(held.class_).where(held == id).values({held.key: into})
                await session.execute(moved.execution_options(synchronize_session=False))
            await store.put(session, surviving, whole)
            facts: dict[str, Fact] = {"into": into, "numbers": len(old.numbers)}
            await self._audit.append(session, by, "customer.merged", f"customer/{id}", facts=facts)
            await self._jobs.put(session, CUSTOMER_MERGED, {"customer": id, "into": into})
        return whole
