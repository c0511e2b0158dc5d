"""Use-cases of customers' files: keep, change, and find one by the number that calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.customers.model import Customer, NumberTaken, Standing, UnknownCustomer, check_customer
from callcenter.customers.numbers import BadNumber, NumberKind, read_number
from callcenter.customers.rows import CustomerNumberRow, CustomerRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

Check = Callable[[Customer], None]


class CustomerService:
    """`region` and `outside_prefix` are the house's settings for reading numbers."""

    def __init__(
        self, database: Database, clock: Clock, audit: Audit, region: str = "CN", outside_prefix: str = ""
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._region = region
        self._outside_prefix = outside_prefix

    async def customer(self, id: str) -> Customer:
        """One file; raises UnknownCustomer."""
        async with self._database.read() as session:
            return await _load(session, id)

    async def by_number(self, number: str) -> Customer | None:
        """Whose number this is, as the trunk gave it; None for hidden, unreadable and unknown numbers."""
        key = self.key_of(number)
        if not key:
            return None
        async with self._database.read() as session:
            row = await session.get(CustomerNumberRow, key)
            return await _load(session, row.customer) if row else None

    async def by_numbers(self, numbers: Collection[str]) -> dict[str, str]:
        """The ids of the files that hold these numbers, by number as it was given."""
        keys = {number: key for number in numbers if (key := self.key_of(number))}
        query = select(CustomerNumberRow.number, CustomerNumberRow.customer).where(
            CustomerNumberRow.number.in_(set(keys.values()))
        )
        async with self._database.read() as session:
            held = {row.number: row.customer for row in await session.execute(query)}
        return {number: held[key] for number, key in keys.items() if key in held}

    def key_of(self, number: str) -> str:
        """The number as files hold it; empty for hidden and unreadable ones."""
        try:
            read = read_number(number, self._region, self._outside_prefix)
        except BadNumber:
            return ""
        return "" if read.kind is NumberKind.HIDDEN else read.text

    async def standings(self) -> dict[str, Standing]:
        """The numbers of key accounts and VIP members: few, so that the reception may hold them all (R11)."""
        query = (
            select(CustomerNumberRow.number, CustomerRow.standing)
            .join(CustomerRow, CustomerRow.id == CustomerNumberRow.customer)
            .where(CustomerRow.standing != Standing.ORDINARY.value)
        )
        async with self._database.read() as session:
            return {number: Standing(standing) for number, standing in await session.execute(query)}

    async def special(self) -> dict[str, str]:
        """The standing of each file that is not ordinary, by its id: few (W5)."""
        query = select(CustomerRow.id, CustomerRow.standing).where(CustomerRow.standing != Standing.ORDINARY.value)
        async with self._database.read() as session:
            return {row.id: row.standing for row in await session.execute(query)}

    async def customers(self, name: str = "", after: str = "", limit: int = 50) -> list[Customer]:
        """Files whose name holds `name`, by id, those after `after`."""
        query = select(CustomerRow).where(CustomerRow.id > after).order_by(CustomerRow.id).limit(limit)
        if name:
            query = query.where(CustomerRow.name.contains(name, autoescape=True))
        async with self._database.read() as session:
            rows = (await session.scalars(query)).all()
            numbers = await _numbers(session, [row.id for row in rows])
        return [_customer(row, numbers.get(row.id, ())) for row in rows]

    async def add(self, customer: Customer, by: Person | None) -> Customer:
        """Raises BadCustomer, BadNumber, NumberTaken."""
        checked = self._checked(replace(customer, id=uuid4().hex))
        async with self._database.write() as session:
            row = CustomerRow(id=checked.id, created_at=self._clock())
            return await self._put(session, row, checked, by, "customer.added")

    async def change(self, customer: Customer, by: Person | None, check: Check | None = None) -> Customer:
        """Replace a file; raises UnknownCustomer, BadCustomer, BadNumber, NumberTaken."""
        checked = self._checked(customer)
        async with self._database.write() as session:
            row = await session.get(CustomerRow, customer.id, with_for_update=True)
            if row is None:
                raise UnknownCustomer("no such customer", customer=customer.id[:40])
            if check is not None:
                check(await _load(session, customer.id))
            return await self._put(session, row, checked, by, "customer.changed")

    def _checked(self, customer: Customer) -> Customer:
        read = [read_number(number, self._region, self._outside_prefix) for number in customer.numbers]
        if any(number.kind is NumberKind.HIDDEN for number in read):
            raise BadNumber("a hidden number cannot be kept in a file")
        return check_customer(replace(customer, numbers=tuple(dict.fromkeys(number.text for number in read))))

    async def _put(
        self, session: AsyncSession, row: CustomerRow, customer: Customer, by: Person | None, action: str
    ) -> Customer:
        row.name, row.language, row.standing, row.notes = (
            customer.name,
            customer.language,
            customer.standing,
            customer.notes,
        )
        session.add(row)
        await session.flush()
        mine = CustomerNumberRow.customer == customer.id
        await session.execute(delete(CustomerNumberRow).where(mine, CustomerNumberRow.number.not_in(customer.numbers)))
        for place, number in enumerate(customer.numbers):
            kept = await session.get(CustomerNumberRow, number)
            if kept is not None and kept.customer != customer.id:
                raise NumberTaken("another customer has this number", customer=kept.customer)
            kept = kept or CustomerNumberRow(number=number, customer=customer.id)
            kept.place = place
            session.add(kept)
        await self._audit.append(session, by, action, f"customer/{customer.id}")
        return customer


async def _load(session: AsyncSession, id: str) -> Customer:
    row = await session.get(CustomerRow, id)
    if row is None:
        raise UnknownCustomer("no such customer", customer=id[:40])
    return _customer(row, (await _numbers(session, [id])).get(id, ()))


async def _numbers(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[str]]:
    query = select(CustomerNumberRow).where(CustomerNumberRow.customer.in_(ids)).order_by(CustomerNumberRow.place)
    found: dict[str, list[str]] = {}
    for row in await session.scalars(query):
        found.setdefault(row.customer, []).append(row.number)
    return found


def _customer(row: CustomerRow, numbers: Sequence[str]) -> Customer:
    return Customer(row.name, tuple(numbers), row.language, Standing(row.standing), row.notes, row.id)
