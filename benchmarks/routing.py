"""One side of a measurement of routing: a PBX with 200 agents' phones, and its callers.

`benchmarks/reception.py` alternates between the side with our configuration and a plain app_queue.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from callcenter.clock import now
from callcenter.demo.api_client import ApiClient, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import Centre
from callcenter.demo.phones import Phones
from callcenter.demo.seed import secret
from callcenter.demo.sipp import Network

MEMBERS: Final = 200
DID: Final = "073188880001"
AGENTS: Final = tuple(str(number) for number in range(2001, 2001 + MEMBERS))
POLICY: Final = {
    "CC_POLICY__WRAP_UP_SECONDS": "0",
    "CC_POLICY__MISSES_BEFORE_PAUSE": "0",
    # The plain queue does not record either; the cost of recording is measured by `recording_60`.
    "CC_RECORDINGS__RULE": "never",
}


@dataclass
class Side:
    """Where callers dial, and the milliseconds from each caller's new channel to the first INVITE so far."""

    network: Network
    floor: Phones
    cel: Path
    dials: str
    milliseconds: list[float] = field(default_factory=list)
    first: int = 0
    """The lowest number of a caller; sides that share phones have callers of their own."""
    calls: int = 0
    failed: int = 0

    async def measure(self, count: int, rate: int) -> None:
        """Place this many further calls, `rate` a second."""
        first, self.calls = self.first + self.calls, self.calls + count
        # With sound: Answer() waits up to half a second for a caller's first packet.
        callers = [Caller(f"13{first + n:09d}", self.dials, patience=60) for n in range(count)]
        async with calls(self.network, callers, per_second=rate) as ringing:
            await ringing.over(within=120)
            self.failed += count - sum(seen.what == "was_hung_up" for seen in ringing.events())
        invited: dict[str, float] = {}
        for seen in self.floor.events():
            if seen.what == "invited":
                invited.setdefault(seen.other, seen.at)
        born, mine = dict(_births(self.cel)), {caller.number for caller in callers}
        self.milliseconds += [(invited[n] - born[n]) * 1000 for n in born if n in mine and n in invited]


async def staff(api: ApiClient, agents: tuple[str, ...] = AGENTS) -> dict[str, str]:
    """One line with these agents on duty; returns the phones' secrets."""
    await api.post("/queues", {"code": "sales"})
    await api.post("/lines", {"code": "sales", "queue": "sales", "dids": [DID]})
    start = now() - timedelta(minutes=1)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=8)).isoformat()}
    for agent in agents:
        await api.post("/agents", {"number": agent, "name": agent})
        await api.post("/shifts", {"agent": agent, "line": "sales", **times})
    return {agent: await secret(api, agent) for agent in agents}


async def sign_in(api: ApiClient, agents: Sequence[str] = AGENTS) -> None:
    """After their phones have registered: a phone that is away while its agent is on duty raises an alarm."""
    for agent in agents:
        await api.post(f"/agents/{agent}/presence/sign-in", {})


async def known(centre: Centre, agents: Sequence[str]) -> None:
    """Wait until Asterisk has every agent's phone in its configuration: one that registers earlier is refused."""

    async def loaded() -> bool:
        listing = centre.pbx.console("pjsip show auths")
        return all(f"{agent}/{agent}" in listing for agent in agents)

    await until(loaded, 60, "all phones are known", every=0.5)


async def all_free(centre: Centre) -> None:
    async def free() -> bool:
        return centre.pbx.console("queue show sales").count("Not in use") >= MEMBERS

    await until(free, 60, "all members are free", every=0.5)


def _births(cel: Path) -> Iterator[tuple[str, float]]:
    for line in cel.read_text("utf-8", "replace").splitlines():
        event = {key.lower(): value for key, value in json.loads(line).items()}
        if event["eventtype"] == "CHAN_START" and str(event["channame"]).startswith("PJSIP/trunk"):
            yield str(event["num"]), float(event["eventtime"])
