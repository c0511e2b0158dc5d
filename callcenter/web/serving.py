"""Processes a request: authenticates, authorises, validates the input, calls the handler, renders answer or problem."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from callcenter.catalogue import negotiated, reader
from callcenter.errors import Forbidden, Invalid, NotSignedIn
from callcenter.web.errors import OutsideScope
from callcenter.web.merging import MERGE_PATCH, completed
from callcenter.web.problems import (
    BadJson,
    BodyTooLarge,
    TooComplex,
    TooSlow,
    WrongMediaType,
    plain_problem,
    problem_of,
)
from callcenter.web.ranges import check_ranges, check_text
from callcenter.web.roles import PUBLIC, Person, in_scope, must_be
from callcenter.web.routes import PUBLIC_BODY, Ask, Route, etag_of

Authenticate = Callable[[web.Request], Awaitable[Person | None]]
Remember = Callable[
    [web.Request, Person | None, bytes, Callable[[], Awaitable[web.StreamResponse]]], Awaitable[web.StreamResponse]
]


MOST_PARTS = 20_000
"""Commas in a JSON body; the longest valid list has a tenth of it."""
ON_THE_LOOP = 32 * 1024
"""Body size in bytes up to which parsing runs on the loop; a larger body goes to a thread."""
BODY_SECONDS = 10.0
LEAST_RATE = 32 * 1024
"""Minimum transfer rate of a body in bytes per second, beside the seconds that each has."""


class Mounted:
    """Every route that an application serves, with its prefix, in the order of mounting."""

    def __init__(self) -> None:
        self.routes: list[tuple[str, Route]] = []


MOUNTED = web.AppKey("mounted", Mounted)
AUTHENTICATE: web.AppKey[Authenticate] = web.AppKey("authenticate")
REMEMBER: web.AppKey[Remember] = web.AppKey("remember")
"""How answers to requests with an Idempotency-Key are stored; without it the header is ignored."""

SECRETS = frozenset({"secret", "secrets", "token", "password", "passwords", "recovery_codes", "totp_uri"})
"""Fields of answers that hold a secret."""
MEDIA_TYPES = {False: ("application/json",), True: (MERGE_PATCH, "application/json")}
"""Accepted media types of a body; the second for PATCH."""

log = structlog.get_logger("callcenter.web")


def serve(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """An aiohttp handler for the route; every refusal becomes a problem document."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await _answer(route, request)
        except Exception as error:
            refusal = problem_of(error)
            if refusal is not None and _unread(request):
                # The rest of a refused body is not awaited.
                refusal.force_close()
            if refusal is None:
                log.exception("request_failed", route=route.path, method=route.method)
                facts = {"request": structlog.contextvars.get_contextvars().get("request")}
                return plain_problem(500, "internal", "something failed inside the service and was logged", facts)
            return refusal

    return handle


async def _answer(route: Route, request: web.Request) -> web.StreamResponse:
    person = await _person(route, request)
    if person is not None and person.language and negotiated(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")) is None:
        reader.set(person.language)
    if route.roles is not PUBLIC:
        if person is None:
            raise NotSignedIn("sign in first")
        must_be(person, route.roles)
        check_scope(person, route.tag, reads=route.method == "GET")
    ask = Ask(request, person)
    arguments = _from_address(route, request)
    data = b""
    if route.signature.body is not None:
        if route.before is not None:
            route.before(ask)
        data = await _read(request, route.max_body, json=not route.signature.raw)
        whole = await completed(route, ask, _in_path(route, arguments), data)
        arguments["body"] = await _body(route, whole)

    async def call() -> web.StreamResponse:
        answer = await route.handler(ask, **arguments)
        if holds_secret(answer):
            ask.answer_is_secret()
        return _respond(route, ask, answer)

    remember = request.app.get(REMEMBER)
    keyed = ask.idempotency_key is not None and person is not None and route.method == "POST"
    if remember is not None and keyed:
        return await remember(request, person, data, call)
    return await call()


def check_scope(person: Person, tag: str, *, reads: bool) -> None:
    """Raises OutsideScope if a program's token is not valid for this part of the API."""
    if not in_scope(person.scopes, tag, reads=reads):
        raise OutsideScope("this token is good for other parts of the API", scope=f"{tag}:read" if reads else tag)


def holds_secret(answer: object) -> bool:
    """Whether an answer contains something that is shown once: it is never stored for an Idempotency-Key."""
    return isinstance(answer, BaseModel) and not SECRETS.isdisjoint(type(answer).model_fields)


def _in_path(route: Route, arguments: dict[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in route.signature.path}


async def _person(route: Route, request: web.Request) -> Person | None:
    authenticate = request.app.get(AUTHENTICATE)
    if authenticate is None:
        return None
    try:
        return await authenticate(request)
    except Forbidden:
        # An old cookie without its proof must not block a public endpoint, such as signing in again.
        if route.roles is PUBLIC:
            return None
        raise


def _from_address(route: Route, request: web.Request) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for name, kind in route.signature.path.items():
        text = request.match_info[name]
        if "\0" in text:
            raise Invalid("the address holds a NUL character", rule="nul")
        check_text(text, name)
        arguments[name] = kind.validate_python(text)
        check_ranges(arguments[name], f"/{name}")
    if route.signature.query is not None:
        pairs: dict[str, list[str]] = {}
        for name, value in request.query.items():
            if "\0" in name or "\0" in value:
                raise Invalid("the query holds a NUL character", rule="nul")
            pairs.setdefault(name, []).append(value)
        arguments["query"] = route.signature.read_query(pairs)
        check_ranges(arguments["query"])
    return arguments


async def _read(request: web.Request, limit: int, *, json: bool) -> bytes:
    """The whole body; refused as soon as it is known to be too large, not after buffering it."""
    if json and request.content_type not in MEDIA_TYPES[request.method == "PATCH"]:
        raise WrongMediaType(f"send {' or '.join(MEDIA_TYPES[request.method == 'PATCH'])}")
    if request.content_length is not None and request.content_length > limit:
        raise BodyTooLarge(f"at most {limit} bytes", limit=limit)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS + (request.content_length or limit) / LEAST_RATE):
            async for chunk in request.content.iter_chunked(64 * 1024):
                data += chunk
                if len(data) > limit:
                    raise BodyTooLarge(f"at most {limit} bytes", limit=limit)
    except TimeoutError:
        raise TooSlow("the body did not come within its time", seconds=BODY_SECONDS) from None
    return bytes(data)


def _unread(request: web.Request) -> bool:
    """Whether more of the body is outstanding than is worth reading to reuse this connection."""
    if request.content.is_eof():
        return False
    return request.content_length is None or request.content_length > PUBLIC_BODY


async def _body(route: Route, data: bytes) -> Any:
    """A large body is parsed off the loop, so that other requests do not wait."""
    if not route.signature.raw and data.count(b",") > MOST_PARTS:
        raise TooComplex(f"at most {MOST_PARTS} parts", most=MOST_PARTS)
    return await asyncio.to_thread(_parsed, route, data) if len(data) > ON_THE_LOOP else _parsed(route, data)


def _parsed(route: Route, data: bytes) -> Any:
    try:
        body = route.signature.read_body(data)
        check_ranges(None if route.signature.raw else body)
        return body
    except ValidationError as error:
        # Invalid JSON is one error; thousands of others are counted and not built.
        if (
            error.error_count() == 1
            and error.errors(include_input=False, include_url=False)[0]["type"] == "json_invalid"
        ):
            raise BadJson("the body is not valid JSON") from error
        raise


def _respond(route: Route, ask: Ask, answer: Any) -> web.StreamResponse:
    response = _response(route, ask, answer)
    for cookie in ask.cookies:
        response.headers.add(hdrs.SET_COOKIE, cookie)
    return response


def _response(route: Route, ask: Ask, answer: Any) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        answer.headers.update(ask.headers)
        return answer
    headers = {"Cache-Control": "no-store", **ask.headers}
    if route.signature.answer is None:
        return web.Response(status=204 if route.status == 200 else route.status, headers=headers)
    data = route.signature.answer.dump_json(answer)
    beside = bool(getattr(answer, "BESIDE", ()))
    tag = etag_of(answer) if beside else f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    headers.setdefault(hdrs.ETAG, tag)
    # Fields that change beside all edits have no tag, so such an answer is never reported as unmodified.
    seen = "" if beside else ask.request.headers.get(hdrs.IF_NONE_MATCH, "")
    if route.method == "GET" and tag in (candidate.strip() for candidate in seen.split(",")):
        return web.Response(status=304, headers=headers)
    return web.Response(status=route.status, body=data, content_type="application/json", headers=headers)
