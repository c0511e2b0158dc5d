"""Bearer tokens for programs and wallboards: shown once, kept as a hash, revocable."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select, update

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.errors import NoSuchToken
from callcenter.web.roles import Person, Role
from callcenter.web.rows import TokenRow

PREFIX = "cc_"
"""So that a token in a log or a repository is recognised for what it is."""


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    name: str
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


def token_of(row: TokenRow) -> Token:
    roles = frozenset(Role(role) for role in row.roles)
    return Token(row.id, row.name, roles, row.created_at, row.created_by, row.expires_at, row.revoked_at)


class TokenService:
    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    async def add(
        self, name: str, roles: frozenset[Role], expires_at: datetime | None, by: Person, address: str = ""
    ) -> tuple[Token, str]:
        """Make a token; its text is returned here and never again."""
        text = PREFIX + secrets.token_urlsafe(32)
        row = TokenRow(
            id=uuid4().hex,
            name=name,
            token_hash=_hash(text),
            roles=sorted(roles),
            created_at=self._clock(),
            created_by=by.login,
            expires_at=expires_at,
            revoked_at=None,
        )
        async with self._database.write() as session:
            session.add(row)
            await self._audit.append(session, by, "token.add", row.id, address, {"name": name, "roles": sorted(roles)})
        return token_of(row), text

    async def revoke(self, token_id: str, by: Person, address: str = "") -> None:
        """Raises NoSuchToken also for one that is revoked already."""
        change = (
            update(TokenRow)
            .where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=self._clock())
            .returning(TokenRow.id)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise NoSuchToken("no such token", token=token_id)
            await self._audit.append(session, by, "token.revoke", token_id, address)

    async def page(self, limit: int, after: str | None = None) -> list[Token]:
        query = select(TokenRow).order_by(TokenRow.id).limit(limit)
        if after is not None:
            query = query.where(TokenRow.id > after)
        async with self._database.read() as session:
            return [token_of(row) for row in await session.scalars(query)]

    async def find(self, text: str) -> Person | None:
        """The program behind a token's text; None when unknown, expired or revoked."""
        query = select(TokenRow).where(TokenRow.token_hash == _hash(text), TokenRow.revoked_at.is_(None))
        async with self._database.read() as session:
            row = await session.scalar(query)
        if row is None or (row.expires_at is not None and row.expires_at <= self._clock()):
            return None
        return Person(f"token:{row.id}"[:32], f"token:{row.name}"[:64], row.name, frozenset(map(Role, row.roles)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
