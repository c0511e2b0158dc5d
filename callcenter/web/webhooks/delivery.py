"""Sends webhook messages: signed, never to the centre's own network unless a setting allows it, retried by jobs."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from aiohttp import AddrInfoType, ClientError, ClientSession, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from sqlalchemy import update

from callcenter.clock import Clock
from callcenter.errors import Unavailable
from callcenter.storage.database import Database
from callcenter.web.outside import host_of, is_outside, may_be_outside
from callcenter.web.webhooks.rows import WebhookDeliveryRow, WebhookRow
from callcenter.web.webhooks.service import Webhooks, signature

SECONDS = 10.0
GONE = 410


class NotDelivered(Unavailable):
    """The receiver did not accept the message; the job retries."""

    code = "webhook_not_delivered"


class HomeAddress(OSError):
    """The address leads into the centre's own network."""


class OutsideResolver(AbstractResolver):
    """Resolves names and keeps only external addresses: the checked address is the one that is connected to."""

    def __init__(self, inside_too: bool) -> None:
        self._resolver = ThreadedResolver()
        self._inside_too = inside_too

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await self._resolver.resolve(host, port, family)
        outside = [address for address in addresses if self._inside_too or is_outside(address["host"])]
        if not outside:
            raise HomeAddress(f"{host} is an internal address")
        return outside

    async def close(self) -> None:
        await self._resolver.close()


def outside_socket(address: AddrInfoType) -> socket.socket:
    """A socket for the address that is connected to next; however it was reached, it must be external."""
    family, kind, protocol, _, peer = address
    if not is_outside(str(peer[0])):
        raise HomeAddress("the address is one of the centre's own network")
    return socket.socket(family, kind, protocol)


class WebhookSender:
    """Handles the job `webhook_delivery`; `inside_too` lets it reach private and loopback addresses."""

    def __init__(self, database: Database, clock: Clock, webhooks: Webhooks, *, inside_too: bool) -> None:
        self._database = database
        self._clock = clock
        self._webhooks = webhooks
        self._inside_too = inside_too

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """Send one message; raises NotDelivered for a failure that may be temporary."""
        async with self._database.read() as session:
            message = await session.get(WebhookDeliveryRow, str(payload["delivery"]))
            hook = None if message is None else await session.get(WebhookRow, message.webhook)
        if message is None or hook is None or message.state not in ("waiting", "failed"):
            return
        if not hook.active:
            await self._settle(message, "refused", None, "the webhook is switched off")
            return
        status, error = await self._post(hook, message)
        if status is not None and 200 <= status < 300:
            await self._settle(message, "delivered", status, "")
            return
        if status == GONE:
            await self._disable(hook, message)
            return
        await self._settle(message, "failed", status, error or f"HTTP {status}")
        raise NotDelivered(error or f"the receiver answered {status}", webhook=hook.id)

    async def _post(self, hook: WebhookRow, message: WebhookDeliveryRow) -> tuple[int | None, str]:
        now = self._clock()
        secrets = [secret for secret in (hook.secret, hook.former_secret) if secret is not None]
        signed = " ".join(signature(self._webhooks.unseal(secret), message.id, now, message.body) for secret in secrets)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signed,
        }
        if not self._inside_too and not _may_be_asked(hook.url):
            return None, "the address is one of the centre's own network"
        connector = TCPConnector(
            resolver=OutsideResolver(self._inside_too),
            use_dns_cache=False,
            socket_factory=None if self._inside_too else outside_socket,
        )
        try:
            async with (
                ClientSession(connector=connector, timeout=ClientTimeout(total=SECONDS)) as client,
                client.post(hook.url, data=message.body.encode(), headers=headers, allow_redirects=False) as answer,
            ):
                return answer.status, ""
        except (ClientError, OSError, TimeoutError) as error:
            return None, type(error).__name__

    async def _settle(self, message: WebhookDeliveryRow, state: str, status: int | None, error: str) -> None:
        values = {"state": state, "status": status, "error": error[:200], "settled_at": self._clock()}
        change = update(WebhookDeliveryRow).where(WebhookDeliveryRow.id == message.id)
        async with self._database.write() as session:
            await session.execute(change.values(attempts=WebhookDeliveryRow.attempts + 1, **values))

    async def _disable(self, hook: WebhookRow, message: WebhookDeliveryRow) -> None:
        """410 means that the receiver is gone: the subscription is disabled, and an administrator sees why."""
        async with self._database.write() as session:
            because = {"active": False, "disabled_because": "the receiver answered 410 Gone"}
            await session.execute(update(WebhookRow).where(WebhookRow.id == hook.id).values(**because))
        await self._settle(message, "refused", GONE, "410 Gone")


def _may_be_asked(url: str) -> bool:
    """A literal address is not resolved by any resolver, so it is checked here."""
    try:
        return may_be_outside(host_of(url))
    except ValueError:
        return False
