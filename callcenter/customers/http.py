"""Routes of customers' files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.erasure import CustomerErasure
from callcenter.customers.merging import CustomerMerging
from callcenter.customers.model import NumberTaken, UnknownCustomer
from callcenter.customers.numbers import read_number
from callcenter.customers.places import place_of
from callcenter.customers.service import CustomerService
from callcenter.customers.shapes import (
    CustomerChange,
    CustomerQuery,
    CustomerShape,
    DuplicateShape,
    EraseBody,
    Lookup,
    MergeBody,
    NumberQuery,
)
from callcenter.customers.sight import CustomerNotYours, CustomerSight, check_words
from callcenter.facts import CustomerId
from callcenter.web.ports import NumbersOf, no_numbers
from callcenter.web.roles import LEADERS, Person
from callcenter.web.routes import ANYONE, MANAGERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of
from callcenter.web.sorting import CountedPage, SortedByRelevance, counted_page, place_at, sort_cursor


def routes(
    customers: CustomerService,
    sight: CustomerSight,
    numbers_of: NumbersOf = no_numbers,
    region: str = "CN",
    outside_prefix: str = "",
) -> Routes:
    """`numbers_of` are the numbers on an agent's live calls."""
    routes = Routes("customers")

    def on_my_call(person: Person, number: str) -> bool:
        if person.may(LEADERS):
            return True
        mine = numbers_of(person.agent) if person.agent is not None else ()
        return customers.key_of(number) in {customers.key_of(own) for own in mine}

    @asynccontextmanager
    async def entering_numbers(ask: Ask) -> AsyncIterator[None]:
        sight.may_enter_numbers(ask.require())
        try:
            yield
        except NumberTaken as error:
            id = error.facts.get("customer")
            holder = await customers.customer(id) if isinstance(id, str) else None
            raise await sight.taken(ask, error, holder) from None

    @routes.get("/customers", roles=ANYONE)
    async def list_customers(ask: Ask, query: CustomerQuery) -> CountedPage[CustomerShape]:
        """List customer files; those that are not yours are masked, and agents cannot search by digits."""
        check_words(f"{query.q} {query.name}", ask.require())
        if query.q:
            if query.sort is not None:
                raise SortedByRelevance("a search for words is newest first")
            before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
            sees = None if ask.require().may(LEADERS) else partial(sight.visible, ask.require(), query.q)
            hits, place = await customers.find(query.q, query.limit, before, sees)
            shapes = await sight.shown(ask, hits)
            return counted_page(shapes, None if place is None else encode_cursor(place), None)
        total = await customers.count(query.name, query.tag) if query.total else None
        if query.sort is not None:
            start = place_at(query.cursor, query.sort, str if query.sort.endswith("name") else datetime)
            files, beyond = await customers.sorted(query.sort, query.name, query.tag, query.limit, start)
            return counted_page(await sight.shown(ask, files), sort_cursor(query.sort, beyond), total)
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else ""
        listed = await customers.customers(query.name, after, query.limit + 1, query.tag)
        page = page_of(listed, query.limit, lambda customer: encode_cursor(customer.id))
        return counted_page(await sight.shown(ask, page.items), page.next, total)

    @routes.post("/customers", roles=ANYONE, status=201)
    async def add_customer(ask: Ask, body: CustomerChange) -> CustomerShape:
        """Create a customer file."""
        async with entering_numbers(ask):
            return CustomerShape.of(await customers.add(body.customer(), ask.require()))

    @routes.get("/customers/lookup", roles=ANYONE)
    async def look_up_number(ask: Ask, query: NumberQuery) -> Lookup:
        """Look up the customer and region of a number; agents only for the number of one of their calls."""
        number = read_number(query.number, region, outside_prefix)
        customer, person = await customers.by_number(query.number), ask.require()
        theirs = customer is not None and customer.id in await sight.theirs(person, [customer])
        if not theirs and not on_my_call(person, query.number):
            raise CustomerNotYours("look up only numbers of your calls or of customers who are currently yours")
        return Lookup(
            number=number.text,
            extension=number.extension,
            kind=number.kind,
            masked=number.masked,
            place=place_of(number),
            customer=await sight.shape(ask, customer) if customer else None,
        )

    @routes.get("/customers/{id}", roles=ANYONE)
    async def read_customer(ask: Ask, id: str) -> CustomerShape:
        """Read a customer file; a merged file leads to the one that it is part of. 404 for unknown ids."""
        if not id.isalnum():
            raise UnknownCustomer("no such customer")
        return await sight.shape(ask, await customers.customer(id))

    @routes.put("/customers/{id}", roles=ANYONE)
    async def change_customer(ask: Ask, id: CustomerId, body: CustomerChange) -> CustomerShape:
        """Replace a customer file that is currently yours."""
        await sight.must_be_theirs(ask.require(), await customers.customer(id))
        async with entering_numbers(ask):
            changed = await customers.change(
                body.customer(id), ask.require(), lambda current: ask.must_match(CustomerShape.of(current))
            )
        return CustomerShape.of(changed)

    return routes


def upkeep_routes(duplicates: CustomerDuplicates, merging: CustomerMerging, erasure: CustomerErasure) -> Routes:
    """Routes of duplicates, merging and erasure."""
    routes = Routes("customers")

    @routes.get("/customer-doubles", roles=LEADERS)
    async def list_doubles(ask: Ask, query: PageQuery) -> Page[DuplicateShape]:
        """List files that may belong to the same customer: they share a name, an address or another identifier."""
        after = decode_cursor(query.cursor, tuple[str, str]) if query.cursor else ("", "")
        page = page_of(
            await duplicates.find(query.limit + 1, after),
            query.limit,
            lambda duplicate: encode_cursor(duplicate.kind, duplicate.value),
        )
        shapes = [
            DuplicateShape(
                kind=duplicate.kind,
                value=duplicate.value,
                customers=[CustomerShape.of(file) for file in duplicate.customers],
            )
            for duplicate in page.items
        ]
        return Page(items=shapes, next=page.next)

    @routes.post("/customers/{id}/merge", roles=LEADERS)
    async def merge_customers(ask: Ask, id: str, body: MergeBody) -> CustomerShape:
        """Merge this file into another one of the same customer; calls and cases of both are found there."""
        return CustomerShape.of(await merging.merge(id, body.into, ask.require()))

    @routes.post("/customers/{id}/erase", roles=MANAGERS)
    async def erase_customer(ask: Ask, id: str, body: EraseBody) -> None:
        """Erase a customer: the file is emptied and recordings that no case holds are erased. This cannot be undone."""
        await erasure.erase(id, body.reason, ask.require())

    return routes
