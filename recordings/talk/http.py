"""Talk figures over HTTP: leaders read those of all calls, agents those of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.calls.access import must_be_theirs
from callcenter.facts import CallId, RecordingId
from callcenter.web.routes import ANYONE, LEADERS, Ask, Routes
from recordings.talk.model import TalkState, talk_from
from recordings.talk.rows import TalkRow
from recordings.talk.service import TalkService

AgentsOf = Callable[[CallId], Awaitable[frozenset[str]]]
"""The agents who spoke in a call."""


class TalkOverShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    start: float
    end: float
    by: str


class TalkFiguresShape(BaseModel):
    """Seconds of the recording; shares are of all speech."""

    model_config = ConfigDict(from_attributes=True)

    seconds: float
    caller_seconds: float
    agent_seconds: float
    caller_share: float | None
    agent_share: float | None
    first_word: float | None
    longest_monologue: tuple[float, float] | None
    dead_air_seconds: float
    dead_air: list[tuple[float, float]]
    talk_over_seconds: float
    talk_over: list[TalkOverShape]


class PartShape(BaseModel):
    """One recording of the call; `figures` are null, with the reason, when they cannot be computed."""

    recording: RecordingId
    began_at: datetime
    reason: str
    dead_air_limit: float
    talk_over_limit: float
    figures: TalkFiguresShape | None

    @classmethod
    def of(cls, row: TalkRow) -> PartShape:
        figures = TalkFiguresShape.model_validate(talk_from(row.figures)) if row.state == TalkState.DONE else None
        return cls(
            recording=row.recording,
            began_at=row.at,
            reason=row.reason,
            dead_air_limit=row.dead_air_limit,
            talk_over_limit=row.talk_over_limit,
            figures=figures,
        )


class CallTalk(BaseModel):
    call: CallId
    parts: list[PartShape]


class TalkSummaryQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime
    agent: str | None = Field(None, max_length=40)
    line: str | None = Field(None, max_length=40)


class TalkSummaryShape(BaseModel):
    """Medians over `talks` calls; null without figures."""

    model_config = ConfigDict(from_attributes=True)

    talks: int
    agent_share: float | None
    dead_air_seconds: float | None
    talk_over_seconds: float | None
    first_word: float | None


def routes(service: TalkService, agents_of: AgentsOf) -> Routes:
    routes = Routes("talk")

    @routes.get("/calls/{id}/talk", roles=ANYONE)
    async def read_talk(ask: Ask, id: CallId) -> CallTalk:
        """Read dead air, overlapping speech, shares and the longest monologue, each with its seconds."""
        person = ask.require()
        if not person.may(LEADERS):
            must_be_theirs(person, await agents_of(id), id)
        return CallTalk(call=id, parts=[PartShape.of(row) for row in await service.of_call(id)])

    @routes.get("/talk/summary", roles=LEADERS)
    async def talk_summary(ask: Ask, query: TalkSummaryQuery) -> TalkSummaryShape:
        """Read the usual talk figures of an agent or a line: for a review, not for a verdict."""
        summary = await service.summary(query.since, query.until, agent=query.agent, line=query.line)
        return TalkSummaryShape.model_validate(summary)

    return routes
