"""Return calls over HTTP: an agent reads one, dials it and records the result; leaders manage the queue."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from callcenter.agents.service import AgentService
from callcenter.callbacks.choosing import Candidate
from callcenter.callbacks.dialling.service import Dialling
from callcenter.callbacks.errors import NotYours
from callcenter.callbacks.incoming import Serving
from callcenter.callbacks.messages import Messages
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.callbacks.requests import CallbackRequests
from callcenter.callbacks.results import AgentResult
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.shapes import (
    AttemptShape,
    CauseShape,
    ClaimBody,
    MessageShape,
    NewReturnCall,
    RequestedReturnCall,
    ResultBody,
    ReturnCallDetail,
    ReturnCallQuery,
    ReturnCallShape,
    ReturnCallStepShape,
    ScheduleBody,
    ServedBody,
    WithdrawalBody,
    may_see,
)
from callcenter.customers.sight import NumberHidden
from callcenter.web.routes import ANYONE, LEADERS, Ask, Person, Routes, decode_cursor, encode_cursor, page_of
from callcenter.web.sorting import CountedPage, counted_page, place_at, sort_cursor


async def candidate_of(agents: AgentService, person: Person, named: str | None) -> Candidate:
    """Who takes it: the asking agent, or whom a leader names. Raises NotYours, UnknownAgent."""
    number = named or person.agent
    if number is None or (number != person.agent and not person.may(LEADERS)):
        raise NotYours("agents take return calls for themselves", agent=(named or "")[:20])
    agent = await agents.agent(number)
    return Candidate(number, agent.skills, leads=person.may(LEADERS))


def request_of(body: NewReturnCall) -> CallbackRequest:
    matter = body.matter or (f"case:{body.case}" if body.case else f"call:{body.call}" if body.call else "")
    return CallbackRequest(
        source=Source(body.source),
        matter=matter or f"note:{uuid4().hex}",
        number=body.number,
        reason=body.reason,
        customer=body.customer,
        line=body.line,
        case=body.case,
        call=body.call,
        due_at=body.due_at,
        promised=body.promised and body.due_at is not None,
        agent=body.agent,
        language=body.language,
    )


def routes(
    requests: CallbackRequests,
    service: CallbackService,
    serving: Serving,
    dialling: Dialling,
    reading: Reading,
    agents: AgentService,
    messages: Messages,
) -> Routes:
    routes = Routes("callbacks")
    _reading(routes, reading, messages)
    _making(routes, requests)
    _calling(routes, service, dialling, agents)
    _ringing_in(routes, serving)
    _leading(routes, service)
    return routes


def _reading(routes: Routes, reading: Reading, messages: Messages) -> None:
    @routes.get("/callbacks", roles=ANYONE)
    async def list_callbacks(ask: Ask, query: ReturnCallQuery) -> CountedPage[ReturnCallShape]:
        """List return calls by due time; numbers are masked except for leaders and the agent who holds one."""
        person = ask.require()
        asked = query.model_dump(exclude={"limit", "cursor", "mine", "sort", "total"})
        if query.mine:
            asked |= {"agent": person.agent or "", "in_hand": True}
        if query.number is not None and not person.may(LEADERS):
            raise NumberHidden("search by line, case or state; only leaders search by numbers")
        filter = CallbackFilter(**asked)
        total = await reading.count(filter) if query.total else None
        if query.sort is not None:
            place = place_at(query.cursor, query.sort, datetime)
            sorted_page = await reading.sorted(filter, query.sort, query.limit, place)
            shapes = [ReturnCallShape.of(row, person) for row in sorted_page.rows]
            return counted_page(shapes, sort_cursor(query.sort, sorted_page.following), total)
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await reading.find(filter, query.limit + 1, after)
        page = page_of(rows, query.limit, lambda row: encode_cursor(row.due_at, row.id))
        return counted_page([ReturnCallShape.of(row, person) for row in page.items], page.next, total)

    @routes.get("/callbacks/{id}", roles=ANYONE)
    async def read_callback(ask: Ask, id: str) -> ReturnCallDetail:
        """Read a return call with its causes, messages, attempts and history (F3: to be read before dialling)."""
        whole, person = await reading.whole(id), ask.require()
        shape = ReturnCallShape.of(whole.row, person)
        left = await messages.left_in(whole.calls) if may_see(whole.row, person) else None
        return ReturnCallDetail(
            **shape.model_dump(),
            causes=[CauseShape.of(cause) for cause in whole.causes],
            tries=[AttemptShape.of(attempt) for attempt in whole.attempts],
            history=[ReturnCallStepShape.of(step) for step in whole.steps],
            messages=None if left is None else [MessageShape.of(entry) for entry in left],
        )


def _making(routes: Routes, requests: CallbackRequests) -> None:
    @routes.post("/callbacks", roles=ANYONE, status=201)
    async def create_callback(ask: Ask, body: NewReturnCall) -> RequestedReturnCall:
        """Create a return call, with or without a promised time; an Idempotency-Key makes the request safe to repeat.

        A promise at a time when no calls are made is refused with the next possible time (R9).
        """
        requested = await requests.make(request_of(body), ask.require().login, strict=True)
        return RequestedReturnCall(id=requested.item, joined=requested.joined)


def _calling(routes: Routes, service: CallbackService, dialling: Dialling, agents: AgentService) -> None:

    @routes.post("/callbacks/next", roles=ANYONE)
    async def claim_next_callback(ask: Ask, body: ClaimBody) -> ReturnCallShape:
        """Claim the most urgent return call that this agent may make now."""
        person = ask.require()
        row = await service.claim_next(await candidate_of(agents, person, body.agent), person)
        return ReturnCallShape.of(row, person)

    @routes.post("/callbacks/{id}/claim", roles=ANYONE)
    async def claim_callback(ask: Ask, id: str, body: ClaimBody) -> ReturnCallShape:
        """Claim a return call; the agent gets no incoming calls meanwhile."""
        person = ask.require()
        row = await service.claim(id, await candidate_of(agents, person, body.agent), person)
        return ReturnCallShape.of(row, person)

    @routes.post("/callbacks/{id}/release", roles=ANYONE)
    async def release_callback(ask: Ask, id: str) -> ReturnCallShape:
        """Release a claimed return call before it is dialled."""
        row = await service.release(id, ask.require())
        return ReturnCallShape.of(row, ask.require())

    @routes.post("/callbacks/{id}/dial", roles=ANYONE)
    async def dial_callback(ask: Ask, id: str) -> ReturnCallShape:
        """Dial: the agent's phone rings, and once it is answered the customer is called from the line's number."""
        return ReturnCallShape.of(await dialling.dial(id, ask.require()), ask.require())

    @routes.post("/callbacks/{id}/result", roles=ANYONE)
    async def say_result(ask: Ask, id: str, body: ResultBody) -> ReturnCallShape:
        """Record the result, during the call or after it; an answering machine is voicemail.

        Results that quote the customer (confirmed, problem, answered, refused, call_again, a rating) need one who
        answered, busy and the like a phone that was called: else 409 customer_not_reached. `cancelled`: the agent hung
        up before.
        """
        reported = AgentResult(body.result, body.notes, body.satisfaction, body.again_at, body.evaluation)
        row = await service.result(id, reported, ask.require())
        return ReturnCallShape.of(row, ask.require())

    @routes.post("/callbacks/{id}/schedule", roles=ANYONE)
    async def schedule_callback(ask: Ask, id: str, body: ScheduleBody) -> ReturnCallShape:
        """Schedule a return call; refused in the customer's quiet hours."""
        person = ask.require()
        row = await service.schedule(id, body.at, person, body.reason, promised=body.promised)
        return ReturnCallShape.of(row, person)


def _ringing_in(routes: Routes, serving: Serving) -> None:
    @routes.post("/callbacks/{id}/served", roles=ANYONE)
    async def say_served(ask: Ask, id: str, body: ServedBody) -> ReturnCallShape:
        """Close a return call because the customer called in and your call with them settled the matter.

        Not possible for a promised time or for a dialect that you do not speak: 409 return_call_stands.
        """
        row = await serving.by_word(id, body.call, body.notes, ask.require())
        return ReturnCallShape.of(row, ask.require())


def _leading(routes: Routes, service: CallbackService) -> None:
    @routes.post("/callbacks/{id}/withdraw", roles=LEADERS)
    async def withdraw_callback(ask: Ask, id: str, body: WithdrawalBody) -> ReturnCallShape:
        """Withdraw a return call that is no longer needed; not while the customer is on the phone."""
        return ReturnCallShape.of(await service.withdraw(id, ask.require(), body.reason), ask.require())

    @routes.post("/callbacks/{id}/expire", roles=LEADERS)
    async def expire_callback(ask: Ask, id: str, body: WithdrawalBody) -> ReturnCallShape:
        """Expire a return call that is too late to be of use: a person's decision, never automatic."""
        return ReturnCallShape.of(await service.expire(id, ask.require(), body.reason), ask.require())

    @routes.post("/callbacks/{id}/sign", roles=LEADERS)
    async def sign_unreachable(ask: Ask, id: str, body: WithdrawalBody) -> ReturnCallShape:
        """Sign that the customer could not be reached after all attempts; a case may then close (F1)."""
        return ReturnCallShape.of(await service.sign_unreachable(id, ask.require(), body.reason), ask.require())
