"""Maps files to rows and back, and writes their search entries, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers.model import Customer, MemberNumberTaken, NumberTaken, NumberUse, Standing, UnknownCustomer
from callcenter.customers.rows import CustomerHandleRow, CustomerNumberRow, CustomerRow
from callcenter.kit.pinyin import pinyin_of
from callcenter.storage import fulltext
from callcenter.storage.tokenizer import folded

FOUND_AS = "customer"
SHARED = "shared"
"""The kind of handle of a number from which a customer calls too, although it is another file's."""


async def living(session: AsyncSession, id: str, *, to_change: bool = False) -> CustomerRow:
    """The file, or the one that it was merged into; raises UnknownCustomer."""
    row = await session.get(CustomerRow, id, with_for_update=to_change)
    if row is not None and row.merged_into is not None:
        row = await session.get(CustomerRow, row.merged_into, with_for_update=to_change)
    if row is None:
        raise UnknownCustomer("no such customer", customer=id[:40])
    return row


async def load(session: AsyncSession, id: str) -> Customer:
    """Load a file. Raises UnknownCustomer."""
    row = await living(session, id)
    return (await customers_of(session, [row]))[0]


async def customers_of(session: AsyncSession, rows: Sequence[CustomerRow]) -> list[Customer]:
    query = select(CustomerNumberRow).where(CustomerNumberRow.customer.in_([row.id for row in rows]))
    numbers: dict[str, list[CustomerNumberRow]] = {}
    for number in await session.scalars(query.order_by(CustomerNumberRow.place)):
        numbers.setdefault(number.customer, []).append(number)
    return [_customer(row, numbers.get(row.id, ())) for row in rows]


def _customer(row: CustomerRow, numbers: Sequence[CustomerNumberRow]) -> Customer:
    return Customer(
        id=row.id,
        name=row.name,
        language=row.language,
        standing=Standing(row.standing),
        notes=row.notes,
        company=row.company,
        wechat=row.wechat,
        qq=row.qq,
        aliases=tuple(row.aliases),
        addresses=tuple(row.addresses),
        emails=tuple(row.emails),
        tags=tuple(row.tags),
        team=tuple(row.team),
        shared_numbers=tuple(row.shared_numbers),
        member_number=row.member_number,
        numbers=tuple(number.number for number in numbers),
        uses={number.number: NumberUse(number.use) for number in numbers if number.use},
        extensions={number.number: number.extension for number in numbers if number.extension},
    )


def _write(row: CustomerRow, customer: Customer) -> None:
    row.name = customer.name
    row.language = customer.language
    row.standing = customer.standing.value
    row.notes = customer.notes
    row.company = customer.company
    row.wechat = customer.wechat
    row.qq = customer.qq
    row.aliases = list(customer.aliases)
    row.addresses = list(customer.addresses)
    row.emails = list(customer.emails)
    row.tags = list(customer.tags)
    row.team = list(customer.team)
    row.shared_numbers = list(customer.shared_numbers)
    row.member_number = customer.member_number


async def put(session: AsyncSession, row: CustomerRow, customer: Customer) -> None:
    """Write a file to its row, with its search entries. Raises NumberTaken, MemberNumberTaken."""
    if customer.member_number:
        held = select(CustomerRow.id).where(
            CustomerRow.member_number == customer.member_number, CustomerRow.id != customer.id
        )
        if (holder := await session.scalar(held.limit(1))) is not None:
            raise MemberNumberTaken("another customer has this member number", customer=holder)
    _write(row, customer)
    session.add(row)
    await session.flush()
    await _put_numbers(session, customer)
    await session.execute(delete(CustomerHandleRow).where(CustomerHandleRow.customer == customer.id))
    session.add_all(
        CustomerHandleRow(kind=kind, value=value, customer=customer.id) for kind, value in handles(customer)
    )
    await session.flush()
    await fulltext.put(session, FOUND_AS, customer.id, "\n".join(found_by(customer)))


async def _put_numbers(session: AsyncSession, customer: Customer) -> None:
    mine = CustomerNumberRow.customer == customer.id
    await session.execute(delete(CustomerNumberRow).where(mine, CustomerNumberRow.number.not_in(customer.numbers)))
    held = select(CustomerNumberRow).where(CustomerNumberRow.number.in_(customer.numbers))
    there = {row.number: row for row in await session.scalars(held)}
    for place, number in enumerate(customer.numbers):
        holder = there.get(number)
        if holder is not None and holder.customer != customer.id:
            raise NumberTaken("another customer has this number", customer=holder.customer)
        holder = holder or CustomerNumberRow(number=number, customer=customer.id)
        holder.place, holder.use = place, customer.uses.get(number, "")
        holder.extension = customer.extensions.get(number, "")
        session.add(holder)


def handles(customer: Customer) -> set[tuple[str, str]]:
    """Other identifiers of the customer, each in a normalised form."""
    pairs = {("email", email) for email in customer.emails} | {
        ("name", name) for name in (customer.name, *customer.aliases)
    }
    pairs |= {("address", address) for address in customer.addresses} | {
        ("wechat", customer.wechat),
        ("qq", customer.qq),
    }
    pairs |= {(SHARED, number) for number in customer.shared_numbers}
    return {(kind, "".join(folded(value).split())[:300]) for kind, value in pairs if value.strip()}


def found_by(customer: Customer) -> Iterable[str]:
    """The texts that a file is found by; the last one is the pinyin of its names."""
    yield from (customer.name, customer.notes, customer.company, customer.wechat, customer.qq, customer.member_number)
    yield from (*customer.aliases, *customer.addresses, *customer.emails, *customer.tags)
    yield " ".join(word for name in (customer.name, *customer.aliases) for word in pinyin_of(name))


async def empty(session: AsyncSession, row: CustomerRow, name: str) -> None:
    """Clear everything in a file except its id and this name."""
    await put(session, row, Customer(name, id=row.id))
    await session.execute(delete(CustomerHandleRow).where(CustomerHandleRow.customer == row.id))
    await fulltext.remove(session, FOUND_AS, [row.id])
