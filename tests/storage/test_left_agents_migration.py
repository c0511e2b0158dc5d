"""Tests the migration of when agents left: those of before are taken over from the audit, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from alembic import command
from sqlalchemy import text

from callcenter.storage.database import Database
from callcenter.storage.migrate import HERE, _config, bring_up_to_date
from tests.support.rooms import BOSS, NOON, Rooms

OURS = next(path.name for path in HERE.glob("versions/*_when_agents_left.py"))[:4]
DAY = timedelta(days=1)


async def test_D2_when_agents_left_before_the_update_is_known_from_the_audit(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    try:
        await bring_up_to_date(database)
        rooms = Rooms(database)
        await rooms.furnish("1001", "1002")
        agent = await rooms.agents.agent("1001")
        for days, changed in ((1, replace(agent, name="李雷")), (2, replace(agent, active=False)), (5, agent)):
            rooms.clock.at = NOON + days * DAY
            await rooms.agents.change(changed, BOSS)
        before = await rooms.agents.gone(["1001", "1002"])
        assert before == {"1001": [(NOON + 2 * DAY, NOON + 5 * DAY)]}
        await database.run(lambda connection: command.downgrade(_config(connection), f"{OURS}-1"))
        async with database.read() as session:
            assert (await session.execute(text("SELECT number FROM agent ORDER BY number"))).all() != []
        await bring_up_to_date(database)
        assert await rooms.agents.gone(["1001", "1002"]) == before
    finally:
        await database.close()
