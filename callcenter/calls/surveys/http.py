"""The marks of the surveys after calls over HTTP; an agent reads their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from callcenter.calls.surveys.model import MARKS, Marks
from callcenter.calls.surveys.queries import Group, SurveyFigures
from callcenter.clock import Clock
from callcenter.errors import Forbidden
from callcenter.web.roles import Person
from callcenter.web.routes import Ask, Role, Routes

LEADERS = frozenset({Role.SUPERVISOR, Role.MANAGER})
READERS = LEADERS | {Role.AGENT}
USUAL_PERIOD = timedelta(days=30)


class MarksNotYours(Forbidden):
    """An agent asks for the marks of a colleague, or of everyone."""

    code = "marks_not_yours"


class SurveyQuery(BaseModel):
    """The last 30 days unless a period is given."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    by: Group = "line"
    line: str | None = None
    agent: str | None = None


class SurveyGroupShape(BaseModel):
    """`marks` are the counts of 1 to 5; `average` is null without marks."""

    group: str
    asked: int
    given: int
    average: float | None
    marks: dict[str, int]

    @classmethod
    def of(cls, group: str, marks: Marks) -> Self:
        counts = {str(mark): count for mark, count in zip(MARKS, marks.counts, strict=True)}
        return cls(group=group, asked=marks.asked, given=marks.given, average=marks.average, marks=counts)


class SurveyShape(BaseModel):
    since: datetime
    until: datetime
    by: Group
    items: list[SurveyGroupShape]


def routes(figures: SurveyFigures, clock: Clock) -> Routes:
    routes = Routes("calls")

    @routes.get("/call-surveys", roles=READERS)
    async def read_call_surveys(ask: Ask, query: SurveyQuery) -> SurveyShape:
        """Read how callers rated their calls, by line, agent or day. Agents read their own marks."""
        agent = _agent_of(ask.require(), query.agent)
        until = query.until or clock()
        since = query.since or until - USUAL_PERIOD
        marks = await figures.between(since, until, query.by, line=query.line, agent=agent)
        items = [SurveyGroupShape.of(group, counts) for group, counts in marks.items()]
        return SurveyShape(since=since, until=until, by=query.by, items=items)

    return routes


def _agent_of(person: Person, agent: str | None) -> str | None:
    if person.may(LEADERS):
        return agent
    if person.agent is None or agent not in (None, person.agent):
        raise MarksNotYours("an agent reads their own marks only")
    return person.agent
