"""Imports customer files from a CSV or XLSX table: checked as a whole, then stored in one transaction, never half.

A row whose number is already in a file is refused, or merged into that file with `update`. All slow work is done before
the transaction, while the service runs; the transaction itself is a few statements.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from typing_extensions import TypedDict

from callcenter.catalogue import sentence_of
from callcenter.clock import Clock
from callcenter.customers.importing import bulk
from callcenter.customers.importing.columns import COLUMNS, LAYOUT, customer_of
from callcenter.customers.model import BadCustomer, Customer, MemberNumberTaken, NumberTaken, check_customer, joined
from callcenter.customers.numbers import BadNumber
from callcenter.customers.rows import CustomerNumberRow, CustomerRow
from callcenter.customers.service import CustomerService
from callcenter.errors import CallCentreError
from callcenter.facts import CustomerId
from callcenter.kit.table_process import Progress, TableReader, no_progress
from callcenter.kit.table_reader import Passed, Refusal, Row, Table, error_file
from callcenter.storage.database import Database
from callcenter.web.audit import Audit, Fact
from callcenter.web.ports import DeltaKind
from callcenter.web.roles import Person

STEP: Final = 500
"""Rows between two progress reports."""
TRIES: Final = 3
"""How often the rows are prepared again when other users changed the files meanwhile."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`made` and `updated` are 0 for a dry run and when any row is refused: then nothing is imported.

    `passed` is what was ignored although the table is valid: unknown columns, titles, sheets.
    """

    total: int
    accepted: int
    refused: tuple[Refusal, ...] = ()
    made: int = 0
    updated: int = 0
    passed: tuple[Passed, ...] = ()


@dataclass(frozen=True, slots=True)
class Holders:
    """The ids of the files that hold telephone numbers, and those of member numbers."""

    numbers: dict[str, str]
    members: dict[str, str]


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of the table on which telephone numbers and member numbers are."""

    numbers: dict[str, int]
    members: dict[str, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """A table that has been read: files by line, the id of the file that each row goes into, refused rows."""

    files: Sequence[tuple[Row, Customer, str | None]]
    refused: Sequence[tuple[Row, Refusal]]
    passed: Sequence[Passed]

    @property
    def total(self) -> int:
        return len(self.files) + len(self.refused)


class CustomerImportDelta(TypedDict):
    """How many rows of the table that is being imported are read, and then checked; `of` is null until it is known."""

    done: int
    of: int | None


CUSTOMER_IMPORT: Final = DeltaKind("customer_import", CustomerImportDelta, "leaders")


@dataclass
class CustomerImport:
    database: Database
    clock: Clock
    customers: CustomerService
    audit: Audit
    reader: TableReader = field(default_factory=TableReader)

    async def run(
        self,
        data: bytes,
        by: Person | None,
        *,
        dry_run: bool = False,
        update: bool = False,
        progress: Progress = no_progress,
    ) -> Outcome:
        """Import a table, whole or not at all. Raises BadTable, and NumberTaken when a number is taken meanwhile."""
        table = await self._checked(data, update=update, progress=progress)
        refused, passed = tuple(why for _, why in table.refused), tuple(table.passed)
        if refused or dry_run:
            return Outcome(table.total, len(table.files), refused, passed=passed)
        fresh = [customer for _, customer, into in table.files if into is None]
        into_known = [(customer, into) for _, customer, into in table.files if into is not None]
        await self._keep(hashlib.sha256(data).hexdigest(), fresh, into_known, by)
        progress(table.total, table.total)
        return Outcome(table.total, table.total, (), len(fresh), len(into_known), passed)

    async def _keep(
        self, digest: str, fresh: Sequence[Customer], into_known: Sequence[tuple[Customer, str]], by: Person | None
    ) -> None:
        for _ in range(TRIES):
            changed = await self._changed(into_known)
            ready = await bulk.ready(self.database, fresh, changed, self.clock())
            facts: dict[str, Fact] = {"new": len(fresh), "updated": len(into_known), "sha256": digest}
            subjects = [f"customer/{known.file.id}" for known, _ in changed]
            try:
                async with self.database.write() as session:
                    if not await bulk.unchanged(session, ready):
                        continue
                    await bulk.write(session, ready)
                    await self.audit.append_many(session, by, "customer.changed", subjects)
                    await self.audit.append(session, by, "customers.imported", "customers", facts=facts)
            except IntegrityError:
                raise NumberTaken("a number was given to another file just now; import again") from None
            return
        raise NumberTaken("these files were changed by others just now; import again")

    async def _changed(self, into_known: Sequence[tuple[Customer, str]]) -> list[tuple[bulk.Known, Customer]]:
        """Files that rows are merged into: as they are and as they will be; files that stay the same are left out."""
        held = await bulk.known(self.database, sorted({into for _, into in into_known}))
        files = {id: known.file for id, known in held.items()}
        for customer, into in into_known:
            if into not in files:
                raise NumberTaken("a file was merged into another one just now; import again")
            files[into] = check_customer(joined(files[into], customer))
        return [(held[id], file) for id, file in files.items() if file != held[id].file]

    async def errors(self, data: bytes, *, xlsx: bool, update: bool = False) -> bytes:
        """The rows that would be refused, each with the reason, as a file. Raises BadTable."""
        table = await self._checked(data, update=update)
        return await asyncio.to_thread(error_file, table.refused, COLUMNS, xlsx=xlsx)

    async def _checked(self, data: bytes, *, update: bool, progress: Progress = no_progress) -> Checked:
        table = await self.reader.read(data, LAYOUT, progress=_unknown_total(progress))
        read, refused = await self._read(table, progress)
        holders = await self._holders([customer for _, customer in read])
        return await asyncio.to_thread(_placed, read, refused, holders, table.passed, update)

    async def _read(
        self, table: Table, progress: Progress
    ) -> tuple[list[tuple[Row, Customer]], list[tuple[Row, Refusal]]]:
        """Split the rows into valid and refused ones, in a thread, because thousands of numbers take seconds."""
        read: list[tuple[Row, Customer]] = []
        refused: list[tuple[Row, Refusal]] = []
        for at in range(0, len(table.rows), STEP):
            progress(at, len(table.rows))
            part = await asyncio.to_thread(self._read_part, table.rows[at : at + STEP])
            read += part[0]
            refused += part[1]
        return read, refused

    def _read_part(self, rows: Sequence[Row]) -> tuple[list[tuple[Row, Customer]], list[tuple[Row, Refusal]]]:
        read: list[tuple[Row, Customer]] = []
        refused: list[tuple[Row, Refusal]] = []
        for row in rows:
            try:
                read.append((row, self.customers.checked(customer_of(row.cells, self.customers.entry))))
            except CallCentreError as error:
                column = "numbers" if isinstance(error, BadNumber) else _column(error)
                refused.append((row, Refusal(row.line, column, error.code, sentence_of(error))))
        return read, refused

    async def _holders(self, files: Sequence[Customer]) -> Holders:
        """The files that hold these numbers, queried in parts: SQLite accepts 32,766 values at once."""
        numbers = [number for file in files for number in file.numbers]
        members = [file.member_number for file in files if file.member_number]
        holders = Holders({}, {})
        async with self.database.read() as session:
            for part in _parts(numbers, bulk.PART):
                query = select(CustomerNumberRow.number, CustomerNumberRow.customer)
                for row in await session.execute(query.where(CustomerNumberRow.number.in_(part))):
                    holders.numbers[row.number] = row.customer
            for part in _parts(members, bulk.PART):
                held = select(CustomerRow.member_number, CustomerRow.id).where(CustomerRow.member_number.in_(part))
                for number, customer in await session.execute(held):
                    holders.members[number] = customer
        return holders


def _unknown_total(progress: Progress) -> Progress:
    """Rows that are read are not checked yet, so their number is no total of the work."""
    return lambda done, of: progress(done, None)


def _column(error: CallCentreError) -> str:
    named = error.facts.get("field") if isinstance(error, BadCustomer) else None
    return str(named or "name")


def _placed(
    read: Sequence[tuple[Row, Customer]],
    unread: Sequence[tuple[Row, Refusal]],
    holders: Holders,
    passed: Sequence[Passed],
    update: bool,
) -> Checked:
    """Which file each row goes into; new files get their ids here."""
    files: list[tuple[Row, Customer, str | None]] = []
    refused, seen = list(unread), Lines({}, {})
    for row, customer in read:
        into, why = _place(row, customer, holders, seen, update=update)
        if why is not None:
            refused.append((row, why))
            continue
        seen.numbers.update(dict.fromkeys(customer.numbers, row.line))
        if customer.member_number:
            seen.members[customer.member_number] = row.line
        files.append((row, customer if into else replace(customer, id=CustomerId(uuid4().hex)), into))
    return Checked(files, sorted(refused, key=lambda entry: entry[0].line), passed)


def _place(
    row: Row, customer: Customer, holders: Holders, seen: Lines, *, update: bool
) -> tuple[str | None, Refusal | None]:
    """The file that a row goes into, None for a new one; or why it cannot be stored.

    A member number identifies a customer as a number of theirs does.
    """
    member = customer.member_number
    if twice := [seen.numbers[number] for number in customer.numbers if number in seen.numbers]:
        return None, _taken(row, NumberTaken("another line of this table has the same number", line=twice[0]))
    if member in seen.members:
        same = MemberNumberTaken("another line of this table has the same member number", line=seen.members[member])
        return None, _taken(row, same)
    files = {holders.numbers[number] for number in customer.numbers if number in holders.numbers}
    files |= {holders.members[member]} if member in holders.members else set()
    if len(files) > 1:
        return None, _taken(row, NumberTaken("its numbers are in several files; merge those first", files=len(files)))
    if files and not update:
        if member in holders.members:
            return None, _taken(row, MemberNumberTaken("another customer has this member number"))
        return None, _taken(row, NumberTaken("a file has this number already"))
    return next(iter(files), None), None


def _taken(row: Row, error: NumberTaken | MemberNumberTaken) -> Refusal:
    column = "member_number" if isinstance(error, MemberNumberTaken) else "numbers"
    return Refusal(row.line, column, error.code, sentence_of(error))


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[at : at + size] for at in range(0, len(values), size))
