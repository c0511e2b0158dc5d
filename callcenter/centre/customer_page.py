"""Builds the page of everything about one customer (W5): file, calls, cases, return calls, entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel

from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.callbacks.shapes import ReturnCallShape
from callcenter.calls.http import CallShape, Links, shapes
from callcenter.calls.model import CallRecord
from callcenter.calls.service import CallService
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.shapes import CaseShape
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.model import Customer
from callcenter.customers.service import CustomerService
from callcenter.customers.shapes import CustomerEntryShape, CustomerShape
from callcenter.customers.sight import CustomerSight
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of

FEW: Final = 20
"""Of each kind on the page; the lists have the rest."""

Spellings = Callable[[str], Sequence[str]]
"""The spellings in which records may hold a number of a file."""


class CustomerPage(BaseModel):
    """The newest of each kind; `also` are the ids of files that were merged into this one.

    Open cases and open return calls come before closed ones, so that an agent understands the caller at a glance.
    """

    customer: CustomerShape
    also: list[str]
    open_cases: list[CaseShape]
    cases: list[CaseShape]
    open_return_calls: list[ReturnCallShape]
    return_calls: list[ReturnCallShape]
    calls: list[CallShape]
    entries: list[CustomerEntryShape]


@dataclass(frozen=True)
class CustomerView:
    customers: CustomerService
    journal: CustomerJournal
    calls: CallService
    links: Mapping[str, Links]
    cases: CaseQueries
    return_calls: Reading
    spellings: Spellings
    sight: CustomerSight

    async def calls_of(
        self, customer: Customer, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[CallRecord]:
        """List calls from and to any number of the file, newest first."""
        written = [spelling for number in customer.numbers for spelling in self.spellings(number)]
        return await self.calls.of_numbers(written, limit, after)


def routes(view: CustomerView) -> Routes:
    routes = Routes("customers")

    @routes.get("/customers/{id}/everything", roles=ANYONE)
    async def read_everything(ask: Ask, id: str) -> CustomerPage:
        """Read a customer's newest calls, cases, return calls and, when the file is yours, entries."""
        person, customer = ask.require(), await view.customers.customer(id)
        theirs = customer.id in await view.sight.theirs(person, [customer])
        family = tuple(await view.customers.family(id))
        open_cases = await view.cases.find(CaseConditions(customer=family, open=True), FEW)
        cases = await view.cases.find(CaseConditions(customer=family, open=False), FEW)
        due = await view.return_calls.find(CallbackFilter(customers=family, open=True), FEW)
        over = await view.return_calls.newest(CallbackFilter(customers=family, open=False), FEW)
        return CustomerPage(
            customer=await view.sight.shape(ask, customer),
            also=[member for member in family if member != customer.id],
            open_cases=[CaseShape.of(case, person) for case in open_cases],
            cases=[CaseShape.of(case, person) for case in cases],
            open_return_calls=[ReturnCallShape.of(row, person) for row in due],
            return_calls=[ReturnCallShape.of(row, person) for row in over],
            calls=await shapes(await view.calls_of(customer, FEW), person, view.links),
            entries=[CustomerEntryShape.model_validate(row) for row in await view.journal.of(customer.id, FEW)]
            if theirs
            else [],
        )

    @routes.get("/customers/{id}/calls", roles=ANYONE)
    async def list_customer_calls(ask: Ask, id: str, query: PageQuery) -> Page[CallShape]:
        """List calls from and to any number of the file, newest first."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        records = await view.calls_of(await view.customers.customer(id), query.limit + 1, after)
        page = page_of(records, query.limit, lambda call: encode_cursor(call.arrived_at, call.id))
        return Page(items=await shapes(page.items, ask.require(), view.links), next=page.next)

    return routes
