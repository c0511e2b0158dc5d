"""Routes of the entries of a customer file: notes, visits, enrolments (S6)."""

from __future__ import annotations

from datetime import datetime

from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.service import CustomerService
from callcenter.customers.shapes import (
    CustomerEntryShape,
    EntryBody,
    EntryStepBody,
    PlannedQuery,
)
from callcenter.customers.sight import CustomerSight
from callcenter.facts import CustomerId
from callcenter.web.routes import (
    ANYONE,
    LEADERS,
    Ask,
    Page,
    PageQuery,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)


def routes(journal: CustomerJournal, customers: CustomerService, sight: CustomerSight) -> Routes:
    routes = Routes("customers")

    async def must_be_theirs(ask: Ask, id: str) -> None:
        await sight.must_be_theirs(ask.require(), await customers.customer(id))

    @routes.get("/customers/{id}/entries", roles=ANYONE)
    async def list_customer_entries(ask: Ask, id: CustomerId, query: PageQuery) -> Page[CustomerEntryShape]:
        """List notes, visits and enrolments (S6) of a file that is currently yours, newest first."""
        await must_be_theirs(ask, id)
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        entries = list(await journal.of(id, query.limit + 1, after))
        page = page_of(entries, query.limit, lambda row: encode_cursor(row.at, row.id))
        return Page(items=[CustomerEntryShape.model_validate(row) for row in page.items], next=page.next)

    @routes.post("/customers/{id}/entries", roles=ANYONE, status=201)
    async def write_customer_entry(ask: Ask, id: CustomerId, body: EntryBody) -> CustomerEntryShape:
        """Add a note, or a planned or completed visit or enrolment, to a file that is currently yours."""
        await must_be_theirs(ask, id)
        row = await journal.write(
            id, body.kind, body.text, ask.require(), planned_for=body.planned_for, agent=body.agent
        )
        return CustomerEntryShape.model_validate(row)

    @routes.post("/customer-entries/{id}/steps", roles=ANYONE)
    async def step_customer_entry(ask: Ask, id: str, body: EntryStepBody) -> CustomerEntryShape:
        """Record the result of a visit, cancel it with a reason, or move it to another day."""
        row = await journal.step(id, body.event, ask.require(), result=body.result, planned_for=body.planned_for)
        return CustomerEntryShape.model_validate(row)

    @routes.get("/customer-plans", roles=ANYONE)
    async def list_customer_plans(ask: Ask, query: PlannedQuery) -> Page[CustomerEntryShape]:
        """List open visits and enrolments planned up to a day, overdue ones first; agents see their own."""
        person = ask.require()
        rows = await journal.planned(query.until)
        mine = [row for row in rows if person.may(LEADERS) or (person.agent is not None and row.agent == person.agent)]
        return Page(items=[CustomerEntryShape.model_validate(row) for row in mine])

    return routes
