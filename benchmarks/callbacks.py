"""Simulates ten thousand return calls and fifty agents: no duplicates, no losses, no calls at night.

The real service runs on SQLite with a PBX that only records (tests/callbacks/fake_pbx.py). Time is simulated, work is
not: the value is how long one agent's step (claim the next, dial, write the result) takes.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

from benchmarks.result import Result as Measured
from callcenter.callbacks.errors import NothingToCall
from callcenter.callbacks.model import CLOSED, FINAL, WAITING, Result, Source, State
from callcenter.callbacks.results import AgentResult
from callcenter.calls.model import Outcome
from callcenter.centre.schema import metadata
from callcenter.storage.database import Database
from tests.callbacks.centre import DiallingCentre, candidate, request
from tests.support.rooms import BOSS, person

COMMAND = "python -m benchmarks callbacks_10k"
ENDINGS = (("answered", 55), ("noanswer-0", 25), ("busy-17", 15), ("chanunavail-1", 5))
PLACE = ZoneInfo("Asia/Shanghai")
RESULTS = (Result.CONFIRMED, Result.ANSWERED, Result.PROBLEM, Result.VOICEMAIL)


@dataclass
class Outcomes:
    """The result of a simulation; `kept` is how many of the `promises` were called in time."""

    items: int
    dials: int
    days: float
    kept: int
    promises: int
    at_night: int
    duplicates: int
    left_open: int
    steps: int
    seconds: float


async def simulate(centre: DiallingCentre, items: int, agents: int, seed: int = 7) -> Outcomes:
    """Process the whole queue."""
    rng = random.Random(seed)
    began = centre.clock()
    await _fill(centre, items, rng)
    steps, at_night, start = 0, 0, perf_counter()
    while True:
        moved = 0
        for n in rng.sample(range(agents), agents):
            done = await _turn(centre, f"{1000 + n}", rng)
            if not done:
                # All speak the same language: when one finds nothing to call, the others need not look.
                break
            moved += done
        steps += moved
        at_night += sum(not 9 <= dial.at.astimezone(PLACE).hour < 20 for dial in centre.pbx.living())
        await _calls_end(centre, rng)
        # With work to do a round is four minutes; without, the clock advances to the next return call.
        following = None if moved else await _next(centre)
        if not moved and following is None:
            break
        centre.clock.at = following or centre.clock() + timedelta(minutes=4)
        await centre.sweep.once()
    seconds = perf_counter() - start
    rows = await centre.rows()
    promises = [row for row in rows if row.promised]
    first: dict[str, float] = {}
    dials = Counter(dial.number for dial in centre.pbx.living())
    for dial in centre.pbx.dials.values():
        first.setdefault(dial.number, dial.at.timestamp())
    punctual = sum(first.get(row.number[3:], 9e12) <= row.due_at.timestamp() + 600 for row in promises)
    return Outcomes(
        items=len(rows),
        dials=len(centre.pbx.dials),
        days=(centre.clock() - began) / timedelta(days=1),
        kept=punctual,
        promises=len(promises),
        at_night=at_night,
        duplicates=sum(count > 1 for count in dials.values()),
        left_open=sum(row.state not in CLOSED for row in rows),
        steps=steps,
        seconds=seconds,
    )


async def _fill(centre: DiallingCentre, items: int, rng: random.Random) -> None:
    """Queue these return calls; one in ten is promised for a time of its day."""
    for n in range(items):
        promised = rng.random() < 0.1
        due = centre.clock() + timedelta(minutes=rng.randrange(10, 8 * 60)) if promised else None
        source = Source.AGENT_PROMISE if promised else Source.ABANDONED
        await centre.requests.make(request(f"139{n:08}", f"call:{n}", source, due_at=due, promised=promised))


async def _next(centre: DiallingCentre) -> datetime | None:
    """When work is due next; signs off what could not be reached. None when all is closed."""
    times = []
    for row in await centre.rows():
        if row.state == State.UNREACHABLE:
            await centre.service.sign_unreachable(row.id, BOSS, "three attempts")
        elif row.state not in CLOSED:
            times.append(row.may_from if row.state in WAITING else centre.clock() + timedelta(minutes=4))
    return max(min(times), centre.clock() + timedelta(minutes=1)) if times else None


async def _turn(centre: DiallingCentre, agent: str, rng: random.Random) -> int:
    """One agent's step: write the result of the return call in hand, or claim the next one."""
    held = await centre.service.in_hand(agent)
    if held is not None and held.state == State.TALKING:
        result = rng.choice(RESULTS)
        mark = rng.randint(1, 5) if result in FINAL else None
        await centre.service.result(held.id, AgentResult(result, "", mark), person(agent))
        return 1
    try:
        row = await centre.service.claim_next(candidate(agent), person(agent))
    except NothingToCall:
        return 0
    await centre.dialling.dial(row.id, person(agent))
    return 1


async def _calls_end(centre: DiallingCentre, rng: random.Random) -> None:
    records = []
    for dial in centre.pbx.living():
        dial.agent_answered = True
        ending = rng.choices([name for name, _ in ENDINGS], [weight for _, weight in ENDINGS])[0]
        answered = ending == "answered"
        records.append(
            centre.pbx.end(dial, Outcome.ANSWERED if answered else Outcome.FAILED, None if answered else ending)
        )
    await centre.dialling.ended(records)


async def run() -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite+aiosqlite:///{Path(folder)}/c.db")
        await database.create_all(metadata)
        try:
            result = await simulate(DiallingCentre(database), 10_000, 50)
        finally:
            await database.close()
    assert (result.duplicates, result.at_night, result.left_open) == (0, 0, 0), result
    target = f"50 agents, {result.dials} dials in {result.days:.1f} days, promises kept {result.kept}/{result.promises}"
    return Measured("callbacks_10k", 1000 * result.seconds / result.steps, "ms/step", None, None, target, COMMAND)


if __name__ == "__main__":
    asyncio.run(run())
