"""Stores answers by Idempotency-Key, so that a repeated request runs only once.

The key is noted before the request runs. If the process dies in between, it is unknown whether the request ran, so
the key stays "running" and is refused (409) until it expires; it is never run a second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from callcenter.clock import Clock
from callcenter.errors import Invalid
from callcenter.storage.database import Database
from callcenter.web.errors import KeyReused, StillRunning
from callcenter.web.problems import plain_problem
from callcenter.web.roles import Person
from callcenter.web.routes import SECRET_ANSWER
from callcenter.web.rows import KeptAnswerRow

KEPT = timedelta(hours=24)
LONGEST_KEY = 200
KEPT_HEADERS = ("ETag", "Location", "Content-Type")


class KeptAnswers:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(
        self,
        request: web.Request,
        person: Person | None,
        body: bytes,
        call: Callable[[], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Return the stored answer, or call and store; raises KeyReused or StillRunning."""
        key = request.headers["Idempotency-Key"]
        if not 0 < len(key) <= LONGEST_KEY:
            raise Invalid(f"an Idempotency-Key has 1 to {LONGEST_KEY} characters", longest=LONGEST_KEY)
        key_hash = _hash(person.id if person else "", key)
        fingerprint = _hash(request.method, request.path_qs, hashlib.sha256(body).hexdigest())
        row = await self._begin(key_hash, fingerprint)
        if row is not None:
            return _again(row, fingerprint)
        try:
            answer = await call()
        except BaseException:
            # A refusal or fault rolled its transaction back, so the same key may be tried again.
            await self._drop(key_hash)
            raise
        await self._keep(key_hash, _not_kept() if request.get(SECRET_ANSWER) else answer)
        return answer

    async def _begin(self, key_hash: str, fingerprint: str) -> KeptAnswerRow | None:
        now = self._clock()
        row = KeptAnswerRow(key_hash=key_hash, fingerprint=fingerprint, at=now)
        try:
            async with self._database.write() as session:
                await session.execute(delete(KeptAnswerRow).where(KeptAnswerRow.at <= now - KEPT))
                session.add(row)
        except IntegrityError:
            async with self._database.read() as session:
                known = await session.get(KeptAnswerRow, key_hash)
            if known is None:
                raise StillRunning("the first request with this key is just ending; ask again") from None
            return known
        return None

    async def _keep(self, key_hash: str, answer: web.StreamResponse) -> None:
        body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
        change = update(KeptAnswerRow).where(KeptAnswerRow.key_hash == key_hash)
        async with self._database.write() as session:
            await session.execute(change.values(status=answer.status, headers=headers, body=body))

    async def _drop(self, key_hash: str) -> None:
        async with self._database.write() as session:
            await session.execute(delete(KeptAnswerRow).where(KeptAnswerRow.key_hash == key_hash))


def _not_kept() -> web.Response:
    return plain_problem(409, "answer_not_kept", "this was done; its answer held a secret and was not kept")


def _again(row: KeptAnswerRow, fingerprint: str) -> web.Response:
    if row.fingerprint != fingerprint:
        raise KeyReused("this Idempotency-Key was used for another request")
    if row.status is None:
        raise StillRunning("the first request with this key has not been answered")
    headers = {**(row.headers or {}), "Idempotent-Replayed": "true", "Cache-Control": "no-store"}
    return web.Response(status=row.status, body=row.body or None, headers=headers)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
