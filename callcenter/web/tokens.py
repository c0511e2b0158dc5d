"""Bearer tokens for programs and wallboards: shown once, stored as a hash, revocable."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, select, update

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.errors import TokensMakeNoTokens, UnknownToken
from callcenter.web.roles import ALL, PROGRAM, Person, Role
from callcenter.web.rows import PersonRow, TokenRow

PREFIX = "cc_"
"""So that a token in a log or a repository is recognised as such."""


@dataclass(frozen=True, slots=True)
class Token:
    id: str
    name: str
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: frozenset[str] = ALL


def token_of(row: TokenRow) -> Token:
    roles = frozenset(Role(role) for role in row.roles)
    return Token(row.id, row.name, roles, row.created_at, row.created_by, row.expires_at, row.revoked_at, _scopes(row))


class TokenService:
    """`lasts` is the lifetime of a token that is created without an end."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, lasts: timedelta = timedelta(days=365)) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._lasts = lasts

    async def add(
        self,
        name: str,
        roles: frozenset[Role],
        expires_at: datetime | None,
        by: Person,
        address: str = "",
        scopes: frozenset[str] = ALL,
    ) -> tuple[Token, str]:
        """Create a token that ends with the person who creates it; its text is returned here and never again.

        Raises TokensMakeNoTokens.
        """
        if by.program:
            raise TokensMakeNoTokens("only a signed-in person can create tokens")
        text = PREFIX + secrets.token_urlsafe(32)
        row = TokenRow(
            id=uuid4().hex,
            name=name,
            token_hash=hash_token(text),
            roles=sorted(roles),
            created_at=self._clock(),
            created_by=by.login,
            owner=by.id,
            scopes=sorted(scopes),
            expires_at=expires_at or self._clock() + self._lasts,
            revoked_at=None,
        )
        async with self._database.write() as session:
            session.add(row)
            await self._audit.append(session, by, "token.add", row.id, address, {"name": name, "roles": sorted(roles)})
        return token_of(row), text

    async def revoke(self, token_id: str, by: Person, address: str = "") -> None:
        """Raises UnknownToken also for one that is already revoked."""
        change = (
            update(TokenRow)
            .where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=self._clock())
            .returning(TokenRow.id)
        )
        async with self._database.write() as session:
            if await session.scalar(change) is None:
                raise UnknownToken("no such token", token=token_id)
            await self._audit.append(session, by, "token.revoke", token_id, address)

    async def page(self, limit: int, after: str | None = None) -> list[Token]:
        query = select(TokenRow).order_by(TokenRow.id).limit(limit)
        if after is not None:
            query = query.where(TokenRow.id > after)
        async with self._database.read() as session:
            return [token_of(row) for row in await session.scalars(query)]

    async def find(self, text: str) -> Person | None:
        """The program behind a token's text; None when unknown, expired or revoked.

        Also None when its owner is deactivated or may no longer create tokens: the token acts on their authority.
        """
        return await self._person(TokenRow.token_hash == hash_token(text))

    async def program(self, id: str) -> Person | None:
        """The program with this id as a person; None like in `find`."""
        return await self._person(TokenRow.id.startswith(id.removeprefix(PROGRAM), autoescape=True))

    async def _person(self, condition: ColumnElement[bool]) -> Person | None:
        query = select(TokenRow, PersonRow).join(PersonRow, PersonRow.id == TokenRow.owner)
        query = query.where(condition, TokenRow.revoked_at.is_(None), PersonRow.active)
        async with self._database.read() as session:
            result = (await session.execute(query)).one_or_none()
        if result is None or Role.ADMINISTRATOR not in result[1].roles:
            return None
        row: TokenRow = result[0]
        if row.expires_at is not None and row.expires_at <= self._clock():
            return None
        login, roles = f"{PROGRAM}{row.name}"[:64], frozenset(map(Role, row.roles))
        return Person(f"{PROGRAM}{row.id}"[:32], login, row.name, roles, scopes=_scopes(row))


def _scopes(row: TokenRow) -> frozenset[str]:
    """Tokens created before scopes existed are valid for everything."""
    return ALL if row.scopes is None else frozenset(row.scopes)


def hash_token(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
