"""Calls and offers over HTTP. Agents see callers' numbers in part; leaders see them whole."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.calls.model import (
    CallRecord,
    Direction,
    Hold,
    HungUpBy,
    Leg,
    Offer,
    OfferOutcome,
    Outcome,
    PathStep,
    Transfer,
)
from callcenter.calls.notes.filter import RecordState
from callcenter.calls.quality.model import Cause, Measured
from callcenter.calls.service import CallFilter, CallService, OfferFilter
from callcenter.errors import Forbidden
from callcenter.facts import AgentNumber, CallId, CustomerId, LineCode
from callcenter.web.masking import mask_number
from callcenter.web.ports import NumbersOf, no_numbers
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Person, Routes, decode_cursor, encode_cursor


class CallSoundShape(BaseModel):
    """How the call sounded in an agent's page; averages by length, null where the browser did not know."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    seconds: int
    mos: float | None
    """1 is bad, 4.4 as good as a telephone gets (E-model); of the worse direction."""
    worst_mos: float | None
    jitter_ms: float | None
    loss_percent: float | None
    rtt_ms: float | None
    cause: Cause


class CallShape(BaseModel):
    """A call; times in UTC, durations in seconds."""

    id: str
    pbx: str
    linkedid: str
    direction: Direction
    line: str | None
    queue: str | None
    caller_number: str
    caller_name: str
    called_number: str
    arrived_at: datetime
    queued_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None
    reason: str | None
    agent: str | None
    hung_up_by: HungUpBy | None
    late: bool | None
    wait_seconds: float | None
    talk_seconds: float | None
    hold_seconds: float | None = None
    """Of the talk, the time on hold; null where a hold may have been missed, and before holds were counted."""
    end_known: bool = True
    """False where the end was not observed: `ended_at` and `talk_seconds` go up to the last sign of the call."""
    survey_asked_at: datetime | None = None
    """When the agent hung up and the caller was asked to rate the call; null without a survey."""
    survey_mark: int | None = None
    """1 (very dissatisfied) to 5 (very satisfied); null when none was given, and for colleagues of the agent."""
    offers: list[Offer]
    transfers: list[Transfer]
    holds: list[Hold]
    legs: list[Leg]
    path: list[PathStep] = []
    """The caller's path through the line's flow: each step, the keys pressed, what came of it."""
    entered_number: str = ""
    """The number to call back that the caller entered by keys."""
    dialect: str = ""
    """The language or dialect that the caller chose, or for which no speaker was on duty (R8)."""
    overflowed_to: str = ""
    """Where the caller went last whom the line's queue did not serve: `line:CODE`, `callback` or `message`."""
    customer_id: CustomerId | None = None
    identified_by: str | None = None
    """By what the customer is known: `number`, or a `member_number` or `case_number` keyed in; null for a stranger."""
    candidates: list[CustomerId] = []
    """All customers who may call from this number; `customer_id` is the one by member number, else the number's own."""
    quality: list[CallSoundShape] = []
    """How it sounded to each agent, as their pages measured; empty where nothing was measured, and for colleagues."""
    flags: list[str] = []
    recordings: list[str] = []
    cases: list[str] = []

    @classmethod
    def of(cls, call: CallRecord, person: Person, linked: Mapping[str, Sequence[str]]) -> CallShape:
        """The call as this person sees it; `linked` are the ids that other rooms hold, by field."""
        own = {name: getattr(call, name) for name in _OWN}
        whole = sees_numbers(call, person)
        lists = {name: list(ids) for name, ids in linked.items() if name != "customer_id"}
        # A customer's page shows the number, so a call whose number is masked does not name the customer.
        customer = next(iter(linked.get("customer_id", ())), None) if whole else None
        by = call.identified_by or ("number" if customer else None)
        lists["candidates"] = lists.get("candidates", []) if whole else []
        own["identified_by"] = by if whole else None
        shape = cls(id=call.id, customer_id=customer, **own | lists | _conduct(call, person))
        return shape if whole else _masked(shape)


_OWN = tuple(name for name in CallShape.model_fields if name in CallRecord.__dataclass_fields__)


def _conduct(call: CallRecord, person: Person) -> dict[str, Any]:
    """Only those who handled a call and leaders see how it was handled; colleagues see that it was, and by whom.

    An agent of the call sees their own rings in full; of a colleague's ring only that there was one.
    """
    if person.may(LEADERS):
        return {}
    mine = person.agent is not None and person.agent == call.agent
    offers = [
        offer if offer.agent == person.agent else replace(offer, rings=None, late=None, outcome=None)
        for offer in call.offers
    ]
    if mine:
        return {"offers": offers}
    hidden = {"late": None, "hung_up_by": None, "survey_mark": None}
    return {"offers": offers if call.concerns(person.agent) else [], **hidden}


class NumberNotYours(Forbidden):
    """An agent asks for the calls of a number that is on none of their calls: so a masked number could be guessed."""

    code = "number_not_yours"


class FilterNotYours(Forbidden):
    """An agent asks by something that is hidden from them: whether a colleague's call or ring was late."""

    code = "filter_not_yours"


Links = Callable[[Sequence[CallRecord], Person], Awaitable[Mapping[str, Sequence[str]]]]
"""What another room holds of these calls and this person may know of, as ids by call id."""


Sounds = Callable[[Sequence[CallRecord], Person], Awaitable[Mapping[str, Sequence[Measured]]]]


async def no_sounds(calls: Sequence[CallRecord], person: Person) -> Mapping[str, Sequence[Measured]]:
    """Nothing was measured."""
    return {}


async def shapes(
    calls: Sequence[CallRecord], person: Person, links: Mapping[str, Links], sounds: Sounds = no_sounds
) -> list[CallShape]:
    """The calls as this person sees them, with what the other rooms hold of them."""
    held = {name: await of_calls(calls, person) for name, of_calls in links.items()}
    heard = await sounds(calls, person)
    listed = [CallShape.of(call, person, {name: ids.get(call.id, ()) for name, ids in held.items()}) for call in calls]
    return [
        shape.model_copy(
            update={"quality": [CallSoundShape.model_validate(sound) for sound in heard.get(shape.id, ())]}
        )
        for shape in listed
    ]


def sees_numbers(call: CallRecord, person: Person) -> bool:
    """Leaders see every number; an agent sees the number of a call that is theirs and still lives."""
    if person.may(LEADERS):
        return True
    return call.concerns(person.agent) and call.ended_at is None


def _masked(shape: CallShape) -> CallShape:
    changed = {
        "caller_number": mask_number(shape.caller_number),
        "caller_name": "",
        "entered_number": mask_number(shape.entered_number),
    }
    if shape.direction is Direction.OUTBOUND:
        changed = {"called_number": mask_number(shape.called_number)}
    return shape.model_copy(update=changed)


class CallQuery(PageQuery):
    line: LineCode | None = None
    agent: AgentNumber | None = None
    outcome: Outcome | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    number: str | None = None
    late: bool | None = None
    record: RecordState | None = Field(None, strict=False, description="how far the agent's record (W1) is")


class OfferShape(BaseModel):
    call: CallId
    leg: str
    agent: str
    phone: str
    queue: str
    offered_at: datetime
    ringing_at: datetime | None
    ended_at: datetime | None
    rings: int | None
    late: bool | None
    outcome: OfferOutcome | None


class OfferQuery(PageQuery):
    agent: AgentNumber | None = None
    late: bool | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


def routes(
    service: CallService,
    links: Mapping[str, Links] | None = None,
    numbers_of: NumbersOf = no_numbers,
    sounds: Sounds = no_sounds,
) -> Routes:
    """`links` are the other rooms' holdings by the shape's fields; `numbers_of` an agent's live calls' numbers.

    `sounds` is how the calls sounded.
    """
    routes = Routes("calls")
    linked = links if links is not None else {}

    def check_number(person: Person, number: str | None) -> None:
        if number is None or person.may(LEADERS):
            return
        if person.agent is None or number not in numbers_of(person.agent):
            raise NumberNotYours("you may ask for the calls of a number that is on a call of yours now")

    def check_filters(person: Person, agent: str | None, late: bool | None) -> None:
        """What the answer hides must not be found out through a filter."""
        if not person.may(LEADERS) and late is not None and (person.agent is None or agent != person.agent):
            raise FilterNotYours("you may ask which of your own calls and rings were late", agent=agent)

    @routes.get("/calls", roles=ANYONE)
    async def list_calls(ask: Ask, query: CallQuery) -> Page[CallShape]:
        """List calls, newest first; `late` is for leaders, and for agents together with their own number as `agent`."""
        check_number(ask.require(), query.number)
        check_filters(ask.require(), query.agent, query.late)
        conditions = CallFilter(**query.model_dump(exclude={"limit", "cursor"}))
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        records = await service.find(conditions, query.limit + 1, after)
        page = await shapes(records[: query.limit], ask.require(), linked, sounds)
        more = len(records) > query.limit
        return Page(items=page, next=encode_cursor(page[-1].arrived_at, page[-1].id) if more else None)

    @routes.get("/calls/{id}", roles=ANYONE)
    async def read_call(ask: Ask, id: CallId) -> CallShape:
        """Read a call with its offers, legs, transfers and holds."""
        return (await shapes([await service.get(id)], ask.require(), linked, sounds))[0]

    @routes.get("/offers", roles=ANYONE)
    async def list_offers(ask: Ask, query: OfferQuery) -> Page[OfferShape]:
        """List offers to phones (R1), newest first; agents see only their own."""
        person = ask.require()
        if not person.may(LEADERS) and (person.agent is None or query.agent not in (None, person.agent)):
            raise FilterNotYours("you may ask for the rings of your own phone", agent=query.agent)
        request = OfferFilter(**query.model_dump(exclude={"limit", "cursor"}))
        if not person.may(LEADERS):
            request = replace(request, agent=person.agent)
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        offers = await service.offers(request, query.limit + 1, after)
        page = [OfferShape.model_validate(offer, from_attributes=True) for offer in offers[: query.limit]]
        more = len(offers) > query.limit
        return Page(items=page, next=encode_cursor(page[-1].offered_at, page[-1].leg) if more else None)

    return routes
