"""Tests deciding alone, and that no two subjects take the same lock: each would wait for the other without a reason."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

from callcenter.storage.database import Database
from callcenter.storage.locks import decide_alone
from tests.support.rooms import BOSS, Rooms

ROOT = Path(__file__).parents[2]
LOCK = re.compile(r"^(\w+_LOCK)(?:: Final)? = (4_355_\d+)", re.MULTILINE)


def test_each_advisory_lock_has_a_number_of_its_own() -> None:
    rooms = ("callcenter", "recordings", "ivr", "dashboards")
    texts = [path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / room).rglob("*.py")]
    locks = [match.groups() for text in texts for match in LOCK.finditer(text)]
    assert len(locks) > 3
    assert len({number for _, number in locks}) == len(locks), sorted(locks, key=lambda lock: lock[1])


async def test_of_decisions_at_once_each_sees_what_the_one_before_has_decided(database: Database) -> None:
    """What a decision depends on is read by another session, as by the services that it asks."""
    rooms = Rooms(database)

    async def decide() -> bool:
        async with database.write() as session:
            await decide_alone(database, session, 4_355_000)
            first = await rooms.audit.count("decided", "x/1", rooms.clock() - timedelta(hours=1)) == 0
            await asyncio.sleep(0)
            if first:
                await rooms.audit.append(session, BOSS, "decided", "x/1")
            return first

    assert sum(await asyncio.gather(*(decide() for _ in range(5)))) == 1
