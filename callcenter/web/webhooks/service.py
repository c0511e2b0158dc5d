"""Webhooks by the Standard Webhooks specification: a message is queued in the transaction that causes it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from callcenter.clock import Clock
from callcenter.errors import Invalid, NotFound
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.outside import host_of, is_outside, literal, may_be_outside
from callcenter.web.roles import Person
from callcenter.web.webhooks.rows import WebhookDeliveryRow, WebhookRow

DELIVER: Final = "webhook_delivery"
ATTEMPTS: Final = 12
"""With the jobs' back-off (10 s, doubled, at most an hour) this means some five hours of retries."""
LOOK_UP_SECONDS: Final = 5.0
PREFIX: Final = "whsec_"


class BadWebhook(Invalid):
    code = "bad_webhook"


class UnknownWebhook(NotFound):
    code = "webhook_not_found"


class UnknownDelivery(NotFound):
    code = "webhook_delivery_not_found"


@dataclass(frozen=True, slots=True)
class Webhook:
    id: str
    url: str
    types: tuple[str, ...]
    active: bool
    created_at: datetime
    created_by: str
    disabled_because: str


def signature(secret: str, message: str, at: datetime, body: str) -> str:
    """`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64 (Standard Webhooks 1.0)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{int(at.timestamp())}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def wants(types: Sequence[str], kind: str) -> bool:
    """Whether a subscription includes this type: by name, by a prefix with an asterisk, or by an asterisk for all."""
    return any(kind == pattern or (pattern.endswith("*") and kind.startswith(pattern[:-1])) for pattern in types)


def check_url(url: str) -> str:
    """An http or https address with a host and without a password in it; raises BadWebhook."""
    try:
        parts, _ = URL(url), host_of(url)
    except ValueError:
        raise BadWebhook("a webhook's address is https://host/path", rule="address") from None
    if parts.scheme not in ("http", "https") or parts.user or parts.password:
        raise BadWebhook("a webhook's address is https://host/path without a login in it", rule="address")
    return url


async def looked_up(host: str) -> list[str]:
    """The current addresses of a name; empty if it does not resolve, which may be temporary."""
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            addresses = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in addresses]


async def check_outside(url: str) -> None:
    """Raises BadWebhook for an address that leads into the centre's own network, literally or by a look-up."""
    host = host_of(url)
    addresses = await looked_up(host) if may_be_outside(host) and literal(host) is None else []
    if not may_be_outside(host) or (addresses and not any(is_outside(address) for address in addresses)):
        raise BadWebhook("this address leads into the centre's own network", rule="inside")


def sealer(folder: Path, of: str = "webhooks") -> Fernet:
    """Seals the secrets with a key of this machine."""
    return Fernet(sealing_key(folder, of))


def sealing_key(folder: Path, of: str) -> bytes:
    """A key of this machine, readable by its owner only, created at first use."""
    path = folder / f"{of}.key"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        beside = folder / f".{of}.{uuid4().hex}"
        beside.touch(mode=0o600)
        beside.write_bytes(Fernet.generate_key())
        try:
            path.hardlink_to(beside)
        except FileExistsError:
            pass
        beside.unlink()
    return path.read_bytes()


class Webhooks:
    """Subscriptions, and messages to them; delivery.py sends them."""

    def __init__(
        self, database: Database, clock: Clock, audit: Audit, jobs: Jobs, keys: Path, *, inside_too: bool = False
    ) -> None:
        """`inside_too` lets subscriptions lead to private and loopback addresses."""
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs
        self._keys = keys
        self._inside_too = inside_too

    async def emit(self, session: AsyncSession, kind: str, data: Mapping[str, Any]) -> None:
        """Notify subscribers, in the caller's transaction; without subscribers nothing is written."""
        hooks = await session.scalars(select(WebhookRow).where(WebhookRow.active))
        for hook in [subscriber for subscriber in hooks if wants(subscriber.types, kind)]:
            now = self._clock()
            message = {"type": kind, "timestamp": now.astimezone(UTC).isoformat(), "data": dict(data)}
            body = json.dumps(message, ensure_ascii=False, default=str)
            row = WebhookDeliveryRow(
                id=f"msg_{uuid4().hex}", webhook=hook.id, type=kind, at=now, body=body, state="waiting", attempts=0
            )
            session.add(row)
            await session.flush()
            await self._jobs.put(session, DELIVER, {"delivery": row.id}, max_attempts=ATTEMPTS)

    async def add(self, url: str, types: Sequence[str], by: Person) -> tuple[Webhook, str]:
        """Subscribe; the secret is returned here and never again. Raises BadWebhook."""
        if not types or any(not entry or len(entry) > 64 for entry in types):
            raise BadWebhook("name at least one type of event, such as case.*", rule="types")
        check_url(url)
        if not self._inside_too:
            await check_outside(url)
        secret = new_secret()
        row = WebhookRow(
            id=uuid4().hex,
            url=url,
            types=list(types),
            secret=self.seal(secret),
            former_secret=None,
            active=True,
            created_at=self._clock(),
            created_by=by.login,
            disabled_because="",
        )
        async with self._database.write() as session:
            session.add(row)
            await self._audit.append(session, by, "webhook.add", f"webhook/{row.id}", facts={"types": list(types)})
        return webhook_of(row), secret

    async def rotate(self, id_: str, by: Person) -> str:
        """A new secret; the former one also signs until the next rotation. Raises UnknownWebhook."""
        secret = new_secret()
        async with self._database.write() as session:
            row = await _row(session, id_)
            row.former_secret, row.secret = row.secret, self.seal(secret)
            await self._audit.append(session, by, "webhook.rotate", f"webhook/{id_}")
        return secret

    async def webhook(self, id_: str) -> Webhook:
        """Raises UnknownWebhook."""
        async with self._database.read() as session:
            return webhook_of(await _row(session, id_))

    async def switch(
        self, id_: str, active: bool, by: Person, check: Callable[[Webhook], None] | None = None
    ) -> Webhook:
        """Stop the messages to it, or resume them; raises UnknownWebhook, and what `check` raises."""
        async with self._database.write() as session:
            row = await _row(session, id_)
            if check is not None:
                check(webhook_of(row))
            row.active, row.disabled_because = active, "" if active else f"switched off by {by.login}"
            await self._audit.append(session, by, "webhook.switch", f"webhook/{id_}", facts={"active": active})
            return webhook_of(row)

    async def remove(self, id_: str, by: Person) -> None:
        async with self._database.write() as session:
            await session.delete(await _row(session, id_))
            await self._audit.append(session, by, "webhook.remove", f"webhook/{id_}")

    async def webhooks(self) -> list[Webhook]:
        async with self._database.read() as session:
            rows = await session.scalars(select(WebhookRow).order_by(WebhookRow.created_at, WebhookRow.id))
            return [webhook_of(row) for row in rows]

    async def deliveries(self, id_: str, limit: int = 100) -> list[WebhookDeliveryRow]:
        """The newest messages to one receiver, sent or not; raises UnknownWebhook."""
        async with self._database.read() as session:
            await _row(session, id_)
            query = select(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook == id_)
            return list(await session.scalars(query.order_by(WebhookDeliveryRow.at.desc()).limit(limit)))

    async def again(self, delivery: str) -> None:
        """Send a message again, whatever its outcome; raises UnknownDelivery."""
        async with self._database.write() as session:
            row = await session.get(WebhookDeliveryRow, delivery)
            if row is None:
                raise UnknownDelivery("there is no such message", delivery=delivery[:40])
            row.state, row.settled_at = "waiting", None
            await self._jobs.put(session, DELIVER, {"delivery": delivery}, max_attempts=ATTEMPTS)

    def seal(self, secret: str) -> str:
        return sealer(self._keys).encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        return sealer(self._keys).decrypt(sealed.encode()).decode()


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def webhook_of(row: WebhookRow) -> Webhook:
    return Webhook(row.id, row.url, tuple(row.types), row.active, row.created_at, row.created_by, row.disabled_because)


async def _row(session: AsyncSession, id_: str) -> WebhookRow:
    row = await session.get(WebhookRow, id_)
    if row is None:
        raise UnknownWebhook("there is no such webhook", webhook=id_[:40])
    return row
