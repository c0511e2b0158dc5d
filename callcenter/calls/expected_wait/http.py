"""The expected wait over HTTP; it contains nothing about callers, so a wallboard may show it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel

from callcenter.calls.expected_wait.model import Estimate
from callcenter.calls.expected_wait.queries import ExpectedWaits, FloorNow
from callcenter.web.routes import Ask, Role, Routes


class WaitShape(BaseModel):
    """Of a caller who calls now; null where it cannot be known. Four waits in five lie between `low` and `high`."""

    line: str
    waiting: int | None
    serving: int | None
    free: int | None
    expected_seconds: float | None
    low_seconds: float | None
    high_seconds: float | None

    @classmethod
    def of(cls, line: str, now: FloorNow | None, wait: Estimate | None) -> Self:
        return cls(
            line=line,
            waiting=now and now.waiting,
            serving=now and now.serving,
            free=now and now.free,
            expected_seconds=wait and round(wait.expected, 1),
            low_seconds=wait and round(wait.low, 1),
            high_seconds=wait and round(wait.high, 1),
        )


def routes(waits: ExpectedWaits) -> Routes:
    routes = Routes("expected-wait")

    @routes.get("/lines/{code}/expected-wait", roles=frozenset(Role))
    async def expected_wait(ask: Ask, code: str) -> WaitShape:
        """Read how long a caller of this line is expected to wait now, estimated from this line's past at this hour."""
        return WaitShape.of(code, *await waits.of(code))

    return routes
