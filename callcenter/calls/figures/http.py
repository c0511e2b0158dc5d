"""The figures now, over HTTP; they are counts only, so a wallboard may show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.effects import AgentNow, FloorNow
from callcenter.calls.figures.model import Period, occupancy
from callcenter.calls.figures.queries import WEEK, DayFigures
from callcenter.clock import Clock
from callcenter.web.routes import Ask, Role, Routes

ALL_ROLES = frozenset(Role)
DEFINITION = "answered within the threshold, of all callers who were answered or gave up"


class PeriodShape(BaseModel):
    """Averages and `service_level` are null without calls; `aht_seconds` is the conversation without the wrap-up."""

    offered: int
    answered: int
    in_time: int
    abandoned: int
    service_level: float | None
    asa_seconds: float | None
    aht_seconds: float | None

    @classmethod
    def of(cls, period: Period) -> PeriodShape:
        return cls(
            offered=period.offered,
            answered=period.answered,
            in_time=period.in_time,
            abandoned=period.abandoned,
            service_level=period.level,
            asa_seconds=period.asa_seconds,
            aht_seconds=period.talk_seconds,
        )


class StepShape(BaseModel):
    """A half hour of the day: 0 begins at the centre's midnight, 47 ends the day."""

    model_config = ConfigDict(from_attributes=True)

    start: int
    offered: int
    answered: int
    abandoned: int


class FiguresShape(BaseModel):
    """The day so far, the same weekday a week ago up to the same time, and this moment.

    For one line `agents` and `occupancy` are those of the whole centre: agents serve several lines.
    """

    as_of: datetime
    since: datetime
    line: str | None
    threshold_seconds: int
    definition: str
    today: PeriodShape
    week_ago: PeriodShape
    curve: list[StepShape]
    week_ago_curve: list[StepShape]
    waiting: int
    longest_since: datetime | None
    agents: dict[str, int]
    occupancy: float | None
    live: bool
    """False while the connection to Asterisk is lost or silent: this moment is then unknown and old."""


class CallFiguresQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: str | None = Field(None, max_length=40)


QueueOf = Callable[[str], Awaitable[str]]
"""The queue of a line; raises UnknownLine."""


def routes(figures: DayFigures, clock: Clock, floor: Callable[[], FloorNow], queue_of: QueueOf) -> Routes:
    routes = Routes("calls")

    @routes.get("/figures/now", roles=ALL_ROLES)
    async def read_figures_now(ask: Ask, query: CallFiguresQuery) -> FiguresShape:
        """Read the figures of the day and of this moment (S1), of the centre or of one line."""
        now, line = clock(), query.line
        since, seen = figures.midnight(now), floor()
        queue = None if line is None else await queue_of(line)
        queues = [known for known in seen.queues if queue is None or known.code.partition(".")[0] == queue]
        agents: Mapping[str, AgentNow] = {agent.number: agent for agent in seen.agents}
        return FiguresShape(
            as_of=now,
            since=since,
            line=line,
            threshold_seconds=figures.seconds,
            definition=DEFINITION,
            today=PeriodShape.of(await figures.between(since, now, line)),
            week_ago=PeriodShape.of(await figures.between(since - WEEK, now - WEEK, line)),
            curve=[StepShape.model_validate(step) for step in await figures.curve(since, now, line)],
            week_ago_curve=[
                StepShape.model_validate(step) for step in await figures.curve(since - WEEK, now - WEEK, line)
            ],
            waiting=sum(known.waiting for known in queues),
            longest_since=min((known.longest_since for known in queues if known.longest_since), default=None),
            agents=dict(Counter(agent.state for agent in agents.values())),
            occupancy=occupancy(agent.state for agent in agents.values()),
            live=seen.link.connected,
        )

    return routes
