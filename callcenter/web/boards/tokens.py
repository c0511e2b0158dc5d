"""Tokens of screens: each opens one board, is shown once, stored as a hash, and revocable by any leader."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import func, select, update

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.boards.errors import TooManyScreens, UnknownBoard, UnknownScreen
from callcenter.web.boards.model import Board, ScreenToken, sight_of
from callcenter.web.boards.rows import BoardRow, ScreenTokenRow
from callcenter.web.errors import TokensMakeNoTokens
from callcenter.web.roles import LEADERS, PROGRAM, Person, Role
from callcenter.web.rows import PersonRow
from callcenter.web.tokens import PREFIX, hash_token

SCREEN_PREFIX: Final = f"{PREFIX}wall_"
"""So that a token in a log or a repository is recognised as such, and no other table is searched for it."""
SCOPES: Final = frozenset({"wall:read", "live:read"})
MOST: Final = 50
"""Tokens in use of one board."""
QueuesOfLines = Callable[[], Awaitable[Mapping[str, str]]]


async def no_lines() -> Mapping[str, str]:
    """The default, for a centre without lines: a board of lines then shows no queue."""
    return {}


class ScreenTokens:
    """`lasts` is the lifetime of a token that is created without an end."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, lasts: timedelta = timedelta(days=365)) -> None:
        self.queues_of_lines: QueuesOfLines = no_lines
        self._database = database
        self._clock = clock
        self._audit = audit
        self._lasts = lasts

    async def add(
        self, board: str, name: str, expires_at: datetime | None, by: Person, address: str = ""
    ) -> tuple[ScreenToken, str]:
        """Create a token that ends with the person who creates it; its text is returned here and never again.

        Raises TokensMakeNoTokens, TooManyScreens, UnknownBoard.
        """
        if by.program:
            raise TokensMakeNoTokens("only a signed-in person can create tokens")
        text = SCREEN_PREFIX + secrets.token_urlsafe(32)
        now, table = self._clock(), ScreenTokenRow
        row = table(
            id=uuid4().hex,
            board=board,
            name=name.strip(),
            token_hash=hash_token(text),
            created_at=now,
            created_by=by.login,
            owner=by.id,
            expires_at=expires_at or now + self._lasts,
            revoked_at=None,
        )
        async with self._database.write() as session:
            if await session.get(BoardRow, board, with_for_update=True) is None:
                raise UnknownBoard("there is no such board", board=board[:40])
            in_use = table.board == board, table.revoked_at.is_(None), table.expires_at > now
            if (await session.scalar(select(func.count()).where(*in_use)) or 0) >= MOST:
                raise TooManyScreens("a board has so many tokens at most", most=MOST)
            session.add(row)
            facts = {"name": row.name, "board": board}
            await self._audit.append(session, by, "screen_token.add", row.id, address, facts)
        return _token(row), text

    async def revoke(self, board: str, token_id: str, by: Person, address: str = "") -> None:
        """Raises UnknownScreen also for one that is already revoked."""
        table = ScreenTokenRow
        change = update(table).where(table.id == token_id, table.board == board, table.revoked_at.is_(None))
        async with self._database.write() as session:
            if await session.scalar(change.values(revoked_at=self._clock()).returning(table.id)) is None:
                raise UnknownScreen("the board has no such token", token=token_id[:40])
            await self._audit.append(session, by, "screen_token.revoke", token_id, address, {"board": board})

    async def of(self, board: str) -> list[ScreenToken]:
        """The newest first, revoked ones included. Raises UnknownBoard."""
        table = ScreenTokenRow
        query = select(table).where(table.board == board).order_by(table.created_at.desc(), table.id).limit(500)
        async with self._database.read() as session:
            if await session.get(BoardRow, board) is None:
                raise UnknownBoard("there is no such board", board=board[:40])
            return [_token(row) for row in await session.scalars(query)]

    async def find(self, text: str) -> Person | None:
        """The screen behind a token's text; None when unknown, expired or revoked, or when its board is deleted.

        Also None when the person who created it is deactivated or no longer a leader.
        """
        table = ScreenTokenRow
        query = (
            select(table, BoardRow, PersonRow.roles)
            .join(PersonRow, PersonRow.id == table.owner)
            .join(BoardRow, BoardRow.code == table.board)
            .where(table.token_hash == hash_token(text), table.revoked_at.is_(None), PersonRow.active)
        )
        async with self._database.read() as session:
            result = (await session.execute(query)).one_or_none()
        if result is None or LEADERS.isdisjoint(Role(role) for role in result[2]):
            return None
        token: ScreenTokenRow = result[0]
        if token.expires_at <= self._clock():
            return None
        row: BoardRow = result[1]
        board = Board(row.code, row.name, tuple(row.lines), tuple(row.parts), row.turn_seconds)
        return Person(
            f"{PROGRAM}{token.id}"[:32],
            f"{PROGRAM}{token.name}"[:64],
            token.name,
            frozenset({Role.WALLBOARD}),
            scopes=SCOPES,
            board=sight_of(board, await self.queues_of_lines() if board.lines else {}),
        )


def _token(row: ScreenTokenRow) -> ScreenToken:
    times = row.created_at, row.created_by, row.expires_at, row.revoked_at
    return ScreenToken(row.id, row.board, row.name, *times)
