"""The expected wait as it is read from the calls of the past, and over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.expected_wait.http import routes
from callcenter.calls.expected_wait.queries import DAYS, FRESH, ExpectedWaits, FloorNow
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.past_calls import BUSY_WAIT, busy_hour, save
from tests.support.web_centre import open_web_centre

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
FLOOR = FloorNow(waiting=2, serving=2, free=0)


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def waits(database: Database, floor: FloorNow | None = FLOOR, clock: Clock | None = None) -> ExpectedWaits:
    known = {"sales": floor}
    return ExpectedWaits(database, "pbx1", known.get, clock or Clock(), ZONE)


async def test_the_wait_is_that_of_the_lines_past_at_this_hour(database: Database) -> None:
    await save(database, busy_hour("sales", NOW - timedelta(days=1, minutes=20)))
    now, wait = await waits(database).of("sales")
    assert now == FLOOR
    assert wait is not None
    assert wait.expected == pytest.approx(3 * BUSY_WAIT, rel=0.25)
    _, of_the_next = await waits(database).of("sales", place=1)
    assert of_the_next is not None
    assert of_the_next.expected == pytest.approx(wait.expected / 3)


@pytest.mark.parametrize(
    ("line", "ago"),
    [
        ("orders", timedelta(days=1, minutes=20)),
        ("sales", timedelta(days=1, hours=5)),
        ("sales", timedelta(days=DAYS + 1, minutes=20)),
    ],
    ids=["another line", "another hour", "long ago"],
)
async def test_another_line_another_hour_and_a_time_long_ago_say_nothing(
    database: Database, line: str, ago: timedelta
) -> None:
    await save(database, busy_hour(line, NOW - ago))
    assert await waits(database).of("sales") == (FLOOR, None)


async def test_without_a_current_picture_of_the_queue_nothing_is_known(sqlite_database: Database) -> None:
    await save(sqlite_database, busy_hour("sales", NOW - timedelta(days=1, minutes=20)))
    assert await waits(sqlite_database, None).of("sales") == (None, None)
    assert await waits(sqlite_database).of("no_line") == (None, None)


async def test_the_past_is_read_again_after_some_minutes_and_in_another_hour(sqlite_database: Database) -> None:
    clock = Clock()
    measured = waits(sqlite_database, clock=clock)
    assert await measured.pace("sales") is None
    await save(sqlite_database, busy_hour("sales", NOW - timedelta(days=1, minutes=20)))
    assert await measured.pace("sales") is None
    clock.now += FRESH
    assert await measured.pace("sales") is not None
    clock.now += timedelta(hours=1)
    assert await measured.pace("sales") is None


async def test_the_wait_of_one_who_calls_now_over_http_is_for_every_role(database: Database) -> None:
    await save(database, busy_hour("sales", NOW - timedelta(days=1, minutes=20)))
    async with open_web_centre(database, routes(waits(database))) as centre:
        answer_body: dict[str, Any] = {}
        for role in Role:
            answer = await centre.client.get(
                "/api/v1/lines/sales/expected-wait", headers=await centre.token(role, name=f"program-{role}")
            )
            answer_body = await answer.json()
            assert answer.status == 200, answer_body
        assert (answer_body["line"], answer_body["waiting"], answer_body["serving"], answer_body["free"]) == (
            "sales",
            2,
            2,
            0,
        )
        assert answer_body["low_seconds"] < answer_body["expected_seconds"] < answer_body["high_seconds"]
        unknown = await centre.client.get(
            "/api/v1/lines/nowhere/expected-wait", headers=await centre.token(Role.WALLBOARD, name="wall")
        )
        assert set((await unknown.json()).values()) == {"nowhere", None}
        assert (await centre.client.get("/api/v1/lines/sales/expected-wait")).status == 401
