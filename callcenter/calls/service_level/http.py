"""The service level over HTTP; it contains counts only, so a wallboard may show it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from callcenter.calls.service_level.queries import ServiceLevel, ServiceLevels
from callcenter.clock import Clock
from callcenter.web.routes import Ask, Role, Routes

ALL_ROLES = frozenset(Role)


class LevelQuery(BaseModel):
    """The last 24 hours unless a period is named; `today` is the centre's own day so far."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    line: str | None = None
    today: bool = False

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if self.today and (self.since or self.until):
            raise ValueError("today is a period of its own: leave out since and until")
        return self


class LevelShape(BaseModel):
    """`level` is null without calls; `late_rings` are the calls that rang past the limit of R1, each once."""

    since: datetime
    until: datetime
    seconds: int
    answered: int
    in_time: int
    abandoned: int
    level: float | None
    late_rings: int | None
    """Null where one line is asked for: a flag names its call and no line."""

    @classmethod
    def of(cls, level: ServiceLevel, since: datetime, until: datetime, late_rings: int | None) -> Self:
        return cls(
            since=since,
            until=until,
            seconds=level.seconds,
            answered=level.answered,
            in_time=level.in_time,
            abandoned=level.abandoned,
            level=level.level,
            late_rings=late_rings,
        )


LateCalls = Callable[[datetime, datetime], Awaitable[int]]
"""How many calls of a period rang past the limit of R1; flags belong to another room."""


def routes(levels: ServiceLevels, clock: Clock, late_calls: LateCalls) -> Routes:
    routes = Routes("calls")

    @routes.get("/service-level", roles=ALL_ROLES)
    async def read_service_level(ask: Ask, query: LevelQuery) -> LevelShape:
        """Read the service level (S1): the share of answered or abandoned calls answered within the threshold."""
        until = query.until or clock()
        since = levels.midnight(until) if query.today else query.since or until - timedelta(days=1)
        late = None if query.line is not None else await late_calls(since, until)
        return LevelShape.of(await levels.between(since, until, query.line), since, until, late)

    return routes
