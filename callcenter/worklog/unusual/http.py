"""Unusual customers over HTTP (W4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from callcenter.facts import CallId, CaseNumber, CustomerId
from callcenter.web.masking import mask_number
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of
from callcenter.worklog.rows import UnusualReportRow
from callcenter.worklog.unusual.model import ReportEvent, ReportState, UnusualKind
from callcenter.worklog.unusual.service import UnusualCustomers


class UnusualBody(BaseModel):
    """The customer is named by number, file, call or case."""

    model_config = ConfigDict(extra="forbid")

    kind: UnusualKind
    text: str = Field(min_length=1, max_length=4000)
    number: str = Field("", max_length=60)
    customer: CustomerId | None = Field(None, max_length=32)
    call: CallId | None = Field(None, max_length=180)
    case: CaseNumber | None = Field(None, max_length=24)


class UnusualStepBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    event: ReportEvent
    text: str = Field("", max_length=4000)


class UnusualShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: UnusualKind
    state: ReportState
    text: str
    number: str
    customer: CustomerId | None
    call: CallId | None
    case: CaseNumber | None
    at: datetime
    by_name: str
    steps: list[dict[str, Any]]

    @classmethod
    def of(cls, row: UnusualReportRow, person: Person) -> UnusualShape:
        shape = cls.model_validate(row)
        if person.may(LEADERS) or row.by == person.id:
            return shape
        return shape.model_copy(update={"number": mask_number(shape.number)})


class UnusualQuery(PageQuery):
    open: bool | None = None


class KnownQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: str = Field("", max_length=60)
    customer: str = Field("", max_length=32)


def routes(unusual: UnusualCustomers) -> Routes:
    routes = Routes("unusual-customers")

    @routes.post("/unusual-customers", roles=ANYONE, status=201)
    async def report_unusual(ask: Ask, body: UnusualBody) -> UnusualShape:
        """Report an unusual customer; the supervisor is notified at once."""
        person = ask.require()
        row = await unusual.report(
            body.kind, body.text, person, number=body.number, customer=body.customer, call=body.call, case=body.case
        )
        return UnusualShape.of(row, person)

    @routes.get("/unusual-customers", roles=ANYONE)
    async def list_unusual(ask: Ask, query: UnusualQuery) -> Page[UnusualShape]:
        """List reports, newest first; agents see their own."""
        person = ask.require()
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        own = None if person.may(LEADERS) else person.id
        reports = list(await unusual.reports(query.limit + 1, after, by=own, open_=query.open))
        page = page_of(reports, query.limit, lambda row: encode_cursor(row.at, row.id))
        return Page(items=[UnusualShape.of(row, person) for row in page.items], next=page.next)

    @routes.get("/unusual-customers/known", roles=ANYONE)
    async def known_unusual(ask: Ask, query: KnownQuery) -> Page[UnusualShape]:
        """List open reports about a number or a file, for the agent who is about to answer."""
        person = ask.require()
        reports = await unusual.known([query.number], [query.customer] if query.customer else [])
        return Page(items=[UnusualShape.of(row, person) for row in reports])

    @routes.post("/unusual-customers/{id}/steps", roles=LEADERS)
    async def step_unusual(ask: Ask, id: str, body: UnusualStepBody) -> UnusualShape:
        """Acknowledge a report, record an action, or close it."""
        person = ask.require()
        return UnusualShape.of(await unusual.step(id, body.event, body.text, person), person)

    return routes
