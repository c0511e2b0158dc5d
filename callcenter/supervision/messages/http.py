"""Routes of messages."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.supervision.messages.model import LONGEST, Draft, To
from callcenter.supervision.messages.service import TO_LEADERS, Message, Messages
from callcenter.web.roles import AGENT_NUMBER, LEADERS, Person
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor


class NewMessage(BaseModel):
    """Exactly one of `agent`, `line`, `all` and `leaders`; agents write to `leaders` only."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST)
    agent: str | None = Field(None, max_length=20, description=AGENT_NUMBER)
    line: str | None = Field(None, max_length=31, description="Those who are on duty for this line and signed in.")
    all: bool = Field(False, description="All agents who are signed in.")
    leaders: bool = False


class MessageReceiptShape(BaseModel):
    """`agent` is empty for the leaders as a whole."""

    agent: str
    read_at: datetime | None
    read_by: str


class TeamMessageShape(BaseModel):
    """`read_at` is when you read it; `receipts` are for the sender and for leaders."""

    id: str
    at: datetime
    by: str
    by_name: str
    by_agent: str | None
    text: str
    to: To
    target: str
    read_at: datetime | None
    receipts: list[MessageReceiptShape]

    @classmethod
    def of(cls, message: Message, reader: Person) -> TeamMessageShape:
        row, leads = message.row, reader.may(LEADERS)
        own = [r for r in message.receipts if r.agent == reader.agent or (leads and r.agent == TO_LEADERS)]
        receipts = [
            MessageReceiptShape(agent=r.agent, read_at=r.read_at, read_by=r.read_by)
            for r in message.receipts
            if leads or row.by == reader.login
        ]
        return cls(
            id=row.id,
            at=row.at,
            by=row.by,
            by_name=row.by_name,
            by_agent=row.by_agent,
            text=row.text,
            to=To(row.to),
            target=row.target,
            read_at=next((r.read_at for r in own if r.read_at), None),
            receipts=receipts,
        )


def routes(messages: Messages) -> Routes:
    routes = Routes("messages")

    @routes.post("/messages", roles=ANYONE, status=201)
    async def send_message(ask: Ask, body: NewMessage) -> TeamMessageShape:
        """Send a short message to one agent, to those on a line, to all, or to the leaders."""
        person = ask.require()
        return TeamMessageShape.of(await messages.write(Draft(**body.model_dump()), person), person)

    @routes.get("/messages", roles=ANYONE)
    async def list_messages(ask: Ask, query: PageQuery) -> Page[TeamMessageShape]:
        """List what you sent and received, newest first."""
        person = ask.require()
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        listed = await messages.page(person, query.limit + 1, after)
        page = listed[: query.limit]
        following = encode_cursor(page[-1].row.at, page[-1].row.id) if len(listed) > len(page) else None
        return Page(items=[TeamMessageShape.of(message, person) for message in page], next=following)

    @routes.post("/messages/{id}/read", roles=ANYONE)
    async def confirm_message(ask: Ask, id: str) -> TeamMessageShape:
        """Confirm that you have read a message; the first time counts."""
        person = ask.require()
        return TeamMessageShape.of(await messages.read(id, person), person)

    return routes
