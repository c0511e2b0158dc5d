"""Customers' files from a CSV or XLSX table: checked whole first, kept in one transaction, so nothing is half imported.

Headers may be English or Chinese. Cells with several entries hold them with ; or ； or 、 or line ends between. A row
whose number is in a file already is refused, or with `update` taken into that file.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from callcenter.catalogue import sentence_of
from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.model import BadCustomer, Customer, NumberTaken, Standing, check_customer, joined
from callcenter.customers.numbers import BadNumber
from callcenter.customers.rows import CustomerNumberRow
from callcenter.customers.service import CustomerService
from callcenter.errors import CallCentreError
from callcenter.storage.database import Database
from callcenter.tabular import Refusal, Row, error_file, read_table
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

COLUMNS: Final = (
    "name", "numbers", "language", "standing", "company", "aliases", "addresses", "emails", "wechat", "qq", "tags",
    "team", "notes",
)  # fmt: skip
_NAMES: Final = {
    "name": ("姓名", "名称", "客户", "客户名称"), "numbers": ("number", "phone", "电话", "号码", "联系电话", "手机"),
    "language": ("语言", "方言"), "standing": ("级别", "客户级别"), "company": ("公司", "单位"),
    "aliases": ("别名", "联系人"), "addresses": ("address", "地址"), "emails": ("email", "e-mail", "邮箱", "电子邮箱"),
    "wechat": ("微信", "微信号"), "qq": ("qq号",), "tags": ("标签",), "team": ("团队", "专属客服"),
    "notes": ("note", "备注"),
}  # fmt: skip
HEADERS: Final[Mapping[str, str]] = {
    name.lower(): column for column, names in _NAMES.items() for name in (column, *names)
}
_STANDINGS: Final = {
    "": Standing.ORDINARY, "普通": Standing.ORDINARY, "ordinary": Standing.ORDINARY, "vip": Standing.VIP,
    "vip会员": Standing.VIP, "key_account": Standing.KEY_ACCOUNT, "大客户": Standing.KEY_ACCOUNT,
}  # fmt: skip
_LISTS: Final = frozenset({"numbers", "aliases", "addresses", "emails", "tags", "team"})
_BETWEEN: Final = re.compile(r"[;；、\n]")
STEP: Final = 200
"""Rows between two words of progress."""

Progress = Callable[[int, int], object]
"""Told how many of how many rows are kept."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`made` and `updated` are 0 for a dry run, and when any row is refused: then nothing is imported."""

    total: int
    accepted: int
    refused: tuple[Refusal, ...] = ()
    made: int = 0
    updated: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A table that was read: files by line, the id of the file that a row goes into, refused rows."""

    files: Sequence[tuple[Row, Customer, str | None]]
    refused: Sequence[tuple[Row, Refusal]]


class CustomerImport:
    def __init__(self, database: Database, clock: Clock, customers: CustomerService, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._customers = customers
        self._audit = audit

    async def run(
        self, data: bytes, by: Person | None, *, dry_run: bool = False, update: bool = False,
        progress: Progress = lambda done, all_: None,
    ) -> Outcome:  # fmt: skip
        """Import a table, whole or not at all. Raises BadTable, and NumberTaken when a number is taken meanwhile."""
        table = await self._checked(data, update=update)
        refused, total = tuple(why for _, why in table.refused), len(table.files) + len(table.refused)
        if refused or dry_run:
            return Outcome(total, len(table.files), refused)
        fresh = [replace(one, id=uuid4().hex) for _, one, into in table.files if into is None]
        known = [(one, into) for _, one, into in table.files if into is not None]
        await self._keep(data, fresh, known, by, lambda done: progress(done, total))
        return Outcome(total, total, (), len(fresh), len(known))

    async def _keep(
        self, data: bytes, fresh: Sequence[Customer], known: Sequence[tuple[Customer, str]], by: Person | None,
        progress: Callable[[int], object],
    ) -> None:  # fmt: skip
        """One transaction and one word in the audit; each file of a known customer has a word of its own there."""
        try:
            async with self._database.write() as session:
                for at in range(0, len(fresh), STEP):
                    progress(at)
                    await store.put_new(session, fresh[at : at + STEP], self._clock())
                for done, (customer, into) in enumerate(known, len(fresh)):
                    if done % STEP == 0:
                        progress(done)
                    row = await store.living(session, into, to_change=True)
                    await store.put(session, row, check_customer(joined(await store.load(session, row.id), customer)))
                    await self._audit.append(session, by, "customer.changed", f"customer/{row.id}")
                facts: dict[str, Fact] = {"new": len(fresh), "updated": len(known)}
                facts["sha256"] = hashlib.sha256(data).hexdigest()
                await self._audit.append(session, by, "customers.imported", "customers", facts=facts)
        except IntegrityError:
            raise NumberTaken("a number was given to another file just now; import again") from None
        progress(len(fresh) + len(known))

    async def errors(self, data: bytes, *, xlsx: bool, update: bool = False) -> bytes:
        """The rows that would be refused, with the reason beside each, as a file. Raises BadTable."""
        table = await self._checked(data, update=update)
        return await asyncio.to_thread(error_file, table.refused, COLUMNS, xlsx=xlsx)

    async def _checked(self, data: bytes, *, update: bool) -> Checked:
        read, refused = await asyncio.to_thread(self._read, data)
        holders = await self._holders([number for _, one in read for number in one.numbers])
        files: list[tuple[Row, Customer, str | None]] = []
        seen: dict[str, int] = {}
        for row, customer in read:
            into, why = _place(row, customer, holders, seen, update=update)
            if why is not None:
                refused.append((row, why))
                continue
            seen |= dict.fromkeys(customer.numbers, row.line)
            files.append((row, customer, into))
        return Checked(files, sorted(refused, key=lambda one: one[0].line))

    def _read(self, data: bytes) -> tuple[list[tuple[Row, Customer]], list[tuple[Row, Refusal]]]:
        """The rows that can be read as files, and the others; thousands of numbers take seconds, so in a thread."""
        read: list[tuple[Row, Customer]] = []
        refused: list[tuple[Row, Refusal]] = []
        for row in read_table(data, HEADERS, "name"):
            try:
                read.append((row, self._customers.checked(_customer(row.cells))))
            except CallCentreError as error:
                column = "numbers" if isinstance(error, BadNumber) else str(error.facts.get("field", "name"))
                refused.append((row, Refusal(row.line, column, error.code, sentence_of(error))))
        return read, refused

    async def _holders(self, numbers: Sequence[str]) -> dict[str, str]:
        """The files that hold these numbers, asked in parts: SQLite takes 32,766 values at once."""
        found: dict[str, str] = {}
        async with self._database.read() as session:
            for part in _parts(numbers, 5_000):
                query = select(CustomerNumberRow.number, CustomerNumberRow.customer)
                for row in await session.execute(query.where(CustomerNumberRow.number.in_(part))):
                    found[row.number] = row.customer
        return found


def _place(
    row: Row, customer: Customer, holders: Mapping[str, str], seen: Mapping[str, int], *, update: bool
) -> tuple[str | None, Refusal | None]:
    """The file that a row goes into, None for a new one; or why it cannot be kept."""
    twice = [seen[number] for number in customer.numbers if number in seen]
    if twice:
        return None, _taken(row, NumberTaken("another line of this table has the same number", line=twice[0]))
    files = {holders[number] for number in customer.numbers if number in holders}
    if len(files) > 1:
        return None, _taken(row, NumberTaken("its numbers are in several files; merge those first", files=len(files)))
    if files and not update:
        return None, _taken(row, NumberTaken("a file has this number already"))
    return next(iter(files), None), None


def _taken(row: Row, error: NumberTaken) -> Refusal:
    return Refusal(row.line, "numbers", error.code, sentence_of(error))


def _customer(cells: Mapping[str, str]) -> Customer:
    standing = _STANDINGS.get(cells.get("standing", "").lower())
    if standing is None:
        raise BadCustomer("a standing is ordinary, vip or key_account", field="standing")
    values: dict[str, Any] = {
        column: tuple(_entries(cells[column])) if column in _LISTS else cells[column]
        for column in COLUMNS
        if column in cells and column != "standing"
    }
    return replace(Customer(**values), standing=standing)


def _entries(cell: str) -> Iterator[str]:
    return (one.strip() for one in _BETWEEN.split(cell) if one.strip())


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[at : at + size] for at in range(0, len(values), size))
