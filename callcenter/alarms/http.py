"""Routes of alarms: what failed, who was notified, who acknowledged it, which calls it affected (R7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.alarms.model import Alarm, AlarmKind, CallsNow
from callcenter.alarms.service import Alarms
from callcenter.web.routes import LEADERS, Ask, Page, Role, Routes, decode_cursor, encode_cursor

Harmed = Callable[[Alarm], Awaitable[list[str]]]
"""The calls that this failure cut off or turned away."""


class FailureShape(BaseModel):
    """`calls` states whether calls in progress went on; `unknown` while that cannot be known."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: AlarmKind
    subject: str
    cause: str
    calls: CallsNow
    since: datetime
    raised_at: datetime
    ended_at: datetime | None


class AlarmShape(FailureShape):
    """A failure with who took it over."""

    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str


class NoticeShape(BaseModel):
    """One attempt to notify one receiver; `error` is empty if it was accepted."""

    channel: str
    receiver: str
    stage: str
    at: datetime
    error: str


class AlarmDetail(AlarmShape):
    notices: list[NoticeShape]
    harmed_calls: list[str]
    """Calls that were cut off or turned away while it lasted; each caller becomes a return call once it has ended."""


class AlarmQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    open: bool = Field(False, strict=False)
    """Only alarms that have not ended or that no one has acknowledged."""
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200)


class AcknowledgeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=2000)


def routes(alarms: Alarms, harmed: Harmed) -> Routes:
    routes = Routes("alarms")

    @routes.get("/alarms", roles=LEADERS)
    async def list_alarms(ask: Ask, query: AlarmQuery) -> Page[AlarmShape]:
        """List failures, newest first."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        result = await alarms.alarms(query.limit + 1, after, open_only=query.open)
        page = result[: query.limit]
        more = len(result) > query.limit
        items = [AlarmShape.model_validate(alarm) for alarm in page]
        return Page(items=items, next=encode_cursor(page[-1].raised_at, page[-1].id) if more else None)

    @routes.get("/alarms/now", roles=frozenset(Role))
    async def list_present_alarms(ask: Ask) -> list[FailureShape]:
        """List the failures of this instant, as a page's banner shows them; works while the database does not."""
        person = ask.require()
        return [
            FailureShape.model_validate(alarm)
            for alarm in alarms.open.values()
            if alarm.kind is not AlarmKind.PHONE or person.may(LEADERS) or person.agent == alarm.subject
        ]

    @routes.get("/alarms/{id}", roles=LEADERS)
    async def read_alarm(ask: Ask, id: str) -> AlarmDetail:
        """Read a failure with who was notified and which calls it affected."""
        alarm, notices = await alarms.alarm(id)
        return AlarmDetail(
            **AlarmShape.model_validate(alarm).model_dump(),
            notices=[NoticeShape.model_validate(notice, strict=False) for notice in notices],
            harmed_calls=await harmed(alarm),
        )

    @routes.post("/alarms/{id}/acknowledge", roles=LEADERS)
    async def acknowledge_alarm(ask: Ask, id: str, body: AcknowledgeBody) -> AlarmShape:
        """Acknowledge a failure; the first person who does so is recorded."""
        return AlarmShape.model_validate(await alarms.acknowledge(id, body.note, ask.require()))

    return routes
