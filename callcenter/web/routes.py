"""Routes declared by typed handlers: a package states path, roles and shapes; checks, problems and OpenAPI follow.

    def routes(service: AgentService) -> Routes:
        routes = Routes("agents")

        @routes.get("/agents/{number}", roles=ANYONE)
        async def read_agent(ask: Ask, number: str) -> AgentShape:
            \"\"\"One agent.\"\"\"
            return AgentShape.of(await service.agent(number))

        return routes

`body` is the JSON body (`bytes`: the raw body), `query` the query model, other parameters come from the path;
the return annotation is the answer (None: 204; a `web.StreamResponse` is passed on unchanged).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from callcenter.errors import NotSignedIn
from callcenter.web.addresses import Network, client_address
from callcenter.web.problems import BadCursor, ChangedMeanwhile, MatchRequired
from callcenter.web.roles import ADMINISTRATORS, ANYONE, LEADERS, MANAGERS, PUBLIC, Allowed, Person, Role
from callcenter.web.signature import Signature, signature_of

__all__ = [
    "ADMINISTRATORS",
    "ANYONE",
    "LEADERS",
    "MANAGERS",
    "PUBLIC",
    "Ask",
    "Page",
    "PageQuery",
    "Person",
    "Role",
    "Route",
    "Routes",
    "decode_cursor",
    "encode_cursor",
    "etag_of",
    "page_of",
]

Item = TypeVar("Item")
Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
Adapted = TypeVar("Adapted")
DEFAULT_BODY = 1024 * 1024
PUBLIC_BODY = 4 * 1024
"""Maximum body in bytes of an unauthenticated request, where a route sets no other limit."""
PROXIES: web.AppKey[Sequence[Network]] = web.AppKey("proxies")
"""The networks of proxies whose X-Forwarded-For is trusted."""
SECRET_ANSWER = web.RequestKey("secret_answer", bool)


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the cursor of the following part, or null at the end."""

    items: list[Item]
    next: str | None = None


class PageQuery(BaseModel):
    """The query of a list; a room's own filters are added by inheritance."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = Field(None, max_length=1000)


def encode_cursor(*values: object) -> str:
    """An opaque cursor of the values that a list is ordered by, such as (arrived_at, id)."""
    return urlsafe_b64encode(TypeAdapter(tuple[Any, ...]).dump_json(values)).rstrip(b"=").decode()


def decode_cursor(cursor: str, kind: type[Adapted]) -> Adapted:
    """Decode a cursor as `kind`, such as `tuple[datetime, str]`; raises BadCursor."""
    try:
        data = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        decoded = TypeAdapter(kind).validate_json(data, strict=True)
    except (ValidationError, ValueError) as error:
        raise BadCursor("this cursor is not one of ours") from error
    if isinstance(decoded, tuple) and not all(_storable(value) for value in decoded):
        raise BadCursor("this cursor is not one of ours")
    return decoded


def _storable(value: object) -> bool:
    """Whether both databases take the value: an aware instant away from the calendar's ends, 64 bits, no NUL."""
    match value:
        case datetime():
            return value.tzinfo is not None and MINYEAR < value.year < MAXYEAR
        case int():
            return abs(value) < 1 << 63
        case str():
            return "\0" not in value
        case _:
            return True


def page_of(items: list[Item], limit: int, cursor: Callable[[Item], str]) -> Page[Item]:
    """A page of what a query for `limit` plus one found; `cursor` gives an element's position."""
    more = len(items) > limit
    return Page(items=items[:limit], next=cursor(items[limit - 1]) if more else None)


def etag_of(model: BaseModel) -> str:
    """The ETag of a representation: what people saw when they began to edit.

    Fields that a model names in `BESIDE` are maintained by the service and change beside any edit, so they are omitted.
    """
    seen = model.model_dump_json(exclude=set(getattr(model, "BESIDE", ())))
    return f'"{hashlib.sha256(seen.encode()).hexdigest()[:24]}"'


@dataclass
class Ask:
    """One request as a handler sees it; `headers` are added to the answer."""

    request: web.Request
    person: Person | None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    """Set-Cookie headers: there may be several."""
    base: str | None = None
    """The tag of what a partial edit was merged into; it must still match when the edit is written."""

    def require(self) -> Person:
        """The person behind the request; raises NotSignedIn when there is none."""
        if self.person is None:
            raise NotSignedIn("sign in first")
        return self.person

    @property
    def if_match(self) -> str | None:
        return self.request.headers.get("If-Match")

    @property
    def idempotency_key(self) -> str | None:
        return self.request.headers.get("Idempotency-Key")

    @property
    def address(self) -> str:
        """The client's network address; behind configured proxies the one that they report."""
        proxies = self.request.app.get(PROXIES, ())
        return client_address(self.request.remote or "", self.request.headers.getall("X-Forwarded-For", []), proxies)

    def answer_is_secret(self) -> None:
        """Mark the answer as holding a secret that is shown once: it is not stored for the Idempotency-Key."""
        self.request[SECRET_ANSWER] = True

    def must_match(self, *current: BaseModel) -> None:
        """Check that the editor has seen the stored version, by any of these representations of it.

        Raises MatchRequired (428) for a PUT without If-Match, ChangedMeanwhile (412) when the tag differs, or when
        If-None-Match requires that nothing exists yet (RFC 9110, 13.1; RFC 6585, 3).
        """
        tags = {etag_of(version) for version in current}
        if self.request.headers.get("If-None-Match", "").strip() == "*":
            raise ChangedMeanwhile("there is one already; read it and send If-Match")
        if self.base is not None and self.base not in tags:
            raise ChangedMeanwhile("this has changed at the same time; read it again")
        if self.if_match is None:
            if self.request.method == "PUT":
                raise MatchRequired("read it first, and send its ETag as If-Match")
            return
        # A compressing proxy marks a tag as weak; it still names the same version.
        seen = {tag.strip().removeprefix("W/") for tag in self.if_match.split(",")}
        if "*" not in seen and not tags & seen:
            raise ChangedMeanwhile("this has changed since you read it; read it again")


Before = Callable[[Ask], object]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    tag: str
    roles: Allowed
    status: int
    max_body: int
    before: Before | None
    handler: Callable[..., Awaitable[Any]]
    signature: Signature
    edits: bool = False
    """Whether it replaces something that people edit, and therefore requires If-Match."""
    reads: Route | None = None
    """The GET of the same path, which provides what an edit's body omits."""

    @property
    def summary(self) -> str:
        return self.doc.strip().split("\n", 1)[0]

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def doc(self) -> str:
        return self.handler.__doc__ or ""


class Routes:
    """A package's routes, in the order of their declaration; iterable."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.routes: list[Route] = []

    def get(self, path: str, *, roles: Allowed, status: int = 200) -> Callable[[Handler], Handler]:
        return self._add("GET", path, roles, status, 0)

    def post(
        self,
        path: str,
        *,
        roles: Allowed,
        status: int = 200,
        max_body: int | None = None,
        before: Before | None = None,
    ) -> Callable[[Handler], Handler]:
        """`before` is called before the body is read, and may refuse."""
        return self._add("POST", path, roles, status, max_body, before)

    def put(
        self, path: str, *, roles: Allowed, status: int = 200, max_body: int | None = None, edits: bool = True
    ) -> Callable[[Handler], Handler]:
        """`edits` is False for a command that only looks like an edit, such as a presence or a new password."""
        return self._add("PUT", path, roles, status, max_body, edits=edits)

    def delete(self, path: str, *, roles: Allowed, status: int = 204) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, roles, status, DEFAULT_BODY)

    def _add(
        self,
        method: str,
        path: str,
        roles: Allowed,
        status: int,
        max_body: int | None,
        before: Before | None = None,
        *,
        edits: bool = False,
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            signature = signature_of(path, handler)
            limit = max_body if max_body is not None else PUBLIC_BODY if roles is PUBLIC else DEFAULT_BODY
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    tag=self.tag,
                    roles=roles,
                    status=status,
                    max_body=limit,
                    before=before,
                    handler=handler,
                    signature=signature,
                    edits=edits,
                )
            )
            return handler

        return declare
