"""A running centre for calls around shifts: its agents and a supervisor act as themselves, and the feed is watched."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from callcenter.clock import now
from callcenter.demo.api_client import ApiClient, Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre

LONGEST = 180.0
LONG = timedelta(hours=2)
SOON = timedelta(seconds=6)
"""Until a change of shift: long enough for a call to be answered before it."""
DIALS = {"sales": SALES, "orders": ORDERS}


@dataclass
class Feed:
    """What a supervisor's page receives; it connects again whenever the service is back."""

    boss: ApiClient
    deltas: list[tuple[str, Json]] = field(default_factory=list)
    snapshots: list[Json] = field(default_factory=list)

    async def watch(self) -> None:
        """Read the feed until cancelled."""
        while True:
            await until(self.boss.alive, LONGEST, "the service answers", every=0.1)
            with contextlib.suppress(aiohttp.ClientConnectionError):
                await self._read()

    async def _read(self) -> None:
        async with self.boss.live() as socket:
            async for message in socket:
                seen = message.json()
                if seen["type"] == "snapshot":
                    self.snapshots.append(seen["data"])
                elif seen["type"] == "delta":
                    self.deltas.append((seen["kind"], seen["data"]))

    async def joined(self) -> bool:
        return bool(self.snapshots)

    def of(self, kind: str, /, **fields: object) -> list[Json]:
        """The deltas of a kind with these values, in their order."""
        return [data for seen, data in self.deltas if seen == kind and fields.items() <= data.items()]

    async def see(self, kind: str, /, within: float = 15.0, **fields: object) -> Json:
        """Wait for such a delta; returns the first."""

        async def seen() -> bool:
            return bool(self.of(kind, **fields))

        await until(seen, within, f"the feed shows {kind} {fields}")
        return self.of(kind, **fields)[0]

    def offered(self, number: str) -> set[str]:
        """The agents to whom the feed showed this caller's call."""
        return {offer["agent"] for call in self.of("call", caller_number=number) for offer in call["offers"]}


@dataclass
class ShiftFloor:
    """The running centre, its agents by number and a supervisor, each signed in to the API as themselves."""

    running: RunningCentre
    people: dict[str, ApiClient]
    boss: ApiClient
    feed: Feed

    async def clear(self) -> None:
        """No one is signed in or on duty; what earlier tests left is over."""
        api = self.running.api
        for agent in self.running.agents:
            await api.put(f"/agents/{agent}/presence", {"state": "signed_out", "despite_reason": "测试"})
        for leave in await api.items("/leaves", state="approved"):
            await self.boss.post(f"/leaves/{leave['id']}/cancel", {"reason": "测试结束"})
        for line in DIALS:
            await self.needs(line)
        for shift in await api.items("/shifts"):
            if not shift["overtime"]:
                await api.delete(f"/shifts/{shift['id']}")
        self.feed.deltas.clear()

    async def needs(self, line: str, agents: int = 0) -> None:
        """Every quarter hour of the line needs so many agents; 0: nothing is stated."""
        week = [{"weekday": day, "start": "00:00", "end": "24:00", "agents": agents} for day in range(1, 8)]
        await self.running.api.put(f"/lines/{line}/needs", {"needs": week if agents else []})

    async def shift(self, agent: str, start: datetime, end: datetime, line: str = "sales") -> Json:
        times = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
        return await self.running.api.post("/shifts", {"agent": agent, "line": line, **times})

    async def on_duty(self, *agents: str, talks: float | None = 0.7, beside: tuple[str, ...] = ()) -> list[Json]:
        """These agents have a shift on `sales` for hours, have come and take calls, beside those who did before."""
        shifts = [await self.shift(agent, now(), now() + LONG) for agent in agents]
        await self.come(*agents, talks=talks)
        await self.takes(*agents, *beside)
        return shifts

    async def come(self, *agents: str, talks: float | None = 0.7, rings: float = 0.3) -> None:
        """Their phones answer after a moment and end the talk after `talks` seconds; they sign in themselves."""
        await self.running.floor.register({agent: answers(rings, talks) for agent in agents})
        for agent in agents:
            await self.people[agent].post(f"/agents/{agent}/presence/sign-in", {})

    async def presence(self, agent: str, verb: str, body: Json | None = None) -> None:
        await self.people[agent].post(f"/agents/{agent}/presence/{verb}", body or {})

    async def members(self, line: str = "sales") -> dict[str, bool]:
        """The members of the line's queue in Asterisk, and whether each takes calls."""
        listing = (await self.running.console(f"queue show {line}")).partition("Callers:")[0]
        lines = [line for line in listing.splitlines() if "PJSIP/" in line]
        return {re.findall(r"PJSIP/(\w+)", line)[0]: "paused" not in line.lower() for line in lines}

    async def takes(self, *agents: str, line: str = "sales", within: float = 15.0) -> None:
        """Wait until exactly these agents take calls of the line."""

        async def so() -> bool:
            return {agent for agent, takes in (await self.members(line)).items() if takes} == set(agents)

        await until(so, within, f"exactly {agents} take calls of {line}", every=0.1)

    @contextlib.asynccontextmanager
    async def never_unattended(self, *lines: str) -> AsyncIterator[None]:
        """While the block runs, the queue of each line always has a member who takes calls (H4)."""
        unattended: list[tuple[str, dict[str, bool]]] = []

        async def look() -> bool:
            for line in lines or ("sales",):
                members = await self.members(line)
                if not any(members.values()):
                    unattended.append((line, members))
            return False

        watching = asyncio.create_task(until(look, LONGEST, "the end of the block", every=0.05), name="queue-watch")
        try:
            yield
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        assert unattended == []

    async def answered(self, number: str, by: str, line: str = "sales") -> None:
        """One call from this number, placed now, is answered by this agent, and no other phone rings."""
        before = len(self.running.floor.events())
        async with calls(self.running.centre.network, [Caller(number, DIALS[line])]) as ringing:
            assert await ringing.over(40)
        events = self.running.floor.events()[before:]
        assert {seen.party for seen in events if seen.what == "ringing" and seen.other == number} == {by}
        await self.recorded(number, by)

    async def on_record(self, number: str, by: str) -> Json:
        """The call has one record with one outcome."""
        record = await self.running.call(number, within=20)
        assert (record["outcome"], record["agent"], record["late"]) == ("answered", by, False)
        return record

    async def recorded(self, number: str, by: str) -> Json:
        """The same, and the feed showed it at this agent last."""
        record = await self.on_record(number, by)
        ended = await self.feed.see("call", caller_number=number, outcome="answered", agent=by)
        assert ended["offers"][-1]["agent"] == by
        return record

    async def break_of(self, agent: str) -> Json:
        """The agent's newest break as the supervisor reads it."""
        return (await self.boss.items("/breaks", agent=agent))[0]

    async def break_is(self, agent: str, state: str, within: float = 15.0) -> Json:
        """Wait until the agent's newest break is in this state, also in the feed."""

        async def so() -> bool:
            return bool((await self.break_of(agent))["state"] == state)

        await until(so, within, f"the break of {agent} is {state}", every=0.1)
        newest = await self.break_of(agent)
        await self.feed.see("break", id=newest["id"], state=state)
        return newest


@contextlib.asynccontextmanager
async def shift_floor(
    folder: Path, agents: tuple[str, ...], more: Mapping[str, str] | None = None
) -> AsyncIterator[ShiftFloor]:
    async with contextlib.AsyncExitStack() as stack:
        running = await stack.enter_async_context(running_centre(folder, more, agents=agents))
        centre = running.centre

        async def person(login: str, name: str, role: str, agent: str | None = None) -> ApiClient:
            password = await centre.account(login, name, role, agent)
            client = await stack.enter_async_context(ApiClient(centre.origin))
            await client.sign_in(login, password)
            return client

        people = {agent: await person(f"agent{agent}", f"坐席{agent}", "agent", agent) for agent in agents}
        boss = await person("boss", "王主管", "supervisor")
        feed = Feed(boss)
        watching = asyncio.create_task(feed.watch(), name="feed-watch")
        try:
            await until(feed.joined, 15, "the feed is there")
            yield ShiftFloor(running, people, boss, feed)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
