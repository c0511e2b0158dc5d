"""Finds files that may belong to the same customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers import store
from callcenter.customers.model import Customer
from callcenter.customers.rows import CustomerHandleRow, CustomerRow
from callcenter.storage.database import Database


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Files that share a handle; an equal name alone is a weak hint, an equal e-mail address a strong one."""

    kind: str
    value: str
    customers: tuple[Customer, ...]


class CustomerDuplicates:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, limit: int = 50, after: tuple[str, str] = ("", "")) -> list[Duplicate]:
        """Handles that several files share, by kind and value, those after `after`."""
        row = CustomerHandleRow
        shared = (
            select(row.kind, row.value)
            # People on one number are known to be different customers.
            .where(tuple_(row.kind, row.value) > tuple_(*after), row.kind != store.SHARED)
            .group_by(row.kind, row.value)
            .having(func.count() > 1)
            .order_by(row.kind, row.value)
            .limit(limit)
        )
        async with self._database.read() as session:
            handles = (await session.execute(shared)).all()
            return [Duplicate(kind, value, await self._holders(session, kind, value)) for kind, value in handles]

    async def _holders(self, session: AsyncSession, kind: str, value: str) -> tuple[Customer, ...]:
        held = select(CustomerHandleRow.customer).where(
            CustomerHandleRow.kind == kind, CustomerHandleRow.value == value
        )
        query = select(CustomerRow).where(CustomerRow.id.in_(held)).order_by(CustomerRow.created_at).limit(20)
        rows: Sequence[CustomerRow] = (await session.scalars(query)).all()
        return tuple(await store.customers_of(session, rows))
