"""Handover over HTTP (H1-H4): the outgoing agent writes, the relief reads, adds and signs."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.handover.model import HandoverState, HandoverTopic
from callcenter.roster.handover.queries import sees_all
from callcenter.roster.handover.service import Handovers
from callcenter.roster.rows import HandoverRow
from callcenter.web.roles import AGENT_NUMBER, Person
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class HandoverFact(BaseModel):
    """What the centre knows: `kind` such as case, return_call, alarm, flag, roster or announcement; `ref` names it."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    ref: str
    text: str
    at: datetime | None


class HandoverItem(BaseModel):
    """What an agent wrote for the next shift; it is carried on until a person closes it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    handover: str
    kind: HandoverTopic
    text: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    closed_by: str | None
    closed_reason: str


class HandoverSignature(BaseModel):
    """A relief took over these lines."""

    model_config = ConfigDict(from_attributes=True)

    agent: str
    name: str
    at: datetime
    lines: list[str]
    remark: str


class HandoverHead(BaseModel):
    """`relief` signed it; a released one has no relief, and `remark` is the leader's reason.

    `seconds` is how long the handover took, from the offer to the signature (H4); null before that and for a release.
    `changed_at`: when the outgoing agent had left and the change of shift was over; `below_seconds`: how long until
    then a line was below its minimum, null before that and where the history of presence has a gap, and
    `below_by_line` that of each line. The relief of each line signs (`signatures`); the log is signed with the last.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    agent: str
    agent_name: str
    lines: list[str]
    shift_from: datetime | None
    state: HandoverState
    begun_at: datetime
    offered_at: datetime | None
    ended_at: datetime | None
    relief: str | None
    by_name: str | None
    remark: str
    seconds: float | None
    changed_at: datetime | None
    below_seconds: float | None
    below_by_line: dict[str, float | None] | None = None
    signatures: list[HandoverSignature] = []

    @classmethod
    def of(cls, row: HandoverRow, by: Person) -> HandoverHead:
        """Colleagues do not read why a leader let the agent go: it may be an illness."""
        head = cls.model_validate(row)
        private = head.state is HandoverState.RELEASED and not sees_all(row.agent, by)
        return head.model_copy(update={"remark": ""}) if private else head


class HandoverLog(HandoverHead):
    """A log with what the centre knows (now for a draft, as it was offered afterwards) and the open items.

    Flags are shown to the agent whom they are about and to leaders. `may_sign`: whether you can sign it now, as
    the relief who is signed in and on duty.
    """

    may_sign: bool
    facts: list[HandoverFact]
    items: list[HandoverItem]


class HandoverItemBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: HandoverTopic = Field(HandoverTopic.OTHER, strict=False)
    text: str = Field(min_length=1, max_length=2000)


class HandoverRemark(BaseModel):
    model_config = ConfigDict(extra="forbid")

    remark: str = Field("", max_length=2000)


class HandoverReason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2000)


class ReleaseBody(HandoverReason):
    agent: str = Field(max_length=20, description=AGENT_NUMBER)


class HandoverQuery(PageQuery):
    agent: str | None = Field(None, max_length=20)
    state: HandoverState | None = None


def routes(handovers: Handovers) -> Routes:
    routes = Routes("roster")

    async def whole(row: HandoverRow, by: Person) -> HandoverLog:
        head = HandoverHead.of(row, by)
        facts = [HandoverFact.model_validate(fact) for fact in await handovers.facts(row, by)]
        items = [HandoverItem.model_validate(item) for item in await handovers.items(row)]
        may_sign = await handovers.may_sign(row, by)
        return HandoverLog(**head.model_dump(), facts=facts, items=items, may_sign=may_sign)

    @routes.get("/handovers", roles=ANYONE)
    async def list_handovers(ask: Ask, query: HandoverQuery) -> Page[HandoverHead]:
        """List handover logs, newest first."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        rows = await handovers.handovers(query.limit + 1, after, agent=query.agent, state=query.state)
        page = page_of(list(rows), query.limit, lambda row: encode_cursor(row.begun_at, row.id))
        return Page(items=[HandoverHead.of(row, ask.require()) for row in page.items], next=page.next)

    @routes.post("/handovers", roles=ANYONE, status=201)
    async def begin_handover(ask: Ask) -> HandoverLog:
        """Begin the log of your present shift, or read the one that you began."""
        by = ask.require()
        return await whole(await handovers.current(by.agent or "", by), by)

    @routes.get("/handovers/{id}", roles=ANYONE)
    async def read_handover(ask: Ask, id: str) -> HandoverLog:
        """Read a log."""
        return await whole(await handovers.handover(id), ask.require())

    @routes.post("/handovers/{id}/items", roles=ANYONE, status=201)
    async def add_handover_item(ask: Ask, id: str, body: HandoverItemBody) -> HandoverItem:
        """Write an item: equipment, an open problem, a change of people (H3); the relief may add to an offered log."""
        return HandoverItem.model_validate(await handovers.add(id, body.kind, body.text, ask.require()))

    @routes.post("/handovers/items/{id}/close", roles=ANYONE)
    async def close_handover_item(ask: Ask, id: str, body: HandoverReason) -> HandoverItem:
        """Close an item with a reason; until then every log of its lines carries it."""
        return HandoverItem.model_validate(await handovers.close_item(id, body.reason, ask.require()))

    @routes.post("/handovers/{id}/offer", roles=ANYONE)
    async def offer_handover(ask: Ask, id: str) -> HandoverLog:
        """Finish writing: the relief may sign now."""
        by = ask.require()
        return await whole(await handovers.offer(id, by), by)

    @routes.post("/handovers/{id}/sign", roles=ANYONE)
    async def sign_handover(ask: Ask, id: str, body: HandoverRemark) -> HandoverLog:
        """Sign as the relief, signed in and on duty; the outgoing agent may sign out once each line is signed (H1)."""
        by = ask.require()
        return await whole(await handovers.sign(id, body.remark, by), by)

    @routes.post("/handovers/releases", roles=LEADERS, status=201)
    async def release_agent(ask: Ask, body: ReleaseBody) -> HandoverLog:
        """Let an agent sign out without a relief, with a reason."""
        by = ask.require()
        return await whole(await handovers.release(body.agent, body.reason, by), by)

    return routes
