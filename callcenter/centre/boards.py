"""Joins the boards of screens on the wall to the lines, and to the rooms whose figures they show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from callcenter.alarms.http import FailureShape
from callcenter.alarms.model import Alarm, AlarmKind
from callcenter.calls.figures.http import FiguresShape
from callcenter.calls.figures.service import FiguresNow
from callcenter.calls.thresholds.http import ThresholdShape
from callcenter.calls.thresholds.service import FigureThresholds
from callcenter.centre.contributions import Contributions
from callcenter.centre.wall_http import NamedLineShape, NamedQueueShape, WallShape
from callcenter.centre.wall_http import routes as wall_routes
from callcenter.web.boards.http import WallBoardShape
from callcenter.web.boards.http import routes as board_routes
from callcenter.web.boards.model import Board
from callcenter.web.boards.service import Boards


def join_boards(contributions: Contributions, figures: FiguresNow, thresholds: FigureThresholds) -> None:
    core = contributions.core
    boards = Boards(core.database, core.clock, core.web_services.audit, core.lines.line)

    async def queues_of_lines() -> Mapping[str, str]:
        return {line.code: line.queue for line in await core.lines.lines()}

    async def wall(code: str | None) -> WallShape:
        """Raises UnknownBoard."""
        board = None if code is None else await boards.board(code)
        own = frozenset(board.lines) if board is not None else frozenset()
        lines = [line for line in await core.lines.lines() if not own or line.code in own]
        queues = {line.queue for line in lines}
        now = [await figures.read(line) for line in _turns(board, [line.code for line in lines])]
        late = None if own else await core.flag_queries.late_calls(now[0].since, core.clock())
        limits = await thresholds.all()
        return WallShape(
            board=None if board is None else WallBoardShape.of(board),
            lines=[NamedLineShape.model_validate(line) for line in lines],
            queues=[
                NamedQueueShape.model_validate(queue)
                for queue in await core.queues.queues()
                if not own or queue.code.partition(".")[0] in queues
            ],
            figures=[FiguresShape.of(each) for each in now],
            late_rings=late,
            thresholds=[ThresholdShape.model_validate(each) for each in limits if not own or each.line in {"", *own}],
            failures=[FailureShape.model_validate(each) for each in _of_everyone(contributions.alarms.open.values())],
        )

    contributions.boards = boards
    core.web_services.screens.queues_of_lines = queues_of_lines
    contributions.routes += [board_routes(boards, core.web_services.screens), wall_routes(wall)]


def _turns(board: Board | None, lines: Sequence[str]) -> list[str | None]:
    """Whose figures a board shows in turn: the whole centre's, or those of each of its lines that is there."""
    if board is None or not board.lines or not lines:
        return [None]
    return [line for line in board.lines if line in lines]


def _of_everyone(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The failures that concern everyone; a phone's is for its agent and for leaders."""
    return [alarm for alarm in alarms if alarm.kind is not AlarmKind.PHONE]
