"""What a screen on the wall needs at its start, in one answer: the token of a board opens this and the live feed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, Field

from callcenter.alarms.http import FailureShape
from callcenter.calls.figures.http import FiguresShape
from callcenter.calls.thresholds.http import ThresholdShape
from callcenter.web.boards.errors import OtherBoard
from callcenter.web.boards.http import WallBoardShape
from callcenter.web.roles import LEADERS, Role
from callcenter.web.routes import Ask, Routes

SCREENS = LEADERS | {Role.WALLBOARD}
Wall = Callable[[str | None], Awaitable["WallShape"]]
"""What a board shows, or the whole centre. Raises UnknownBoard."""


class NamedLineShape(BaseModel):
    """A line as far as a screen shows it."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    queue: str
    names: dict[str, str]
    cadence_country: str


class NamedQueueShape(BaseModel):
    """A queue as far as a screen shows it."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    names: dict[str, str]
    ring_limit: int | None


class WallShape(BaseModel):
    """`figures` turn in this order; without a `board` everything is of the whole centre.

    `late_rings` are those of today; null for a board of lines, because a flag names its call and no line.
    """

    board: WallBoardShape | None
    lines: list[NamedLineShape]
    queues: list[NamedQueueShape]
    figures: list[FiguresShape]
    late_rings: int | None
    thresholds: list[ThresholdShape]
    failures: list[FailureShape]


class WallQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    board: str | None = Field(None, min_length=1, max_length=31)


def routes(wall: Wall) -> Routes:
    routes = Routes("wall")

    @routes.get("/wall", roles=SCREENS)
    async def read_wall(ask: Ask, query: WallQuery) -> WallShape:
        """Read what the screen of a board shows; the token of a screen reads its own board, and no other."""
        own = ask.require().board
        if own is not None and query.board not in (None, own.board):
            raise OtherBoard("this screen has another board", board=own.board)
        return await wall(query.board if own is None else own.board)

    return routes
