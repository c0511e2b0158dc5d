"""Measures new channel -> INVITE to an agent's phone on a line that only queues, against plain `Answer()`, `Queue()`.

All sides run at the same time on the same Asterisk program with as many members, phones and callers; rounds alternate
between them, so that the load of the machine falls on all alike. A line answers before its queue, since a waiting
caller must hear the offer of a return call and its key must work; `unanswered` is the plain queue without that, whose
difference is the wait of Answer() for the caller's first packet. The length of a greeting is not measured: the line has
none. The channel's start is Asterisk's own CEL, the INVITE is what the phone received; both use one clock.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from typing import Final

from benchmarks.cost_per_call import quiet
from benchmarks.result import Result
from benchmarks.routing import AGENTS, DID, POLICY, Side, all_free, known, sign_in, staff
from callcenter.demo.api_client import ApiClient
from callcenter.demo.centre import Centre, other_ports
from callcenter.demo.phones import answers, phones
from callcenter.settings import Settings
from tests.support.plain_pbx import plain_pbx

ROUNDS: Final = 5
CALLS: Final = 200
"""Calls of one round and side: a thousand on each side in all, since fewer say nothing about a p99."""
RATES: Final = {"reception": 20, "routing_20cps": 20, "routing_60cps": 60}
TARGETS: Final = {
    "reception": "p99 within 3 ms of plain Answer(), Queue(); none failed",
    "routing_20cps": "p99 within 3 ms of plain Answer(), Queue(); none failed",
    "routing_60cps": "p99 at most twice plain Answer(), Queue(); none failed",
}


async def run(name: str) -> list[Result]:
    """Measure all sides in alternating rounds at this rate."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        async with _plain(folder / "plain") as (plain, bare), _ours(folder / "ours") as (ours, service):
            sides = [ours, plain, bare] if name == "reception" else [ours, plain]
            for _ in range(ROUNDS):
                for side in sides:
                    await side.measure(CALLS, RATES[name])
                    await quiet(service)
                # Each side goes first in turn: work left over from a round falls into the next one.
                sides = [*sides[1:], sides[0]]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return list(_results(name, ours, plain, bare))


@asynccontextmanager
async def _plain(folder: Path) -> AsyncIterator[tuple[Side, Side]]:
    """The plain queue that answers first, and the one that does not."""
    async with (
        plain_pbx(folder, Settings().pbx_root, AGENTS) as plain,
        phones(plain.network, plain.secrets) as floor,
    ):
        await floor.register(dict.fromkeys(AGENTS, answers(0.2, 1.0)))
        yield (
            Side(plain.network, floor, plain.cel, "7001"),
            Side(plain.network, floor, plain.cel, "7000", first=500_000),
        )


@asynccontextmanager
async def _ours(folder: Path) -> AsyncIterator[tuple[Side, int]]:
    """The whole centre, and the process id of its service."""
    centre = Centre(folder, Settings().pbx_root, other_ports(), dict(POLICY))
    try:
        await centre.start()
        await centre.account("admin", "admin", "administrator")
        async with ApiClient(centre.origin, await centre.token("admin")) as api:
            secrets = await staff(api)
            await known(centre, tuple(secrets))
            async with phones(centre.network, secrets) as floor:
                await floor.register(dict.fromkeys(AGENTS, answers(0.2, 1.0)))
                await sign_in(api)
                await all_free(centre)
                cel = centre.settings.pbx_log_dir / "cel-custom/cel.jsonl"
                yield Side(centre.network, floor, cel, DID), centre.service_pid
    finally:
        await centre.stop()


def _results(name: str, ours: Side, plain: Side, bare: Side) -> Iterator[Result]:
    command, target = f"make bench ONLY={name}", TARGETS[name]
    mine, theirs = quantiles(ours.milliseconds, n=100), quantiles(plain.milliseconds, n=100)
    for place in (50, 95, 99):
        value, base = mine[place - 1], theirs[place - 1]
        yield Result(f"{name}.p{place}", value, "ms", base, value / base, target, command)
    yield Result(f"{name}.over_p99", mine[98] - theirs[98], "ms", None, None, target, command)
    if bare.milliseconds:
        least = quantiles(bare.milliseconds, n=100)
        for place in (50, 99):
            value, base = theirs[place - 1], least[place - 1]
            yield Result(f"{name}.answer_p{place}", value, "ms", base, value / base, "the wait of Answer()", command)
    yield Result(f"{name}.calls", len(ours.milliseconds), "calls", len(plain.milliseconds), None, target, command)
    yield Result(f"{name}.failed", ours.failed, "calls", plain.failed, None, target, command)
