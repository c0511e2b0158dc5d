"""Handles customer files: create, change, and find one by the calling number."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import (
    CompoundSelect,
    Select,
    String,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.model import Customer, Standing, check_customer
from callcenter.customers.numbers import BadNumber, Number, NumberKind, read_entry, read_number
from callcenter.customers.rows import CustomerHandleRow, CustomerNumberRow, CustomerRow
from callcenter.facts import CustomerId
from callcenter.storage import fulltext
from callcenter.storage.database import Database
from callcenter.storage.sorting import Place, both_ways, counted, sorted_rows
from callcenter.storage.tokenizer import folded, query_of
from callcenter.web.audit import Audit
from callcenter.web.people import AgentExists, no_agents_room
from callcenter.web.roles import Person

Check = Callable[[Customer], None]
Sees = Callable[[Sequence[Customer]], Awaitable[Collection[str]]]
"""The ids of those of these hits that the user may see."""
ORDERS: Final = both_ways(CustomerRow.id, CustomerRow.name, CustomerRow.created_at)
"""The orders of the list, each with an index."""
MOST_PAGES = 20
LEAST_PAGE = 100
"""How far a search goes on when most hits are left out."""
_CANDIDATES: Final[CompoundSelect[Any]] = union_all(
    select(literal_column("1").label("owns"), CustomerNumberRow.customer).where(
        CustomerNumberRow.number == bindparam("number")
    ),
    select(literal_column("0").label("owns"), CustomerHandleRow.customer).where(
        CustomerHandleRow.kind == store.SHARED, CustomerHandleRow.value == bindparam("shared")
    ),
)
"""The file that has a number, and those that share it. Built once: every call needs it."""
HAS_FILE: Final = or_(
    exists().where(CustomerNumberRow.number == bindparam("number")),
    exists().where(CustomerHandleRow.kind == store.SHARED, CustomerHandleRow.value == bindparam("shared")),
)
"""Whether a file has or shares the number, as a part of a statement; `shared` is the folded number."""
_HELD: Final = select(CustomerNumberRow.number, CustomerNumberRow.customer).where(
    CustomerNumberRow.number.in_(bindparam("numbers", expanding=True))
)


class CustomerService:
    """`region` and `outside_prefix` are the centre's settings for parsing numbers."""

    def __init__(
        self, database: Database, clock: Clock, audit: Audit, region: str = "CN", outside_prefix: str = ""
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._region = region
        self._outside_prefix = outside_prefix
        self.agent_exists: AgentExists = no_agents_room

    async def customer(self, id: str) -> Customer:
        """One file; raises UnknownCustomer."""
        async with self._database.read() as session:
            return await store.load(session, id)

    async def family(self, id: str) -> list[str]:
        """All ids that this customer has had: the file's own, and those of the files merged into it."""
        async with self._database.read() as session:
            row = await session.get(CustomerRow, id)
            if row is None:
                return [id]
            surviving = row.merged_into or row.id
            gone = await session.scalars(select(CustomerRow.id).where(CustomerRow.merged_into == surviving))
            return [surviving, *sorted(gone)]

    async def by_number(self, number: str) -> Customer | None:
        """The customer who has this number, as the trunk sent it; None for hidden, unreadable and unknown numbers."""
        key = self.key_of(number)
        if not key:
            return None
        async with self._database.read() as session:
            row = await session.get(CustomerNumberRow, key)
            return await store.load(session, row.customer) if row else None

    async def by_member_number(self, digits: str) -> Customer | None:
        """The customer with this member number, as it was keyed in."""
        if not digits:
            return None
        async with self._database.read() as session:
            id = await session.scalar(select(CustomerRow.id).where(CustomerRow.member_number == digits))
            return await store.load(session, id) if id else None

    async def candidates(self, number: str) -> list[Customer]:
        """Everyone who may be calling from this number: the file that has it, then those who share it, by name."""
        key = self.key_of(number)
        if not key:
            return []
        async with self._database.read() as session:
            held = (await session.execute(_CANDIDATES, {"number": key, "shared": folded(key)})).all()
            if not held:
                return []
            mine = next((id for owns, id in held if owns), "")
            ids = {id for _, id in held}
            rows = (await session.scalars(select(CustomerRow).where(CustomerRow.id.in_(ids)))).all()
            files = await store.customers_of(session, rows)
        return sorted(files, key=lambda file: (file.id != mine, file.name, file.id))

    async def candidate_ids(self, numbers: Collection[str]) -> dict[str, list[CustomerId]]:
        """The ids of everyone who may be calling from these numbers, by number as given."""
        keys = {number: key for number in numbers if (key := self.key_of(number))}
        handle = CustomerHandleRow
        shared = select(handle.value, handle.customer).where(
            handle.kind == store.SHARED, handle.value.in_({folded(key) for key in keys.values()})
        )
        held: dict[str, list[CustomerId]] = {}
        async with self._database.read() as session:
            for value, customer in await session.execute(shared.order_by(handle.customer)):
                held.setdefault(value, []).append(customer)
        owners = await self.by_numbers(numbers)
        return {
            number: [*([owners[number]] if number in owners else []), *held.get(folded(key), [])]
            for number, key in keys.items()
        }

    async def by_numbers(self, numbers: Collection[str]) -> dict[str, CustomerId]:
        """The ids of the files that hold these numbers, by number as given."""
        keys = {number: key for number in numbers if (key := self.key_of(number))}
        if not keys:
            return {}
        async with self._database.read() as session:
            held = {row.number: row.customer for row in await session.execute(_HELD, {"numbers": set(keys.values())})}
        return {number: held[key] for number, key in keys.items() if key in held}

    def read(self, number: str) -> Number:
        """Parse a number from people or the trunk. Raises BadNumber."""
        return read_number(number, self._region, self._outside_prefix)

    def entry(self, number: str) -> Number:
        """Parse a number that is to be stored. Raises BadNumber for hidden and doubtful numbers too."""
        return read_entry(number, self._region, self._outside_prefix)

    def key_of(self, number: str) -> str:
        """The number as files store it; empty for hidden and unreadable ones."""
        try:
            read = self.read(number)
        except BadNumber:
            return ""
        return "" if read.kind is NumberKind.HIDDEN else read.text

    async def standings(self) -> dict[str, Standing]:
        """The numbers of key accounts and VIP members: few enough for routing to hold them all in memory (R11)."""
        query = (
            select(CustomerNumberRow.number, CustomerRow.standing)
            .join(CustomerRow, CustomerRow.id == CustomerNumberRow.customer)
            .where(CustomerRow.standing != Standing.ORDINARY.value)
        )
        async with self._database.read() as session:
            return {number: Standing(standing) for number, standing in await session.execute(query)}

    async def numbers_by_language(self, languages: Collection[str]) -> dict[str, str]:
        """The numbers of customers whose file names one of these languages or dialects, in lower case."""
        named = func.lower(CustomerRow.language)
        query = (
            select(CustomerNumberRow.number, named)
            .join(CustomerRow, CustomerRow.id == CustomerNumberRow.customer)
            .where(named.in_(sorted({language.lower() for language in languages})))
        )
        async with self._database.read() as session:
            return {number: str(language) for number, language in await session.execute(query)}

    async def special(self) -> dict[str, str]:
        """The standing of every file that is not ordinary, by every id that it has had: few (W5)."""
        ordinary = CustomerRow.standing == Standing.ORDINARY.value
        special = select(CustomerRow.id, CustomerRow.standing).where(~ordinary, CustomerRow.merged_into.is_(None))
        async with self._database.read() as session:
            standing_of = {row.id: row.standing for row in await session.execute(special)}
            gone = select(CustomerRow.id, CustomerRow.merged_into).where(CustomerRow.merged_into.in_(standing_of))
            return standing_of | {row.id: standing_of[row.merged_into] for row in await session.execute(gone)}

    async def customers(self, name: str = "", after: str = "", limit: int = 50, tag: str = "") -> list[Customer]:
        """Files whose name contains `name` and that have the tag, by id, those after `after`."""
        query = _listed(name, tag).where(CustomerRow.id > after)
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(CustomerRow.id).limit(limit))).all()
            return await store.customers_of(session, rows)

    async def sorted(
        self, sort: str, name: str, tag: str, limit: int, after: Place | None = None
    ) -> tuple[list[Customer], Place | None]:
        """The same files in one of the ORDERS, after the place, and the place of the next page."""
        async with self._database.read() as session:
            page = await sorted_rows(session, _listed(name, tag), ORDERS[sort], limit, after)
            return await store.customers_of(session, page.rows), page.following

    async def count(self, name: str, tag: str) -> tuple[int, bool]:
        """How many there are, up to a limit, and whether that is all."""
        async with self._database.read() as session:
            return await counted(session, _listed(name, tag))

    async def find(
        self, words: str, limit: int = 50, before: int | None = None, sees: Sees | None = None
    ) -> tuple[list[Customer], int | None]:
        """Files that match every word, newest first, and the cursor of the next page.

        `sees` leaves out hits; neither the length of a page nor its cursor then shows that there were any.
        """
        if sees is None:
            hits, files = await self._hits(words, limit, before)
            return [files[hit.ref] for hit in hits.items if hit.ref in files], hits.next
        matching: list[tuple[int, Customer]] = []
        for _ in range(MOST_PAGES):
            hits, files = await self._hits(words, max(limit, LEAST_PAGE), before)
            seen = await sees(list(files.values()))
            matching += [(hit.place, files[hit.ref]) for hit in hits.items if hit.ref in files and hit.ref in seen]
            before = hits.next
            if before is None or len(matching) > limit:
                break
        page = matching[:limit]
        return [file for _, file in page], page[-1][0] if len(matching) > limit else None

    async def _hits(self, words: str, limit: int, before: int | None) -> tuple[fulltext.Hits, dict[str, Customer]]:
        async with self._database.read() as session:
            hits = await fulltext.find(session, query_of(words), (store.FOUND_AS,), limit, before)
            ids = [hit.ref for hit in hits.items]
            rows = (await session.scalars(select(CustomerRow).where(CustomerRow.id.in_(ids)))).all()
            return hits, {customer.id: customer for customer in await store.customers_of(session, rows)}

    async def add(self, customer: Customer, by: Person | None) -> Customer:
        """Create a file. Raises BadCustomer, BadNumber, NumberTaken, and UnknownAgent for a member of the team."""
        checked = self.checked(customer)
        await self._check_team(checked.team)
        async with self._database.write() as session:
            return await self.insert(session, checked, by)

    async def _check_team(self, team: Collection[str]) -> None:
        for number in team:
            await self.agent_exists(number)

    async def insert(self, session: AsyncSession, checked: Customer, by: Person | None) -> Customer:
        """Create a file in the caller's transaction; raises NumberTaken."""
        customer = replace(checked, id=CustomerId(uuid4().hex))
        await store.put(session, CustomerRow(id=customer.id, created_at=self._clock()), customer)
        await self._audit.append(session, by, "customer.added", f"customer/{customer.id}")
        return customer

    async def change(self, customer: Customer, by: Person | None, check: Check | None = None) -> Customer:
        """Replace a file; raises UnknownCustomer, BadCustomer, BadNumber, NumberTaken, UnknownAgent."""
        checked = self.checked(customer)
        # Existing team members stay valid, even after they have left.
        await self._check_team(set(checked.team) - set((await self.customer(customer.id)).team))
        async with self._database.write() as session:
            row = await store.living(session, customer.id, to_change=True)
            if check is not None:
                check(await store.load(session, row.id))
            changed = replace(checked, id=row.id)
            await store.put(session, row, changed)
            await self._audit.append(session, by, "customer.changed", f"customer/{row.id}")
            return changed

    def checked(self, customer: Customer) -> Customer:
        """The file as it would be stored. Raises BadCustomer, BadNumber."""
        read = [self.entry(text) for text in customer.numbers]
        numbers = tuple(dict.fromkeys(number.text for number in read))
        uses = {self.key_of(number): use for number, use in customer.uses.items()}
        extensions = {self.key_of(number): text for number, text in customer.extensions.items() if text}
        shared = tuple(dict.fromkeys(self.entry(text).text for text in customer.shared_numbers))
        for number in read:
            known = extensions.get(number.text, "").split(",")
            if number.extension and number.extension not in known:
                extensions[number.text] = ",".join(extension for extension in (*known, number.extension) if extension)
        return check_customer(
            replace(customer, numbers=numbers, uses=uses, extensions=extensions, shared_numbers=shared)
        )


def _listed(name: str, tag: str) -> Select[CustomerRow]:
    """The files that are neither merged nor erased, whose name contains `name` and that have the tag."""
    query = select(CustomerRow).where(CustomerRow.merged_into.is_(None), CustomerRow.erased_at.is_(None))
    if name:
        query = query.where(CustomerRow.name.contains(name, autoescape=True))
    if tag:
        query = query.where(cast(CustomerRow.tags, String).contains(json.dumps(tag), autoescape=True))
    return query
