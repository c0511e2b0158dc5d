"""Tests S1: the service level uses the threshold of the settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.service_level.http import routes
from callcenter.calls.service_level.queries import ServiceLevel, ServiceLevels
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.calls.test_ingest import NOW, reader, write_whole
from tests.support.web_centre import open_web_centre

DAY = timedelta(days=1)


@pytest.mark.parametrize(("seconds", "in_time"), [(1, 0), (3600, 4)])
async def test_S1_the_threshold_of_the_settings_decides(
    database: Database, tmp_path: Path, seconds: int, in_time: int
) -> None:
    (tmp_path / "cel-custom").mkdir()
    write_whole(tmp_path)
    await reader(database, tmp_path).catch_up()
    level = await ServiceLevels(database, "pbx1", seconds).between(NOW - DAY, NOW + DAY)

    assert (level.seconds, level.in_time) == (seconds, in_time)
    assert level.answered == 4
    assert level.level == in_time / (level.answered + level.abandoned)
    assert (await ServiceLevels(database, "pbx1", seconds).between(NOW - DAY, NOW + DAY, "no_line")).level is None


def test_S1_without_callers_there_is_no_level() -> None:
    assert ServiceLevel(15, 0, 0, 0).level is None


async def seven_late(since: datetime, until: datetime) -> int:
    assert since < until == NOW
    return 7


async def test_S1_today_begins_at_the_centres_midnight(sqlite_database: Database) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    levels = ServiceLevels(sqlite_database, "pbx1", 20, zone)
    async with open_web_centre(sqlite_database, routes(levels, lambda: NOW, seven_late)) as centre:
        wall = await centre.token(Role.WALLBOARD)
        today = await (await centre.client.get("/api/v1/service-level?today=true", headers=wall)).json()
        since = datetime.fromisoformat(today["since"]).astimezone(zone)
        assert (since.date(), since.hour, since.minute) == (NOW.astimezone(zone).date(), 0, 0)
        assert today["late_rings"] == 7
        line = await (await centre.client.get("/api/v1/service-level?line=orders", headers=wall)).json()
        assert line["late_rings"] is None
        both = await centre.client.get(
            "/api/v1/service-level?today=true&line=x&since=2026-01-01T00:00:00Z", headers=wall
        )
        assert both.status == 422


async def test_S1_without_signing_in_only_a_wallboard_may_read_it(sqlite_database: Database) -> None:
    levels = ServiceLevels(sqlite_database, "pbx1", 20)
    async with open_web_centre(sqlite_database, routes(levels, lambda: NOW, seven_late)) as centre:
        wall = await centre.token(Role.WALLBOARD)
        level = await (await centre.client.get("/api/v1/service-level", headers=wall)).json()
        assert (level["seconds"], level["level"]) == (20, None)
        assert (await centre.client.get("/api/v1/service-level")).status == 401
