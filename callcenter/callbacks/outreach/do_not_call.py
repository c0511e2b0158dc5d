"""Handles the do-not-call list: who is not called at all, or not for surveys."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from callcenter.callbacks.dialling.numbers import check_callable
from callcenter.callbacks.errors import ReasonMissing
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.rows import DoNotCallRow
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person


class DoNotCallList:
    def __init__(self, database: Database, clock: Clock, audit: Audit, customers: Customers, region: str) -> None:
        """`region` is where numbers without a country code belong."""
        self._database = database
        self._clock = clock
        self._audit = audit
        self._customers = customers
        self._region = region

    async def bar(self, number: str, scope: str, reason: str, by: Person) -> DoNotCallRow:
        """Put a number on the list, with a reason and a name. Raises ReasonMissing, NotCallable."""
        if not reason.strip():
            raise ReasonMissing("a reason is required")
        number = check_callable(self._customers.key_of(number), self._region)
        row = DoNotCallRow(number=number, scope=scope, reason=reason.strip(), by=by.login, at=self._clock())
        async with self._database.write() as session:
            row = await session.merge(row)
            await self._audit.append(session, by, "do_not_call.added", "do_not_call", facts={"scope": scope})
        return row

    async def unbar(self, number: str, scope: str, by: Person) -> bool:
        """Take a number off the list; False when it was not listed."""
        key = self._customers.key_of(number) or number
        gone = delete(DoNotCallRow).where(DoNotCallRow.number == key, DoNotCallRow.scope == scope)
        async with self._database.write() as session:
            removed = (await session.execute(gone.returning(DoNotCallRow.number))).first() is not None
            if removed:
                await self._audit.append(session, by, "do_not_call.removed", "do_not_call", facts={"scope": scope})
        return removed

    async def barred(self, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[DoNotCallRow]:
        """The list, by number."""
        following = (DoNotCallRow.number > after[0]) | (
            (DoNotCallRow.number == after[0]) & (DoNotCallRow.scope > after[1])
        )
        query = select(DoNotCallRow).where(following).order_by(DoNotCallRow.number, DoNotCallRow.scope).limit(limit)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()
