"""The figures now, over HTTP; they are counts only, so a wallboard may show them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.figures.model import DEFINITION, DayNow, Period
from callcenter.calls.figures.service import FiguresNow
from callcenter.web.routes import Ask, Role, Routes

ALL_ROLES = frozenset(Role)


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

    `agents` are counted by state; who is on a colleague's call as its supervisor counts as `supervising`, and not in
    `occupancy`. For one line `agents` and `occupancy` are those of the whole centre: agents serve several lines.
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

    @classmethod
    def of(cls, now: DayNow) -> FiguresShape:
        return cls(
            as_of=now.as_of,
            since=now.since,
            line=now.line,
            threshold_seconds=now.threshold_seconds,
            definition=DEFINITION,
            today=PeriodShape.of(now.today),
            week_ago=PeriodShape.of(now.week_ago),
            curve=[StepShape.model_validate(step) for step in now.curve],
            week_ago_curve=[StepShape.model_validate(step) for step in now.week_ago_curve],
            waiting=now.waiting,
            longest_since=now.longest_since,
            agents=dict(now.agents),
            occupancy=now.occupancy,
            live=now.live,
        )


class CallFiguresQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: str | None = Field(None, max_length=40)


def routes(figures: FiguresNow) -> Routes:
    routes = Routes("calls")

    @routes.get("/figures/now", roles=ALL_ROLES)
    async def read_figures_now(ask: Ask, query: CallFiguresQuery) -> FiguresShape:
        """Read the figures of the day and of this moment (S1), of the centre or of one line."""
        return FiguresShape.of(await figures.read(query.line))

    return routes
