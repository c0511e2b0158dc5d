"""Cases over HTTP: open, write, step, evidence, history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.complaints.access import CaseRights
from callcenter.complaints.attachments import AttachmentService
from callcenter.complaints.errors import NotYourStep, UnknownStatement
from callcenter.complaints.file_types import ENDINGS
from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.complaints.finding.saved import FilterService
from callcenter.complaints.finding.shapes import CaseFilter, CaseQuery
from callcenter.complaints.model import Case
from callcenter.complaints.opening import CaseOpening
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.service import CaseService
from callcenter.complaints.shapes import (
    AssignBody,
    AttachmentShape,
    CallBody,
    CaseEntryShape,
    CaseEvidenceShape,
    CaseShape,
    CaseStepBody,
    CaseStepShape,
    NewCase,
    OfferedQuery,
    OwnerShape,
    RemarkBody,
    StatementBody,
    StatementShape,
    WriteFacts,
    sees_customer,
)
from callcenter.customers.sight import NumberHidden
from callcenter.facts import CallId, CaseNumber
from callcenter.web.roles import LEADERS, Person
from callcenter.web.routes import ANYONE, Ask, Page, Routes, decode_cursor, encode_cursor, page_of
from callcenter.web.sorting import CountedPage, SortedByRelevance, counted_page, place_at, sort_cursor

LARGEST_UPLOAD = 20_000_000
CallerOf = Callable[[CallId], Awaitable[tuple[str | None, str]]]
"""The customer's file and number of a call, for offering the open cases of the caller."""
Family = Callable[[str], Awaitable[Sequence[str]]]
"""Every id by which a customer was ever known; files are merged, what is written on a case stays (K7)."""


class FileQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] = "file"


def may_change(case: Case, person: Person) -> None:
    """The person who received, owns or watches a case works on it, and leaders; raises NotYourStep."""
    if not sees_customer(case, person):
        raise NotYourStep("this case belongs to another person; ask to watch it or to take it over", case=case.number)


def routes(
    cases: CaseService,
    queries: CaseQueries,
    opening: CaseOpening,
    attachments: AttachmentService,
    rights: CaseRights,
    search: CaseSearch,
    filters: FilterService,
    caller_of: CallerOf,
    family: Family,
    now: Callable[[], datetime],
) -> Routes:
    routes = Routes("cases")
    _reading(
        routes=routes,
        cases=cases,
        queries=queries,
        rights=rights,
        search=search,
        filters=filters,
        caller_of=caller_of,
        family=family,
        now=now,
    )
    _writing(routes, cases, opening, rights)
    _evidence(routes, cases, attachments, rights)
    return routes


def _reading(
    routes: Routes,
    cases: CaseService,
    queries: CaseQueries,
    rights: CaseRights,
    search: CaseSearch,
    filters: FilterService,
    caller_of: CallerOf,
    family: Family,
    now: Callable[[], datetime],
) -> None:
    @routes.get("/cases", roles=ANYONE)
    async def list_cases(ask: Ask, query: CaseQuery) -> CountedPage[CaseShape]:
        """List cases, newest first; with `q` a page may be shorter than `limit` and still have a next one."""
        person = ask.require()
        asked = await _asked(query, person, filters)
        conditions = _conditions(asked, person, now())
        if asked.customer is not None:
            conditions = replace(conditions, customer=tuple(await family(asked.customer)))
        if asked.q is not None:
            if query.sort is not None:
                raise SortedByRelevance("a search for words is newest first")
            before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
            hits, following = await search.find(asked.q, conditions, query.limit, before)
            shapes = [CaseShape.of(case, person) for case in hits]
            return counted_page(shapes, None if following is None else encode_cursor(following), None)
        total = await queries.count(conditions) if query.total else None
        if query.sort is not None:
            place = place_at(query.cursor, query.sort, datetime | None)
            page, beyond = await queries.sorted(conditions, query.sort, query.limit, place)
            shapes = [CaseShape.of(case, person) for case in page]
            return counted_page(shapes, sort_cursor(query.sort, beyond), total)
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        cases = await queries.find(conditions, query.limit + 1, after)
        newest = page_of(cases, query.limit, lambda case: encode_cursor(case.opened_at, case.number))
        return counted_page([CaseShape.of(case, person) for case in newest.items], newest.next, total)

    @routes.get("/cases/offered", roles=ANYONE)
    async def offered_cases(ask: Ask, query: OfferedQuery) -> Page[CaseShape]:
        """List the caller's open cases, to be offered before a new one is opened."""
        await rights.check_call(ask.require(), query.call)
        customer, number = await caller_of(query.call)
        offered = await queries.offered(await family(customer) if customer else [], [number])
        return Page(items=[CaseShape.of(case, ask.require()) for case in offered], next=None)

    @routes.get("/cases/{number}", roles=ANYONE)
    async def read_case(ask: Ask, number: CaseNumber) -> CaseShape:
        """Read a case, with an ETag for editing it."""
        return CaseShape.of(await cases.case(number), ask.require())

    @routes.get("/cases/{number}/history", roles=ANYONE)
    async def read_history(ask: Ask, number: CaseNumber) -> Page[CaseEntryShape]:
        """Read the case's complete history (K7)."""
        may_change(await cases.case(number), ask.require())
        return Page(items=[CaseEntryShape.of(entry) for entry in await queries.history(number)], next=None)

    @routes.get("/cases/{number}/steps", roles=ANYONE)
    async def read_steps(ask: Ask, number: CaseNumber) -> Page[CaseStepShape]:
        """Read how long the case spent at each step (K6)."""
        await cases.case(number)
        return Page(items=[CaseStepShape.model_validate(step) for step in await queries.steps(number)], next=None)


async def _asked(query: CaseQuery, person: Person, filters: FilterService) -> CaseFilter:
    """The saved filter, and over it what was asked for beside it."""
    given = query.model_dump(include=set(CaseFilter.model_fields), exclude_unset=True, exclude_none=True)
    saved = (await filters.filter(query.saved, person)).filter if query.saved else {}
    return CaseFilter.model_validate({**CaseFilter.model_validate(saved).model_dump(exclude_none=True), **given})


def _conditions(asked: CaseFilter, person: Person, now: datetime) -> CaseConditions:
    values = asked.model_dump(exclude={"q", "overdue", "customer"})
    if asked.phone is not None and not person.may(LEADERS):
        # Otherwise a number that is shown in part could be guessed.
        raise NumberHidden("search by name or words; only leaders search by numbers")
    return CaseConditions(**values, overdue_at=now if asked.overdue else None)


def _writing(routes: Routes, cases: CaseService, opening: CaseOpening, rights: CaseRights) -> None:
    @routes.post("/cases", roles=ANYONE, status=201)
    async def open_case(ask: Ask, body: NewCase) -> CaseShape:
        """Open a case; with `call` the call is attached, and its line, agent, number and file fill empty fields."""
        person = ask.require()
        await rights.check_call(person, body.call)
        await rights.check_customer(person, body.customer, body.call)
        return CaseShape.of(await opening.open(body.facts(), person, call=body.call, owner=body.owner), person)

    @routes.put("/cases/{number}", roles=ANYONE)
    async def write_case(ask: Ask, number: CaseNumber, body: WriteFacts) -> CaseShape:
        """Replace the case's facts: the second of two concurrent editors gets 412, and nothing is overwritten.

        A lower severity needs a `reason` and the level that it had (K4).
        """
        person = ask.require()
        if body.customer != (await cases.case(number)).facts.customer:
            await rights.check_customer(person, body.customer)

        def check(case: Case) -> None:
            may_change(case, person)
            ask.must_match(CaseShape.of(case, person))

        return CaseShape.of(await cases.write(number, body.facts(), person, check, reason=body.reason), person)

    @routes.get("/cases/{number}/statements/{name}", roles=ANYONE)
    async def read_statement(ask: Ask, number: CaseNumber, name: str) -> StatementShape:
        """Read a statement, with an ETag for rewriting it."""
        written = (await cases.case(number)).statements.get(name)
        if written is None:
            raise UnknownStatement("this has not been written yet", case=number[:40], statement=name[:40])
        return StatementShape.of(written)

    @routes.put("/cases/{number}/statements/{name}", roles=ANYONE)
    async def state(ask: Ask, number: CaseNumber, name: str, body: StatementBody) -> CaseShape:
        """Write findings, an opinion, a corrective action ... with your name and the date (K1, K2).

        Rewriting needs If-Match with the ETag of the statement or of the case.
        """
        person = ask.require()

        def check(case: Case) -> None:
            may_change(case, person)
            written = case.statements.get(name)
            if written is not None or ask.if_match is not None:
                seen = [] if written is None else [StatementShape.of(written)]
                ask.must_match(CaseShape.of(case, person), *seen)

        return CaseShape.of(await cases.state_it(number, name, body.text, person, check), person)

    @routes.post("/cases/{number}/steps", roles=ANYONE)
    async def take_step(ask: Ask, number: CaseNumber, body: CaseStepBody) -> CaseShape:
        """Take the next step, return to an earlier one, withdraw, merge or reopen (K3)."""
        person = ask.require()

        def check(case: Case) -> None:
            may_change(case, person)
            ask.must_match(CaseShape.of(case, person))

        case = await cases.step(
            number, body.event, person, reason=body.reason, goal=body.goal, into=body.into, check=check
        )
        return CaseShape.of(case, person)

    @routes.get("/cases/{number}/owner", roles=ANYONE)
    async def read_owner(ask: Ask, number: CaseNumber) -> OwnerShape:
        """Read the case's owner and watchers, with an ETag for changing them."""
        return OwnerShape.of(await cases.case(number))

    @routes.put("/cases/{number}/owner", roles=ANYONE)
    async def assign_case(ask: Ask, number: CaseNumber, body: AssignBody) -> CaseShape:
        """Change the case's owner or watchers (K5); If-Match is the ETag of this resource or of the case."""
        person = ask.require()

        def check(case: Case) -> None:
            may_change(case, person)
            ask.must_match(CaseShape.of(case, person), OwnerShape.of(case))

        case = await cases.assign(number, person, owner=body.owner, watchers=body.watchers, check=check)
        return CaseShape.of(case, person)

    @routes.post("/cases/{number}/remarks", roles=ANYONE, status=201)
    async def remark(ask: Ask, number: CaseNumber, body: RemarkBody) -> None:
        """Add a remark or a correction; a closed case accepts nothing else (K7)."""
        may_change(await cases.case(number), ask.require())
        await cases.correct(number, body.text, ask.require())


def _evidence(routes: Routes, cases: CaseService, attachments: AttachmentService, rights: CaseRights) -> None:
    @routes.get("/cases/{number}/attachments", roles=ANYONE)
    async def list_attachments(ask: Ask, number: CaseNumber) -> CaseEvidenceShape:
        """List calls, recordings, transcripts and files of the case, each with its checksum."""
        rows = await attachments.of(number)
        kinds = {row.kind for row in rows}
        return CaseEvidenceShape(
            attachments=[AttachmentShape.model_validate(row) for row in rows],
            transcripts="some" if "transcript" in kinds else "none",
        )

    @routes.post("/cases/{number}/calls", roles=ANYONE, status=201)
    async def attach_call(ask: Ask, number: CaseNumber, body: CallBody) -> None:
        """Attach a call to the case; its recording and transcript follow when they are ready."""
        may_change(await cases.case(number), ask.require())
        await rights.check_call(ask.require(), body.call)
        await attachments.attach_call(number, body.call, ask.require())

    @routes.post("/cases/{number}/files", roles=ANYONE, status=201, max_body=LARGEST_UPLOAD)
    async def attach_file(ask: Ask, number: CaseNumber, body: bytes, query: FileQuery) -> AttachmentShape:
        """Attach a photo or a scanned document, sent as the raw body; its type is detected from its content."""
        may_change(await cases.case(number), ask.require())
        return AttachmentShape.model_validate(await attachments.attach_file(number, query.name, body, ask.require()))

    @routes.get("/cases/{number}/files/{id}", roles=ANYONE)
    async def read_file(ask: Ask, number: CaseNumber, id: str) -> web.Response:
        """Read a file of the case; the access is recorded."""
        may_change(await cases.case(number), ask.require())
        row, data = await attachments.file(number, id, ask.require())
        # Never shown inside our own pages: whatever a picture claims to be, the browser only saves it.
        disposition = f'attachment; filename="{row.case}-{row.id[:8]}.{ENDINGS[row.media]}"'
        headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=data, content_type=row.media, headers=headers)
