"""Tests webhooks: a real receiver on loopback verifies every message with the specification's own package."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Verifier

from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.outside import is_outside
from callcenter.web.webhooks.delivery import NotDelivered, WebhookSender
from callcenter.web.webhooks.http import routes
from callcenter.web.webhooks.service import DELIVER, BadWebhook, Webhooks, wants
from tests.support.rooms import CHIEF
from tests.support.web_centre import open_web_centre


@dataclass
class Receiver:
    """Answers with `status` and keeps what came."""

    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")}
        self.got.append((headers, await request.read()))
        return web.Response(status=self.status)

    def verified(self, secret: str) -> dict[str, Any]:
        headers, body = self.got[-1]
        verified: dict[str, Any] = Verifier(secret).verify(body, {f"webhook-{name}": headers[name] for name in headers})
        return verified


@dataclass
class Room:
    database: Database
    jobs: Jobs
    webhooks: Webhooks
    sender: WebhookSender
    receiver: Receiver
    url: str

    async def emit(self, kind: str, **data: Any) -> None:
        async with self.database.write() as session:
            await self.webhooks.emit(session, kind, data)

    async def work(self) -> int:
        """Do the jobs that are due now; how many there were."""
        done = 0
        while (job := await self.jobs.claim("test", frozenset({DELIVER}))) is not None:
            await self.jobs.do(job, self.sender.deliver)
            done += 1
        return done


def present() -> datetime:
    # The verifier compares with the machine's clock, so the test's clock is that one.
    return datetime.now(UTC)


@asynccontextmanager
async def open_room(database: Database, folder: Path, *, inside_too: bool = True) -> AsyncIterator[Room]:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver.take)
    jobs = Jobs(database, present)
    webhooks = Webhooks(database, present, Audit(database, present), jobs, folder / "keys", inside_too=True)
    sender = WebhookSender(database, present, webhooks, inside_too=inside_too)
    async with TestServer(app) as server:
        yield Room(database, jobs, webhooks, sender, receiver, str(server.make_url("/hook")))


async def test_a_receiver_verifies_a_message_with_the_specifications_own_package(
    database: Database, tmp_path: Path
) -> None:
    async with open_room(database, tmp_path) as room:
        hook, secret = await room.webhooks.add(room.url, ["case.*"], CHIEF)
        await room.emit("case.opened", number="TS20261123-0001", words="<酱板鸭>")
        await room.emit("callback.done", item="i1")
        assert await room.work() == 1
        delivered = room.receiver.verified(secret)
        assert (delivered["type"], delivered["data"]["words"]) == ("case.opened", "<酱板鸭>")
        [delivery] = await room.webhooks.deliveries(hook.id)
        assert (delivery.state, delivery.status, delivery.attempts) == ("delivered", 200, 1)


async def test_after_a_rotation_both_secrets_verify(database: Database, tmp_path: Path) -> None:
    async with open_room(database, tmp_path) as room:
        hook, former = await room.webhooks.add(room.url, ["*"], CHIEF)
        secret = await room.webhooks.rotate(hook.id, CHIEF)
        await room.emit("case.opened")
        await room.work()
        assert room.receiver.verified(former) == room.receiver.verified(secret)


async def test_a_message_that_was_not_taken_waits_and_is_sent_again_on_demand(
    database: Database, tmp_path: Path
) -> None:
    async with open_room(database, tmp_path) as room:
        hook, _ = await room.webhooks.add(room.url, ["*"], CHIEF)
        room.receiver.status = 500
        await room.emit("case.opened")
        await room.work()
        [delivery] = await room.webhooks.deliveries(hook.id)
        assert (delivery.state, delivery.status) == ("failed", 500)
        assert (await room.jobs.counts())[DELIVER, "queued"] == 1
        room.receiver.status = 200
        await room.webhooks.again(delivery.id)
        await room.work()
        assert [entry.state for entry in await room.webhooks.deliveries(hook.id)] == ["delivered"]
        first, second = room.receiver.got
        assert first[0]["id"] == second[0]["id"]


async def test_410_switches_the_webhook_off_with_a_reason(database: Database, tmp_path: Path) -> None:
    async with open_room(database, tmp_path) as room:
        await room.webhooks.add(room.url, ["*"], CHIEF)
        room.receiver.status = 410
        await room.emit("case.opened")
        await room.work()
        await room.emit("case.opened")
        assert await room.work() == 0
        [hook] = await room.webhooks.webhooks()
        assert (hook.active, "410" in hook.disabled_because) == (False, True)


async def test_a_webhook_never_reaches_an_internal_address(sqlite_database: Database, tmp_path: Path) -> None:
    async with open_room(sqlite_database, tmp_path, inside_too=False) as room:
        for url in (room.url, room.url.replace("127.0.0.1", "localhost"), "http://[::1]:1/x", "http://10.0.0.1/"):
            hook, _ = await room.webhooks.add(url, ["*"], CHIEF)
            await room.emit("case.opened")
            job = await room.jobs.claim("test", frozenset({DELIVER}))
            assert job is not None
            with pytest.raises(NotDelivered):
                await room.sender.deliver(job.payload)
            await room.jobs.finish(job)
            await room.webhooks.remove(hook.id, CHIEF)
        assert room.receiver.got == []


@pytest.mark.parametrize("url", ["ftp://x/", "http:///x", "javascript:alert(1)", "https://user:pw@host/"])
async def test_an_address_that_is_none_is_refused(sqlite_database: Database, tmp_path: Path, url: str) -> None:
    async with open_room(sqlite_database, tmp_path) as room:
        with pytest.raises(BadWebhook):
            await room.webhooks.add(url, ["*"], CHIEF)


def written_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_the_secret_is_shown_once_and_stored_sealed(sqlite_database: Database, tmp_path: Path) -> None:
    async with (
        open_room(sqlite_database, tmp_path) as room,
        open_web_centre(sqlite_database, routes(room.webhooks)) as centre,
    ):
        await centre.sign_in("boss")
        body = {"url": "https://crm.example.cn/hook", "types": ["case.*"]}
        webhook = await (await centre.client.post("/api/v1/webhooks", json=body, headers=centre.proof)).json()
        listed = await (await centre.client.get("/api/v1/webhooks")).text()
        assert webhook["secret"].startswith("whsec_")
        assert webhook["secret"] not in listed
        assert webhook["secret"].encode() not in written_in(tmp_path)
        assert json.loads(listed)["items"][0]["types"] == ["case.*"]


@pytest.mark.parametrize(("address", "outside"), [("8.8.8.8", True), ("192.168.1.1", False), ("fe80::1%eth0", False)])
def test_internal_addresses_are_recognised(address: str, outside: bool) -> None:
    assert is_outside(address) is outside


@given(st.text(min_size=1), st.text())
def test_a_star_asks_for_everything_that_begins_so(beginning: str, rest: str) -> None:
    assert wants([beginning + "*"], beginning + rest)
    assert not wants([], beginning)
