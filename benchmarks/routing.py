"""Measures new channel -> INVITE to an agent's phone, through our reception and plan, against plain app_queue.

Both run in the same minutes on the same Asterisk program with 200 members and the same simulated phones and callers.
The channel's start is Asterisk's own CEL, the INVITE is what the phone received; both use one clock.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks.result import Result
from callcenter.clock import now
from callcenter.demo.api_client import ApiClient, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import Centre, other_ports
from callcenter.demo.phones import Phones, answers, phones
from callcenter.demo.seed import secret
from callcenter.demo.sipp import Network
from callcenter.settings import Settings
from tests.support.plain_pbx import plain_pbx

MEMBERS: Final = 200
RATES: Final = {"routing_20cps": 20, "routing_60cps": 60}
CALLS: Final = 180
"""Fewer than members, so that no call waits for after-call work and only the routing is measured."""
TARGETS: Final = {
    "routing_20cps": "p99 within 5 ms of plain app_queue, none failed",
    "routing_60cps": "no failed call",
}
DID: Final = "073188880001"
AGENTS: Final = tuple(str(number) for number in range(2001, 2001 + MEMBERS))
POLICY: Final = {
    "CC_POLICY__WRAP_UP_SECONDS": "0",
    "CC_POLICY__MISSES_BEFORE_PAUSE": "0",
    # The plain queue does not record either; the cost of recording is measured by `recording_60`.
    "CC_RECORDINGS__RULE": "never",
}
Measured = tuple[list[float], int]


async def run(name: str) -> list[Result]:
    """Measure the plain queue, then ours, at this rate."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    root, rate = Settings().pbx_root, RATES[name]
    try:
        async with plain_pbx(folder / "plain", root, AGENTS) as plain:
            async with phones(plain.network, plain.secrets) as floor:
                await floor.register(dict.fromkeys(AGENTS, answers(0.2, 1.0)))
                base, base_failed = await measure(plain.network, floor, plain.cel, "7000", rate)
        ours, failed = await _ours(folder / "ours", root, rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [*_results(name, ours, base), _failed(name, failed, base_failed)]


async def _ours(folder: Path, root: Path, rate: int) -> Measured:
    centre = Centre(folder, root, other_ports(), dict(POLICY))
    try:
        await centre.start()
        await centre.account("admin", "admin", "administrator")
        async with ApiClient(centre.origin, await centre.token("admin")) as api:
            secrets = await staff(api)
            await known(centre, tuple(secrets))
            async with phones(centre.network, secrets) as floor:
                await floor.register(dict.fromkeys(AGENTS, answers(0.2, 1.0)))
                await _all_free(centre)
                cel = centre.settings.pbx_log_dir / "cel-custom/cel.jsonl"
                return await measure(centre.network, floor, cel, DID, rate)
    finally:
        await centre.stop()


async def staff(api: ApiClient, agents: tuple[str, ...] = AGENTS) -> dict[str, str]:
    """One line with these agents on duty and signed in; returns the phones' secrets."""
    await api.post("/queues", {"code": "sales"})
    await api.post("/lines", {"code": "sales", "queue": "sales", "dids": [DID]})
    start = now() - timedelta(minutes=1)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=8)).isoformat()}
    for agent in agents:
        await api.post("/agents", {"number": agent, "name": agent})
        await api.post("/shifts", {"agent": agent, "line": "sales", **times})
        await api.post(f"/agents/{agent}/presence/sign-in", {})
    return {agent: await secret(api, agent) for agent in agents}


async def known(centre: Centre, agents: Sequence[str]) -> None:
    """Wait until Asterisk has every agent's phone in its configuration: one that registers earlier is refused."""

    async def loaded() -> bool:
        shown = centre.pbx.console("pjsip show auths")
        return all(f"{agent}/{agent}" in shown for agent in agents)

    await until(loaded, 60, "all phones are known", every=0.5)


async def _all_free(centre: Centre) -> None:
    async def free() -> bool:
        return centre.pbx.console("queue show sales").count("Not in use") >= MEMBERS

    await until(free, 60, "all members are free", every=0.5)


async def measure(network: Network, floor: Phones, cel: Path, dials: str, rate: int) -> Measured:
    """Milliseconds from the caller's new channel to the first INVITE for each call, and how many calls failed."""
    callers = [Caller(f"13{place:09d}", dials, patience=60, tone=False) for place in range(CALLS)]
    async with calls(network, callers, per_second=rate) as ringing:
        await ringing.over(within=120)
        served = sum(seen.what == "was_hung_up" for seen in ringing.events())
    invited: dict[str, float] = {}
    for seen in floor.events():
        if seen.what == "invited":
            invited.setdefault(seen.other, seen.at)
    born = dict(_births(cel))
    return [(invited[n] - born[n]) * 1000 for n in born if n in invited], CALLS - served


def _births(cel: Path) -> Iterator[tuple[str, float]]:
    for line in cel.read_text("utf-8", "replace").splitlines():
        event = {key.lower(): value for key, value in json.loads(line).items()}
        if event["eventtype"] == "CHAN_START" and str(event["channame"]).startswith("PJSIP/trunk"):
            yield str(event["num"]), float(event["eventtime"])


def _results(name: str, ours: list[float], base: list[float]) -> Iterator[Result]:
    command = f"make bench ONLY={name}"
    mine, theirs = quantiles(ours, n=100), quantiles(base, n=100)
    for place in (50, 95, 99):
        value, plain = mine[place - 1], theirs[place - 1]
        yield Result(f"{name}.p{place}", value, "ms", plain, value / plain, TARGETS[name], command)


def _failed(name: str, failed: int, plain: int) -> Result:
    return Result(f"{name}.failed", failed, "calls", plain, None, TARGETS[name], f"make bench ONLY={name}")
