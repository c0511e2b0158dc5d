"""Reads customer files for other packages inside their own transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers import store
from callcenter.customers.model import Customer
from callcenter.customers.rows import CustomerRow


async def customer_in(session: AsyncSession, id: str) -> Customer:
    """The file, or the file that it was merged into. Raises UnknownCustomer."""
    return await store.load(session, id)


async def names_of_others(session: AsyncSession, names: Sequence[str], id: str) -> frozenset[str]:
    """Those of the names that another customer's file also has."""
    query = select(CustomerRow.name).where(CustomerRow.name.in_(names), CustomerRow.id != id)
    return frozenset(await session.scalars(query))
