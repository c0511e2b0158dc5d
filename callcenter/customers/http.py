"""Routes of customers' files."""

from __future__ import annotations

from callcenter.customers.model import UnknownCustomer
from callcenter.customers.numbers import read_number
from callcenter.customers.places import place_of
from callcenter.customers.service import CustomerService
from callcenter.customers.shapes import CustomerChange, CustomerQuery, CustomerShape, Lookup, NumberQuery
from callcenter.web.routes import ANYONE, Ask, Page, Routes, decode_cursor, encode_cursor, page_of


def routes(customers: CustomerService, region: str = "CN", outside_prefix: str = "") -> Routes:
    routes = Routes("customers")

    @routes.get("/customers", roles=ANYONE)
    async def list_customers(ask: Ask, query: CustomerQuery) -> Page[CustomerShape]:
        """Customers' files."""
        if query.q:
            before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
            hits, place = await customers.find(query.q, query.limit, before)
            shown = [CustomerShape.of(one) for one in hits]
            return Page(items=shown, next=None if place is None else encode_cursor(place))
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else ""
        found = await customers.customers(query.name, after, query.limit + 1, query.tag)
        page = page_of(found, query.limit, lambda one: encode_cursor(one.id))
        return Page(items=[CustomerShape.of(customer) for customer in page.items], next=page.next)

    @routes.post("/customers", roles=ANYONE, status=201)
    async def add_customer(ask: Ask, body: CustomerChange) -> CustomerShape:
        """Begin a customer's file."""
        return CustomerShape.of(await customers.add(body.customer(), ask.require()))

    @routes.get("/customers/lookup", roles=ANYONE)
    async def look_up_number(ask: Ask, query: NumberQuery) -> Lookup:
        """Who calls from this number, and where it is at home."""
        number = read_number(query.number, region, outside_prefix)
        found = await customers.by_number(query.number)
        return Lookup(
            number=number.text,
            extension=number.extension,
            kind=number.kind,
            masked=number.masked,
            place=place_of(number),
            customer=CustomerShape.of(found) if found else None,
        )

    @routes.get("/customers/{id}", roles=ANYONE)
    async def read_customer(ask: Ask, id: str) -> CustomerShape:
        """One customer's file; a file that has become part of another one leads there. 404 for what is not ours."""
        if not id.isalnum():
            raise UnknownCustomer("no such customer")
        return CustomerShape.of(await customers.customer(id))

    @routes.put("/customers/{id}", roles=ANYONE)
    async def change_customer(ask: Ask, id: str, body: CustomerChange) -> CustomerShape:
        """Replace a customer's file."""
        changed = await customers.change(
            body.customer(id), ask.require(), lambda current: ask.must_match(CustomerShape.of(current))
        )
        return CustomerShape.of(changed)

    return routes
