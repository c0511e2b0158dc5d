"""Routes of customers' files."""

from __future__ import annotations

from pydantic import BaseModel, Field

from callcenter.customers.model import Customer, Standing, UnknownCustomer
from callcenter.customers.numbers import read_number
from callcenter.customers.places import place_of
from callcenter.customers.service import CustomerService
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor


class CustomerChange(BaseModel):
    """`numbers` are kept as E.164; `language` is a language or dialect such as xiang-changsha."""

    name: str = Field(max_length=120)
    numbers: list[str] = Field(default_factory=list, max_length=20)
    language: str = Field("", max_length=50)
    standing: Standing = Field(Standing.ORDINARY, strict=False)
    notes: str = Field("", max_length=4000)

    def customer(self, id: str = "") -> Customer:
        return Customer(self.name, tuple(self.numbers), self.language, self.standing, self.notes, id)


class CustomerShape(BaseModel):
    id: str
    name: str
    numbers: list[str]
    language: str
    standing: Standing
    key_account: bool
    notes: str

    @classmethod
    def of(cls, customer: Customer) -> CustomerShape:
        return cls(
            id=customer.id,
            name=customer.name,
            numbers=list(customer.numbers),
            language=customer.language,
            standing=customer.standing,
            key_account=customer.standing is Standing.KEY_ACCOUNT,
            notes=customer.notes,
        )


class Lookup(BaseModel):
    """What is known of a number; `customer` is null when nobody's file has it."""

    number: str
    kind: str
    masked: str
    place: str
    customer: CustomerShape | None


class CustomerQuery(PageQuery):
    name: str = Field("", max_length=120)


class NumberQuery(BaseModel):
    number: str = Field(max_length=60)


def routes(customers: CustomerService, region: str = "CN", outside_prefix: str = "") -> Routes:
    routes = Routes("customers")

    @routes.get("/customers", roles=ANYONE)
    async def list_customers(ask: Ask, query: CustomerQuery) -> Page[CustomerShape]:
        """Customers' files."""
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else ""
        found = await customers.customers(query.name, after, query.limit + 1)
        shown = found[: query.limit]
        following = encode_cursor(shown[-1].id) if len(found) > len(shown) else None
        return Page(items=[CustomerShape.of(customer) for customer in shown], next=following)

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
            kind=number.kind,
            masked=number.masked,
            place=place_of(number),
            customer=CustomerShape.of(found) if found else None,
        )

    @routes.get("/customers/{id}", roles=ANYONE)
    async def read_customer(ask: Ask, id: str) -> CustomerShape:
        """One customer's file; the answer to an id that is not ours is 404."""
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
