"""Use cases of boards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import delete, func, select, update

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.boards.errors import BadBoard, TooManyBoards, UnknownBoard
from callcenter.web.boards.model import LONGEST_CODE, PARTS, Board
from callcenter.web.boards.rows import BoardRow, ScreenTokenRow
from callcenter.web.roles import Person

MOST: Final = 100
LineExists = Callable[[str], Awaitable[object]]
"""Raises UnknownLine."""
Check = Callable[[Board | None], object]
"""Checks that the editor has seen the stored version."""


class Boards:
    def __init__(self, database: Database, clock: Clock, audit: Audit, line_exists: LineExists) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._line_exists = line_exists

    async def boards(self) -> list[Board]:
        async with self._database.read() as session:
            return [_board(row) for row in await session.scalars(select(BoardRow).order_by(BoardRow.code))]

    async def board(self, code: str) -> Board:
        """Raises UnknownBoard."""
        async with self._database.read() as session:
            row = await session.get(BoardRow, code)
        if row is None:
            raise UnknownBoard("there is no such board", board=code[:40])
        return _board(row)

    async def put(self, board: Board, by: Person, check: Check, address: str = "") -> Board:
        """Add or replace a board. Raises BadBoard, TooManyBoards, UnknownLine."""
        if not board.code.strip() or len(board.code) > LONGEST_CODE or "/" in board.code:
            raise BadBoard("a board has a code of at most 31 characters", fault="code")
        if len(set(board.parts)) < len(board.parts) or not set(board.parts) <= set(PARTS) or not board.parts:
            raise BadBoard("a board has parts, each once", fault="parts")
        if len(set(board.lines)) < len(board.lines):
            raise BadBoard("a board has each line once", fault="lines")
        for line in board.lines:
            await self._line_exists(line)
        async with self._database.write() as session:
            row = await session.get(BoardRow, board.code, with_for_update=True)
            check(None if row is None else _board(row))
            if row is None:
                if (await session.scalar(select(func.count()).select_from(BoardRow)) or 0) >= MOST:
                    raise TooManyBoards("a centre has so many boards at most", most=MOST)
                row = BoardRow(code=board.code)
                session.add(row)
            row.name, row.turn_seconds = board.name.strip(), board.turn_seconds
            row.lines, row.parts = list(board.lines), list(board.parts)
            facts = {"lines": list(board.lines), "parts": list(board.parts)}
            await self._audit.append(session, by, "board.put", f"board/{board.code}", address, facts)
            return _board(row)

    async def delete(self, code: str, by: Person, address: str = "") -> None:
        """Delete a board and revoke its screens' tokens. Raises UnknownBoard."""
        async with self._database.write() as session:
            gone = await session.scalar(delete(BoardRow).where(BoardRow.code == code).returning(BoardRow.code))
            if gone is None:
                raise UnknownBoard("there is no such board", board=code[:40])
            table = ScreenTokenRow
            ended = update(table).where(table.board == code, table.revoked_at.is_(None))
            await session.execute(ended.values(revoked_at=self._clock()))
            await self._audit.append(session, by, "board.delete", f"board/{code}", address)


def _board(row: BoardRow) -> Board:
    return Board(row.code, row.name, tuple(row.lines), tuple(row.parts), row.turn_seconds)
