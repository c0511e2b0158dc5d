"""Stores commands to the PBX as intents: noted before they are sent, settled once they are answered.

This module sends nothing. A command that is still noted after a restart has an unknown outcome; the caller inspects
the PBX, settles it accordingly, and sends a new command where one is still needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import Invalid
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.storage.rows import IntentRow

SECRET_HEADERS = frozenset({"secret", "password", "key", "authtype"})


class SecretInIntent(Invalid):
    code = "secret_in_intent"


class IntentState(StrEnum):
    NOTED = "noted"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Intents:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def note(self, action: str, headers: Sequence[tuple[str, str]], session: AsyncSession | None = None) -> str:
        """Note a command, in the caller's transaction if one is given; raises SecretInIntent."""
        if any(name.casefold() in SECRET_HEADERS for name, _ in headers):
            raise SecretInIntent("a command with a secret is not kept", action=action)
        row = IntentRow(
            id=uuid4().hex,
            action=action,
            headers=[list(pair) for pair in headers],
            state=IntentState.NOTED,
            at=self._clock(),
        )
        if session is not None:
            session.add(row)
        else:
            async with self._database.write() as own:
                own.add(row)
        return row.id

    async def settle(self, intent_id: str, state: IntentState, answer: str = "") -> bool:
        """Record how a noted command ended; False when it was already settled."""
        change = (
            update(IntentRow)
            .where(IntentRow.id == intent_id, IntentRow.state == IntentState.NOTED)
            .values(state=state, settled_at=self._clock(), answer=answer[:500])
            .returning(IntentRow.id)
        )
        async with self._database.write() as session:
            return (await session.scalar(change)) is not None

    async def page(self, state: IntentState, limit: int, after: Position | None = None) -> list[IntentRow]:
        """Commands in a state, newest first, those older than `after` (at, id)."""
        query = select(IntentRow).where(IntentRow.state == state)
        query = newest_first(query, IntentRow.at, IntentRow.id, limit, after)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def counts(self) -> dict[str, int]:
        """The number of commands by state."""
        query = select(IntentRow.state, func.count()).group_by(IntentRow.state)
        async with self._database.read() as session:
            return {row.state: row[1] for row in await session.execute(query)}

    async def clear(self, before: datetime) -> int:
        """Delete commands settled before an instant; returns how many."""
        gone = delete(IntentRow).where(IntentRow.settled_at < before).returning(IntentRow.id)
        async with self._database.write() as session:
            return len((await session.scalars(gone)).all())
