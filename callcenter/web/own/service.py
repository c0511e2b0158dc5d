"""Use cases of one's own settings and sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select

from callcenter.clock import Clock
from callcenter.errors import Forbidden, NotFound
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.own.rows import OwnSettingsRow
from callcenter.web.roles import Person
from callcenter.web.rows import SessionRow

SHOWN: Final = 16
"""So many characters of the token's SHA-256 name a session; they sign nobody in."""


class NotAPerson(Forbidden):
    """A program has no pages: drafts, settings and sessions belong to people."""

    code = "not_a_person"


def must_be_person(by: Person) -> Person:
    """Raises NotAPerson."""
    if by.program:
        raise NotAPerson("only a person who is signed in has this")
    return by


class UnknownSession(NotFound):
    code = "unknown_session"


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser in which the person is signed in; `current` is the one that asks."""

    id: str
    created_at: datetime
    seen_at: datetime | None
    expires_at: datetime
    address: str
    browser: str
    current: bool


class OwnThings:
    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    async def settings(self, by: Person) -> dict[str, Any]:
        async with self._database.read() as session:
            row = await session.get(OwnSettingsRow, by.id)
        return dict(row.value) if row is not None else {}

    async def change(self, value: Mapping[str, Any], by: Person, check: Callable[[dict[str, Any]], object]) -> None:
        """Replace the settings; `check` compares with the stored ones."""
        async with self._database.write() as session:
            row = await session.get(OwnSettingsRow, by.id, with_for_update=True)
            check(dict(row.value) if row is not None else {})
            if row is None:
                row = OwnSettingsRow(person_id=by.id)
                session.add(row)
            row.value, row.at = dict(value), self._clock()

    async def update(self, by: Person, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change the settings as they are stored, so that two changes at once both stay."""
        async with self._database.write() as session:
            row = await session.get(OwnSettingsRow, by.id, with_for_update=True)
            value = change(dict(row.value) if row is not None else {})
            if row is None:
                row = OwnSettingsRow(person_id=by.id)
                session.add(row)
            row.value, row.at = value, self._clock()

    async def sessions(self, by: Person, current: str) -> list[OwnSession]:
        """The browsers in which the person is signed in, the newest first; `current` is the own token's SHA-256."""
        query = select(SessionRow).where(SessionRow.person_id == by.id, SessionRow.expires_at > self._clock())
        async with self._database.read() as session:
            rows = (await session.scalars(query.order_by(SessionRow.created_at.desc()))).all()
        return [
            OwnSession(
                row.token_hash[:SHOWN],
                row.created_at,
                row.seen_at,
                row.expires_at,
                row.address,
                row.browser,
                row.token_hash == current,
            )
            for row in rows
        ]

    async def end_session(self, id: str, by: Person, address: str) -> None:
        """Sign one of the person's browsers out. Raises UnknownSession."""
        if len(id) != SHOWN:
            raise UnknownSession("you have no such session")
        mine = (SessionRow.person_id == by.id, SessionRow.token_hash.startswith(id, autoescape=True))
        async with self._database.write() as session:
            gone = (await session.scalars(delete(SessionRow).where(*mine).returning(SessionRow.token_hash))).all()
            if not gone:
                raise UnknownSession("you have no such session")
            await self._audit.append(session, by, "session.close", by.login, address)
