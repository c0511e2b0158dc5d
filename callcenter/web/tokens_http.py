"""`/tokens`: bearer tokens of programs and wallboards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from callcenter.web.people_http import Name, Roles
from callcenter.web.roles import ALL
from callcenter.web.routes import (
    ADMINISTRATORS,
    Ask,
    Page,
    PageQuery,
    Role,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)
from callcenter.web.tokens import Token, TokenService

Scope = Annotated[str, StringConstraints(pattern=r"^(\*|read|[a-z][a-z_-]{0,39}(:read)?)$")]


class TokenShape(BaseModel):
    """`scopes`: `*` is everything, `read` all read access, `calls` a tag of the API, `calls:read` read access to it."""

    id: str
    name: str
    roles: list[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str]

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls(
            id=token.id,
            name=token.name,
            roles=sorted(token.roles),
            created_at=token.created_at,
            created_by=token.created_by,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            scopes=sorted(token.scopes),
        )


class NewToken(BaseModel):
    """Without `expires_at` the token expires after `web.token_days`, and in any case with its creator's account."""

    name: Name
    roles: Roles
    expires_at: AwareDatetime | None = None
    scopes: Annotated[frozenset[Scope], Field(min_length=1, max_length=60)] = ALL


class CreatedToken(TokenShape):
    """`token` is shown only here."""

    token: str


def token_routes(tokens: TokenService) -> Routes:
    routes = Routes("tokens")

    @routes.get("/tokens", roles=ADMINISTRATORS)
    async def list_tokens(ask: Ask, query: PageQuery) -> Page[TokenShape]:
        """List programs' tokens, including revoked ones, without their values."""
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        shapes = [TokenShape.of(token) for token in await tokens.page(query.limit + 1, after)]
        return page_of(shapes, query.limit, lambda token: encode_cursor(token.id))

    @routes.post("/tokens", roles=ADMINISTRATORS, status=201)
    async def add_token(ask: Ask, body: NewToken) -> CreatedToken:
        """Create a token for a program or a wallboard; only this response has its value.

        It ends with its creator's account, and a token cannot create tokens (403 tokens_make_no_tokens).
        """
        ask.answer_is_secret()
        token, text = await tokens.add(body.name, body.roles, body.expires_at, ask.require(), ask.address, body.scopes)
        return CreatedToken(**TokenShape.of(token).model_dump(), token=text)

    @routes.delete("/tokens/{token_id}", roles=ADMINISTRATORS)
    async def revoke_token(ask: Ask, token_id: str) -> None:
        """Revoke a token; it stays in the list as a record."""
        await tokens.revoke(token_id, ask.require(), ask.address)

    return routes
