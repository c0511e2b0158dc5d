"""Route of an agent's day."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.timeline.model import SpanState
from callcenter.calls.timeline.service import Timelines
from callcenter.web.routes import ANYONE, Ask, Routes


class AgentSpanShape(BaseModel):
    """A state until just before `until`. `reason` and `by` belong to a presence, `outcome` to a ring."""

    state: SpanState
    reason: str
    since: datetime
    until: datetime
    by: str
    call: str | None
    outcome: str


class AgentDayShape(BaseModel):
    """Spans that cover the day without a gap as far as it has passed.

    `unknown` is a time of which nobody knows; `wrap_ups_since` is from when on after-call work is recorded at all.
    """

    agent: str
    day: date
    since: datetime
    until: datetime
    spans: list[AgentSpanShape]
    wrap_ups_since: datetime | None


class AgentDayQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: date = Field(ge=date(2000, 1, 1), le=date(2100, 1, 1), description="a day of the centre's time zone")


def routes(timelines: Timelines) -> Routes:
    routes = Routes("agents")

    @routes.get("/agents/{number}/timeline", roles=ANYONE)
    async def read_agent_day(ask: Ask, number: str, query: AgentDayQuery) -> AgentDayShape:
        """Read what an agent did on a day, from presence and records: agents their own, leaders that of any agent."""
        day = await timelines.of(number, query.day, ask.require())
        return AgentDayShape(
            agent=day.agent,
            day=day.day,
            since=day.start,
            until=day.end,
            spans=[
                AgentSpanShape(
                    state=span.state,
                    reason=span.reason,
                    since=span.start,
                    until=span.end,
                    by=span.by,
                    call=span.call,
                    outcome=span.outcome,
                )
                for span in day.spans
            ],
            wrap_ups_since=day.wrap_ups_since,
        )

    return routes
