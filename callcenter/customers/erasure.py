"""Erases a customer at their request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.model import BadCustomer
from callcenter.customers.rows import CustomerEntryRow, CustomerNumberRow, CustomerRow
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

CUSTOMER_ERASED: Final = "customer_erased"
"""The job for packages that keep data of a customer: {customer, numbers}."""
ERASED: Final = "（已删除）"
"""The name of a file whose customer has been erased."""

Guard = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]


class CustomerErasure:
    def __init__(self, database: Database, clock: Clock, audit: Audit, jobs: Jobs) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs
        self.guards: list[Guard] = []
        """Called in the transaction before files (ids) are erased; each guard raises when erasure is not allowed."""

    async def erase(self, id: str, reason: str, by: Person) -> None:
        """Erase a customer: the file is emptied, and a job has the other packages erase their data.

        Raises UnknownCustomer, BadCustomer, and what a guard raises (a legal hold).
        """
        if not reason.strip():
            raise BadCustomer("a reason is required", field="reason")
        async with self._database.write() as session:
            row = await store.living(session, id, to_change=True)
            file = await store.load(session, row.id)
            numbers = list(file.numbers)
            await session.execute(delete(CustomerNumberRow).where(CustomerNumberRow.customer == row.id))
            await session.execute(delete(CustomerEntryRow).where(CustomerEntryRow.customer == row.id))
            family = [row, *await session.scalars(select(CustomerRow).where(CustomerRow.merged_into == row.id))]
            for guard in self.guards:
                await guard(session, [member.id for member in family])
            called = [name for member in family for name in (member.name, *member.aliases) if name and name != ERASED]
            ways = [*file.emails, file.wechat, file.qq, *file.addresses]
            for member in family:
                await store.empty(session, member, ERASED)
                member.erased_at = member.erased_at or self._clock()
            # The audit records no numbers: they are what must be erased.
            facts: dict[str, Fact] = {"reason": reason.strip()[:200], "numbers": len(numbers)}
            await self._audit.append(session, by, "customer.erased", f"customer/{row.id}", facts=facts)
            # The job's own payload is erased with the rest once the job is done (privacy/service.py).
            payload = {
                "customer": row.id,
                "numbers": numbers,
                "names": list(dict.fromkeys(called)),
                "words": [way for way in ways if way],
                "by": by.login,
                "reason": reason.strip()[:200],
            }
            await self._jobs.put(session, CUSTOMER_ERASED, payload)
