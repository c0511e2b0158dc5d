"""The service level over HTTP; it holds counts only, so that a screen on the wall may show it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from callcenter.calls.service_level import ServiceLevel, ServiceLevels
from callcenter.clock import Clock
from callcenter.web.routes import Ask, Role, Routes

EVERYBODY = frozenset(Role)


class LevelQuery(BaseModel):
    """The last 24 hours unless a period is named."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    line: str | None = None


class LevelShape(BaseModel):
    """`level` is null when nobody called in the period."""

    since: datetime
    until: datetime
    seconds: int
    answered: int
    in_time: int
    abandoned: int
    level: float | None

    @classmethod
    def of(cls, level: ServiceLevel, since: datetime, until: datetime) -> Self:
        return cls(
            since=since,
            until=until,
            seconds=level.seconds,
            answered=level.answered,
            in_time=level.in_time,
            abandoned=level.abandoned,
            level=level.level,
        )


def routes(levels: ServiceLevels, clock: Clock) -> Routes:
    routes = Routes("calls")

    @routes.get("/service-level", roles=EVERYBODY)
    async def read_service_level(ask: Ask, query: LevelQuery) -> LevelShape:
        """S1: callers answered within `policy.answer_within_seconds`, among those answered or abandoned."""
        until = query.until or clock()
        since = query.since or until - timedelta(days=1)
        return LevelShape.of(await levels.between(since, until, query.line), since, until)

    return routes
