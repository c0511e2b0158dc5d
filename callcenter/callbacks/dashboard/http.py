"""Routes of the board, the figures and the spot checks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.callbacks.dashboard.service import Board
from callcenter.callbacks.errors import BadWindow
from callcenter.clock import Clock
from callcenter.facts import CallId, ReturnCallId
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes


class BoardShape(BaseModel):
    """Open return calls now; `waits_for_nobody` counts due ones that no signed-in agent may take, by language."""

    open: int
    due: int
    overdue: int
    promised_today: int
    barred: int
    states: dict[str, int]
    sources: dict[str, int]
    agents: dict[str, int]
    waits_for_nobody: dict[str, int]
    oldest_due_at: datetime | None


class CallbackShareShape(BaseModel):
    """`hits` of `count` with the Wilson interval at 95 %; null without observations."""

    hits: int
    count: int
    share: float | None
    low: float | None
    high: float | None


class CallbackFiguresShape(BaseModel):
    group: str
    items: int
    dials: int
    contact: CallbackShareShape
    tries_per_success: float | None
    kept: CallbackShareShape
    confirmed: CallbackShareShape
    satisfied: CallbackShareShape
    satisfaction: float | None
    marks: list[int]


class PeriodQuery(BaseModel):
    """The last seven days by default."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        until = self.until or now
        since = self.since or until - timedelta(days=7)
        if since >= until:
            raise BadWindow("a period ends after its start")
        return since, until


class CallbackFiguresQuery(PeriodQuery):
    by: Literal["agent", "line", "source", "department"] | None = None


class ChecksQuery(PeriodQuery):
    per_agent: int = Field(3, ge=1, le=100)
    seed: str = Field("", max_length=60)


class CheckShape(BaseModel):
    """A finished return call to review; `call` is its call record, with its recording."""

    item: ReturnCallId
    call: CallId
    agent: str
    result: str
    satisfaction: int | None
    at: datetime


def routes(board: Board, clock: Clock) -> Routes:
    routes = Routes("callbacks")

    @routes.get("/callback-board", roles=ANYONE)
    async def read_board(ask: Ask) -> BoardShape:
        """Count return calls that are due, overdue and promised today, by source and agent."""
        return BoardShape.model_validate(await board.now(), from_attributes=True)

    @routes.get("/callback-figures", roles=LEADERS)
    async def read_figures(ask: Ask, query: CallbackFiguresQuery) -> Page[CallbackFiguresShape]:
        """Read contact rate, attempts per success, kept promises, solutions and satisfaction, with intervals."""
        since, until = query.period(clock())
        groups = (await board.figures(since, until, query.by)).items()
        return Page(
            items=[CallbackFiguresShape.model_validate({"group": name, **asdict(group)}) for name, group in groups]
        )

    @routes.get("/callback-spot-checks", roles=LEADERS)
    async def list_spot_checks(ask: Ask, query: ChecksQuery) -> Page[CheckShape]:
        """Sample finished conversations of each agent; without a seed, the same sample all day."""
        since, until = query.period(clock())
        seed = query.seed or board.today().isoformat()
        checks = await board.spot_checks(since, until, query.per_agent, seed)
        return Page(items=[CheckShape.model_validate(check, from_attributes=True) for check in checks])

    return routes
