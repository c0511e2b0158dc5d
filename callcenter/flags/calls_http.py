"""Conduct on a call, over HTTP: who hung up first and why that may be right (R5), how long the call was (R6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.access import must_be_theirs
from callcenter.calls.model import CallRecord, HungUpBy
from callcenter.clock import Clock
from callcenter.errors import NotFound
from callcenter.facts import CallId
from callcenter.flags.excuses import ExcuseKind, check_word
from callcenter.flags.lengths.service import CallLengths
from callcenter.flags.service import FlagService
from callcenter.web.audit import Audit
from callcenter.web.routes import ANYONE, LEADERS, Ask, Routes

CallOf = Callable[[CallId], Awaitable[CallRecord]]


class UsualUnknown(NotFound):
    """No such line; of one with too few calls the length is null."""

    code = "usual_length_unknown"


class WordBody(BaseModel):
    """`abusive` or `emergency`: the agent was right to end the call."""

    model_config = ConfigDict(extra="forbid")

    word: ExcuseKind
    reason: str = Field(min_length=1, max_length=2000)


class ExcuseShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: ExcuseKind
    reason: str
    by: str
    at: datetime


class LengthShape(BaseModel):
    """Seconds; `usual` is null while too few calls of the line are known; then `long_from` is the centre's limit."""

    model_config = ConfigDict(from_attributes=True)

    seconds: float
    usual: float | None
    long_from: float
    long: bool


class ConductShape(BaseModel):
    """`length` is null for calls without conversation and for calls in progress."""

    call: CallId
    hung_up_by: HungUpBy | None
    excuses: list[ExcuseShape]
    length: LengthShape | None


class TypicalLengthShape(BaseModel):
    """Seconds, as of `day`; all null while too few calls of the line are known."""

    model_config = ConfigDict(from_attributes=True)

    line: str
    day: date | None
    calls: int | None
    median: float | None
    p90: float | None


def routes(
    flags: FlagService, lengths: CallLengths, call_of: CallOf, audit: Audit, clock: Clock, word_limit: timedelta
) -> Routes:
    routes = Routes("conduct")

    @routes.post("/calls/{id}/conduct-word", roles=LEADERS, status=201)
    async def give_conduct_word(ask: Ask, id: CallId, body: WordBody) -> None:
        """Confirm that the agent is right to end this call (R5, R10), during the call or soon after it."""
        person, call = ask.require(), await call_of(id)
        reason = check_word(body.word, body.reason, call.ended_at, clock(), word_limit)
        await flags.excuse(id, body.word, person.login, reason)
        await audit.record(person, "conduct.word", f"call/{id}", ask.address, {"word": body.word.value})

    @routes.get("/calls/{id}/conduct", roles=ANYONE)
    async def read_conduct(ask: Ask, id: CallId) -> ConductShape:
        """Read who hung up first and why that may be right (R5), and the length with the line's usual one (R6)."""
        call = await call_of(id)
        must_be_theirs(ask.require(), call.concerned, call.id)
        length = await lengths.of_call(id)
        return ConductShape(
            call=id,
            hung_up_by=call.hung_up_by,
            excuses=[ExcuseShape.model_validate(row) for row in await flags.excuses(id)],
            length=None if length is None else LengthShape.model_validate(length),
        )

    @routes.get("/lines/{code}/usual-length", roles=ANYONE)
    async def read_usual_length(ask: Ask, code: str) -> TypicalLengthShape:
        """Read the usual length of a line's calls (R6)."""
        row = await lengths.usual(code)
        if row is not None:
            return TypicalLengthShape.model_validate(row)
        if code not in await lengths.lines():
            raise UsualUnknown("no such line", line=code[:40])
        return TypicalLengthShape(line=code, day=None, calls=None, median=None, p90=None)

    return routes
