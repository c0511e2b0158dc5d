"""Writes thousands of files at once: prepared outside the transaction, written inside it in a few statements."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.customers.model import Customer
from callcenter.customers.rows import CustomerHandleRow, CustomerNumberRow, CustomerRow
from callcenter.customers.store import FOUND_AS, customers_of, found_by, handles
from callcenter.storage import bulk, fulltext
from callcenter.storage.database import Database

PART = 5_000
"""Values per query: SQLite accepts 32,766."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored file, with the version that shows whether it has changed since."""

    file: Customer
    version: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The rows to write: new files, changed files, and the handles by which both are found."""

    files: bulk.Rows
    changed: Sequence[dict[str, Any]]
    versions: dict[str, int]
    numbers: bulk.Rows
    handles: bulk.Rows
    fresh_texts: fulltext.Ready
    changed_texts: fulltext.Ready


async def known(database: Database, ids: Sequence[str]) -> dict[str, Known]:
    """The files with these ids; files deleted meanwhile are left out."""
    customers: dict[str, Known] = {}
    async with database.read() as session:
        for at in range(0, len(ids), PART):
            rows = (await session.scalars(select(CustomerRow).where(CustomerRow.id.in_(ids[at : at + PART])))).all()
            files = await customers_of(session, rows)
            customers |= {row.id: Known(file, row.version) for row, file in zip(rows, files, strict=True)}
    return customers


async def ready(
    database: Database, fresh: Sequence[Customer], changed: Sequence[tuple[Known, Customer]], at: datetime
) -> Ready:
    """Prepare all rows, in a thread; `changed` has files as they are and as they will be."""
    async with database.read() as session:
        texts = await fulltext.texts_of(session, FOUND_AS, [customer.file.id for customer, _ in changed])
    return await asyncio.to_thread(_ready, fresh, changed, at, texts, database.is_sqlite)


def _ready(
    fresh: Sequence[Customer],
    changed: Sequence[tuple[Known, Customer]],
    at: datetime,
    texts: dict[str, tuple[int, str]],
    is_sqlite: bool,
) -> Ready:
    all_ = [*fresh, *(file for _, file in changed)]
    numbers = [
        {
            "number": number,
            "customer": customer.id,
            "place": place,
            "use": customer.uses.get(number, ""),
            "extension": customer.extensions.get(number, ""),
        }
        for customer in all_
        for place, number in enumerate(customer.numbers)
    ]
    rows = [
        {"kind": kind, "value": value, "customer": customer.id}
        for customer in all_
        for kind, value in sorted(handles(customer))
    ]
    return Ready(
        bulk.ready(
            CustomerRow,
            [_values(customer) | {"created_at": at, "version": 1} for customer in fresh],
            for_sqlite=is_sqlite,
        ),
        [_values(customer) for _, customer in changed],
        {customer.file.id: customer.version for customer, _ in changed},
        bulk.ready(CustomerNumberRow, numbers, for_sqlite=is_sqlite),
        bulk.ready(CustomerHandleRow, rows, for_sqlite=is_sqlite),
        fulltext.ready({customer.id: "\n".join(found_by(customer)) for customer in fresh}),
        fulltext.ready({customer.id: "\n".join(found_by(customer)) for _, customer in changed}, texts),
    )


def _values(customer: Customer) -> dict[str, Any]:
    return {
        "id": customer.id,
        "name": customer.name,
        "language": customer.language,
        "standing": customer.standing.value,
        "notes": customer.notes,
        "company": customer.company,
        "wechat": customer.wechat,
        "qq": customer.qq,
        "aliases": list(customer.aliases),
        "addresses": list(customer.addresses),
        "emails": list(customer.emails),
        "tags": list(customer.tags),
        "team": list(customer.team),
        "shared_numbers": list(customer.shared_numbers),
        "member_number": customer.member_number,
    }


async def unchanged(session: AsyncSession, ready: Ready) -> bool:
    """Whether the files to change are still unchanged; they stay locked until the transaction ends."""
    ids = list(ready.versions)
    for at in range(0, len(ids), PART):
        part = ids[at : at + PART]
        query = select(CustomerRow.id, CustomerRow.version).where(CustomerRow.id.in_(part)).with_for_update()
        held = {row.id: row.version for row in await session.execute(query)}
        if any(held.get(id) != ready.versions[id] for id in part):
            return False
    return True


async def write(session: AsyncSession, ready: Ready) -> None:
    """Write the rows in the caller's transaction; IntegrityError when a number belongs to another file."""
    ids = list(ready.versions)
    for at in range(0, len(ids), PART):
        part = ids[at : at + PART]
        await session.execute(delete(CustomerNumberRow).where(CustomerNumberRow.customer.in_(part)))
        await session.execute(delete(CustomerHandleRow).where(CustomerHandleRow.customer.in_(part)))
    await _change(session, ready.changed)
    await bulk.write(session, ready.files)
    await bulk.write(session, ready.numbers)
    await bulk.write(session, ready.handles)
    await fulltext.put_ready(session, FOUND_AS, ready.fresh_texts)
    await fulltext.put_ready(session, FOUND_AS, ready.changed_texts)


async def _change(session: AsyncSession, changed: Sequence[dict[str, Any]]) -> None:
    table = cast("Table", CustomerRow.__table__)
    named: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (changed[0] if changed else ()) if name != "id"}
    statement = update(table).where(table.c.id == bindparam("new_id")).values(**named, version=table.c.version + 1)
    connection = await session.connection()
    for at in range(0, len(changed), bulk.PART):
        rows = [{f"new_{name}": value for name, value in values.items()} for values in changed[at : at + bulk.PART]]
        await connection.execute(statement, rows)
