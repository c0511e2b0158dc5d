"""Runs one whole centre for the end-to-end tests: real Asterisk, the service as a process, SIPp, and the API."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from callcenter.clock import now
from callcenter.demo.api_client import ApiClient, Json, until
from callcenter.demo.centre import Centre, other_ports
from callcenter.demo.phones import Phones, Temper, phones
from callcenter.demo.seed import secret
from callcenter.settings import Settings
from tests.support.databases import put_migrated_database

AGENTS = ("1001", "1002", "1003", "1004")
SALES, ORDERS = "073188880001", "073188880002"
# Japan's cadence (1 s + 2 s) keeps the tests short: the third tone ends after 7 s, the fourth ring starts at 9 s.
COUNTRY, RING, THIRD_TONE_ENDS, FOURTH_RING = "jp", 3.0, 7.0, 9.0
SETTINGS = {
    "CC_POLICY__CADENCE_COUNTRY": COUNTRY,
    "CC_POLICY__MISSES_BEFORE_PAUSE": "0",
    "CC_POLICY__WRAP_UP_SECONDS": "0",
    "CC_PBX__PING_SECONDS": "2",
}


@dataclass
class RunningCentre:
    """`line -> queue` of the same code; `sales` moves on at ring 4, `orders` at ring 7."""

    centre: Centre
    api: ApiClient
    floor: Phones
    agents: tuple[str, ...] = AGENTS

    async def console(self, words: str) -> str:
        return await asyncio.to_thread(self.centre.pbx.console, words)

    async def staff(self, line: str, tempers: Mapping[str, Temper]) -> None:
        """Make exactly these agents signed in, on duty for `line`, with phones of these tempers, and in the queue."""
        await self.floor.register(tempers)
        for shift in await self.api.items("/shifts"):
            await self.api.delete(f"/shifts/{shift['id']}")
        for agent in self.agents:
            if agent not in tempers:
                await self.api.put(f"/agents/{agent}/presence", {"state": "signed_out"})
        for agent in tempers:
            await self.shift(agent, line)
            await self.api.put(f"/agents/{agent}/presence", {"state": "available"})
        await self.members(line, *tempers)

    async def shift(self, agent: str, line: str, lasts: timedelta = timedelta(hours=2)) -> Json:
        start = now() - timedelta(minutes=1)
        times = {"starts_at": start.isoformat(), "ends_at": (now() + lasts).isoformat()}
        return await self.api.post("/shifts", {"agent": agent, "line": line, **times})

    async def members(self, queue: str, *agents: str, within: float = 10.0) -> None:
        """Wait until the queue in Asterisk has exactly these members, all available."""

        async def as_wanted() -> bool:
            listing = (await self.console(f"queue show {queue}")).partition("Callers:")[0]
            lines = [line for line in listing.splitlines() if "PJSIP/" in line]
            free = [line for line in lines if "Not in use" in line and "paused" not in line.lower()]
            return len(free) == len(agents) and all(any(f"PJSIP/{a})" in line for line in free) for a in agents)

        await until(as_wanted, within, f"{queue} has {agents}", every=0.2)

    async def load_flow(self, source: str, *lines: str) -> None:
        """Publish a flow that these lines have, and wait until the dialplan asks it."""
        flow = await self.api.post("/flows", {"source": source})
        await self.api.post(f"/flows/{flow['name']}/{flow['number']}/publish", {})

        async def asked() -> bool:
            listings = [await self.console(f"dialplan show {line}@cc-line") for line in lines]
            return all("cc-flow" in listing for listing in listings)

        await until(asked, 40, f"the lines {lines} ask the flow", every=0.2)

    async def call(self, number: str, within: float = 10.0) -> Json:
        """The finished record of the one call from this number."""
        rows: list[Json] = []

        async def ended() -> bool:
            rows[:] = await self.calls(number)
            return bool(rows) and rows[0].get("ended_at") is not None and rows[0].get("outcome") is not None

        await until(ended, within, f"the record of {number}", every=0.1)
        assert len(rows) == 1
        return await self.api.get(f"/calls/{rows[0]['id']}")

    async def calls(self, number: str) -> list[Json]:
        return [entry for entry in await self.api.items("/calls", limit="200") if entry["caller_number"] == number]

    async def flags(self, call: str) -> list[Json]:
        return [flag for flag in await self.api.items("/flags", limit="200") if flag["call"] == call]


@contextlib.asynccontextmanager
async def running_centre(
    folder: Path, more: Mapping[str, str] | None = None, agents: tuple[str, ...] = AGENTS
) -> AsyncIterator[RunningCentre]:
    """A running centre with two lines and some agents, no one signed in; stopped when the block ends."""
    centre = Centre(folder, Settings().pbx_root, other_ports(), {**SETTINGS, **(more or {})})
    if "CC_DATABASE_URL" not in (more or {}):
        put_migrated_database(folder)
    async with furnished(centre, agents) as running:
        yield running


@contextlib.asynccontextmanager
async def furnished(centre: Centre, agents: tuple[str, ...] = AGENTS) -> AsyncIterator[RunningCentre]:
    """Start this centre and furnish it; service and PBX are stopped when the block ends."""
    try:
        await centre.start()
        await centre.account("admin", "管理员", "administrator")
        async with ApiClient(centre.origin, await centre.token("admin")) as api:
            secrets = await _furnish(api, agents)
            async with phones(centre.network, secrets) as floor:
                yield RunningCentre(centre, api, floor, agents)
    finally:
        await centre.stop()
        shutil.rmtree(centre.folder / "sipp", ignore_errors=True)


async def _furnish(api: ApiClient, agents: tuple[str, ...]) -> dict[str, str]:
    for code, did, move_on in (("sales", SALES, 4), ("orders", ORDERS, 7)):
        await api.post("/queues", {"code": code, "strategy": "rrmemory", "move_on_at_ring": move_on})
        await api.post("/lines", {"code": code, "queue": code, "dids": [did], "cadence_country": COUNTRY})
    for agent in agents:
        await api.post("/agents", {"number": agent, "name": f"坐席{agent}", "skills": {"zh-CN": 5}})
    return {agent: await secret(api, agent) for agent in agents}
