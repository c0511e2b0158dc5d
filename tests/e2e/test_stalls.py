"""Tests that a stalled service and a frozen link flag only what was late (R1), with real calls on a real Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.events import Events, LinkState
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Queue
from callcenter.calls import ring
from callcenter.calls.floor import Floor
from callcenter.calls.live import LiveFloor
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.clock import now
from callcenter.demo.api_client import until as desk_until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import Phones, answers, phones, silent
from callcenter.settings import Settings
from tests.e2e.centre import ORDERS, SALES, running_centre
from tests.support.pbx import ORDERS as PRIVATE_ORDERS
from tests.support.pbx import SALES as PRIVATE_SALES
from tests.support.pbx import SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.proxy import Proxy, proxy
from tests.support.waiting import until

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(150)]
QUICK = ring.Cadence(tone=500, period=1000)
"""The third tone ends after 2.5 s."""


async def test_R1_after_the_service_stood_still_only_the_late_ring_is_flagged(tmp_path: Path) -> None:
    # One agent per short call: a caller who waits for a busy agent also hears rings.
    staff = tuple(str(number) for number in range(2001, 2009))
    async with running_centre(tmp_path, agents=(*staff, "1004")) as centre:
        await centre.staff("sales", {agent: answers(0.5, talks=1) for agent in staff})
        await centre.floor.register({"1004": answers(17, talks=1)})
        await centre.shift("1004", "orders")
        await centre.api.put("/agents/1004/presence", {"state": "available"})
        await centre.members("orders", "1004")
        short = [f"139000050{i:02}" for i in range(8)]
        late = "13900005099"
        callers = [Caller(late, ORDERS), *(Caller(number, SALES) for number in short)]
        os.kill(centre.centre.service_pid, signal.SIGSTOP)
        try:
            async with calls(centre.centre.network, callers, per_second=2) as ringing:
                assert await ringing.over(within=60)
        finally:
            os.kill(centre.centre.service_pid, signal.SIGCONT)
        records = {number: await centre.call(number, within=30) for number in (late, *short)}
        flags = [flag for flag in await centre.api.items("/flags", limit="200") if flag["clause"] == "R1"]
        assert [flag["call"] for flag in flags] == [records[late]["id"]], "the phones of the others rang half a second"
        assert (flags[0]["state"], flags[0]["facts"]["side"], flags[0]["agent"]) == ("raised", "both", "1004")
        assert records[late]["late"] is True
        assert {records[number]["late"] for number in short} == {False}
        assert {records[number]["outcome"] for number in short} == {"answered"}


class Watched:
    """A live state fed by a real Asterisk's events through a proxy, and what it shows."""

    def __init__(self, pbx: PrivatePbx, link: Proxy, floor: Phones, events: Events, live: LiveFloor) -> None:
        self.pbx, self.link, self.phones, self.events, self.live = pbx, link, floor, events, live
        self.flagged: list[str] = []
        self.links: list[str] = []

    def publish(self, kind: str, data: Mapping[str, Any], agents: frozenset[str] | None = None) -> int:
        if kind == "flag":
            self.flagged.append(data["call"])
        if kind == "link":
            self.links.append(data["state"])
        return 0

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return 0

    def numbers(self) -> set[str]:
        """The callers of the flagged calls."""
        known = {f"{call.linkedid}": call.caller_number for call in self.live.floor.calls.values()}
        return {known[name] for name in self.flagged}


@contextlib.asynccontextmanager
async def watched(home: Path) -> AsyncIterator[Watched]:
    site = site_of(home, Tree(Settings().pbx_root))
    site = replace(
        site, queues=tuple(Queue(code, "linear", 30, wrap_up_net_seconds=0) for code in ("after_sales", "orders"))
    )
    async with (
        private_pbx(home, site) as pbx,
        proxy(site.ami_port) as link,
        phones(pbx.network, SECRETS) as floor,
    ):
        login = AmiLogin(
            "127.0.0.1", link.port, site.events_user, site.events_secret, ping_seconds=0.25, stale_seconds=1.0
        )
        events = Events(login, now)
        live = LiveFloor(
            Floor("pbx1", RuleBook(RingRules(cadence=QUICK))), feed := Feed(), now, lambda: None, events.prove
        )
        feed.watched = Watched(pbx, link, floor, events, live)
        tasks = [asyncio.create_task(live.run()), asyncio.create_task(events.run(live.facts))]
        try:
            await until(lambda: events.connected, 20)
            await floor.register({"1001": answers(0.3, talks=0.5), "1002": silent()})
            await pbx.console("queue add member PJSIP/1001 to after_sales penalty 0 as 1001")
            await pbx.console("queue add member PJSIP/1002 to orders penalty 0 as 1002")
            yield feed.watched
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Feed:
    """Forwards to a Watched that is created after it."""

    watched: Watched

    def publish(self, kind: str, data: Mapping[str, Any], agents: frozenset[str] | None = None) -> int:
        return self.watched.publish(kind, data, agents)

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return self.watched.replace(snapshot)


async def test_R1_a_link_that_froze_and_came_back_flags_only_the_late_ring(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        seen.link.freeze()
        await until(lambda: seen.events.state is LinkState.STALE, 5)
        # One after the other, because a caller who waits for a busy agent also hears too many rings.
        short = [f"1390000600{i}" for i in range(4)]
        async with calls(seen.pbx.network, [Caller("13900006099", PRIVATE_ORDERS, talks=6)]) as waiting:
            async with calls(seen.pbx.network, [Caller(n, PRIVATE_SALES) for n in short], per_second=0.5) as ringing:
                assert await ringing.over(within=40)
            assert await waiting.over(within=30)
        assert seen.flagged == [], "nothing is known while the link is frozen"
        seen.link.thaw()
        await until(lambda: seen.events.connected and bool(seen.flagged), 20)
        await until(lambda: seen.links[-1] == "live" and len(seen.live.floor.calls) >= 5, 20)
        assert seen.numbers() == {"13900006099"}
        assert seen.events.gaps == 0, "the first connection came back with all that it held"


async def test_R1_a_half_open_link_is_replaced_and_a_phone_that_still_rings_is_flagged(tmp_path: Path) -> None:
    async with watched(tmp_path) as seen:
        async with calls(seen.pbx.network, [Caller("13900006199", PRIVATE_ORDERS, talks=12)]) as waiting:
            await seen.phones.see("ringing", "1002", within=15)
            await until(lambda: any(o.rang_at for c in seen.live.floor.calls.values() for o in c.offers.values()), 5)
            seen.link.leave_half_open()
            await until(lambda: "stale" in seen.links, 5)
            await until(lambda: seen.links[-1] == "live", 10)
            await until(lambda: bool(seen.flagged), 10)
            assert seen.numbers() == {"13900006199"}
            assert await waiting.over(within=30)
        assert seen.events.gaps == 1


async def test_S1_a_frozen_asterisk_is_shown_as_stale_within_five_seconds(tmp_path: Path) -> None:
    async with running_centre(tmp_path) as centre:
        clock = asyncio.get_running_loop().time
        pid = int((centre.centre.pbx.home / "run/asterisk.pid").read_text())

        async def shown_stale() -> bool:
            return "stale" in await centre.api.text("/readyz")

        async def shown_live() -> bool:
            return await centre.api.ready() and "cc_ring_flags_watched 1.0" in await centre.api.text("/metrics")

        assert await shown_live()
        began = clock()
        os.kill(pid, signal.SIGSTOP)
        try:
            await desk_until(shown_stale, 10, "the link is shown as stale")
            took = clock() - began
            numbers = await centre.api.text("/metrics")
        finally:
            os.kill(pid, signal.SIGCONT)
        assert took < 5
        assert "cc_ring_flags_watched 0.0" in numbers
        assert "cc_ami_stale 1.0" in numbers
        assert "cc_ami_connected 0.0" in numbers
        await desk_until(shown_live, 10, "the link is live again")
        assert "cc_ami_gaps_total 0.0" in await centre.api.text("/metrics"), "the first connection came back"
