"""Tests the figures of the day: counts of records, the same weekday, and this moment."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callcenter.calls.effects import AgentNow, FloorNow, LinkShown, QueueNow
from callcenter.calls.figures.deltas import FiguresDelta
from callcenter.calls.figures.http import routes
from callcenter.calls.figures.model import Step, curve, occupancy
from callcenter.calls.figures.queries import WEEK, DayFigures
from callcenter.calls.figures.service import FiguresNow
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.thresholds.model import BadThresholds, Thresholds, check
from callcenter.calls.thresholds.service import FigureThresholds
from callcenter.facts import linkedid_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.ports import Audience, DeltaKind
from callcenter.web.roles import Person, Role
from tests.support.waiting import until
from tests.support.web_centre import open_web_centre

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)


def call(number: int, at: datetime, outcome: Outcome, waited: float, line: str = "orders") -> CallRecord:
    answered = at + timedelta(seconds=waited) if outcome is Outcome.ANSWERED else None
    return CallRecord(
        "pbx1",
        linkedid_of(f"pbx1-{number}.1"),
        Direction.INBOUND,
        line,
        line,
        "13974812001",
        "",
        "4001",
        at,
        queued_at=at,
        answered_at=answered,
        ended_at=at + timedelta(seconds=waited + 100),
        outcome=outcome,
        wait_seconds=waited,
        talk_seconds=100.0 if answered else None,
    )


CALLS = [
    call(1, NOW - timedelta(hours=1), Outcome.ANSWERED, 5),
    call(2, NOW - timedelta(hours=1), Outcome.ANSWERED, 25),
    call(3, NOW - timedelta(minutes=5), Outcome.ABANDONED, 40),
    call(4, NOW - timedelta(hours=1), Outcome.ANSWERED, 9, "sales"),
    call(5, NOW - WEEK - timedelta(hours=1), Outcome.ABANDONED, 9),
    call(6, NOW - WEEK + timedelta(hours=1), Outcome.ANSWERED, 9),
    replace(call(7, NOW - timedelta(hours=1), Outcome.ANSWERED, 9), direction=Direction.OUTBOUND),
]


async def figures_of(database: Database) -> DayFigures:
    await CallService(database, "pbx1", RuleBook.of(Settings().policy)).keep(CALLS)
    return DayFigures(database, "pbx1", 20, ZONE)


async def now_of(database: Database, seen: FloorNow) -> tuple[FiguresNow, list[FiguresDelta]]:
    """The figures of this moment, and what they publish."""
    published: list[FiguresDelta] = []

    async def queue_of(line: str) -> str:
        return line

    async def codes() -> list[str]:
        return ["orders", "sales"]

    def publish(kind: DeltaKind[Any], data: Any, agents: Audience = None) -> None:
        assert (kind, agents) == ("figures", None)
        published.append(data)

    thresholds = FigureThresholds(database, Audit(database, lambda: NOW), queue_of)
    boss = Person("p1", "boss", "主管", frozenset({Role.MANAGER}))
    await thresholds.replace([Thresholds("sales", answer_within_seconds=5)], boss, lambda _: None)
    day = await figures_of(database)
    now = FiguresNow(day, lambda: NOW, lambda: seen, queue_of, thresholds.answer_within, codes, publish)
    return now, published


async def test_S1_figures_are_published_for_the_centre_and_each_line_when_they_change(database: Database) -> None:
    queues = [QueueNow("orders", 2, NOW, 1)]

    def seen() -> FloorNow:
        return FloorNow((), (), tuple(queues), (), LinkShown(True, NOW))

    figures, published = await now_of(database, seen())
    figures._floor = seen
    await figures.publish()
    assert [delta["line"] for delta in published] == [None, "orders", "sales"]
    whole, orders, sales = published
    assert (whole["waiting"], orders["waiting"], sales["waiting"]) == (2, 2, 0)
    # The line's own threshold: its call was answered after 9 seconds.
    assert (sales["threshold_seconds"], sales["today"]["in_time"]) == (5, 0)
    assert orders["threshold_seconds"] == 20
    assert orders["today"]["service_level"] == pytest.approx(1 / 3)
    await figures.publish()
    assert len(published) == 3
    queues[:] = [QueueNow("orders", 3, NOW, 1)]
    await figures.publish()
    assert [delta["line"] for delta in published[3:]] == [None, "orders"]


async def test_S1_a_record_that_is_stored_after_the_end_of_its_call_is_published_too(database: Database) -> None:
    seen = FloorNow((), (), (), (), LinkShown(True, NOW))
    figures, published = await now_of(database, seen)
    figures._every = 1.0
    task = asyncio.create_task(figures.run())
    try:
        figures.changed()
        await until(lambda: len(published) == 3)
        # Nothing on the floor changes any more.
        late = call(8, NOW - timedelta(minutes=2), Outcome.ANSWERED, 5)
        await CallService(database, "pbx1", RuleBook.of(Settings().policy)).keep([late])
        await until(lambda: [delta["line"] for delta in published[3:]] == [None, "orders"], limit=20)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert published[3]["today"]["answered"] == published[0]["today"]["answered"] + 1


@pytest.mark.parametrize(
    "rows",
    [
        [Thresholds("a"), Thresholds("a")],
        [Thresholds("a", level_warn=0.5, level_bad=0.6)],
        [Thresholds("a", waiting_warn=5, waiting_bad=4)],
        [Thresholds("", abandoned_warn=0.5, abandoned_bad=0.4)],
    ],
)
def test_thresholds_out_of_order_are_refused(rows: list[Thresholds]) -> None:
    with pytest.raises(BadThresholds):
        check(rows)


async def test_S1_the_day_of_a_line_is_counted_from_the_records(database: Database) -> None:
    figures = await figures_of(database)
    assert figures.midnight(NOW) == MIDNIGHT
    orders = await figures.between(MIDNIGHT, NOW, "orders")
    assert (orders.offered, orders.answered, orders.in_time, orders.abandoned) == (3, 2, 1, 1)
    assert orders.level == pytest.approx(1 / 3)
    assert (orders.asa_seconds, orders.talk_seconds) == (15.0, 100.0)
    assert (await figures.between(MIDNIGHT, NOW, None)).offered == 4
    nothing = await figures.between(MIDNIGHT, NOW, "nowhere")
    assert (nothing.offered, nothing.level, nothing.asa_seconds) == (0, None, None)


async def test_S1_the_same_weekday_is_counted_up_to_the_same_time(database: Database) -> None:
    figures = await figures_of(database)
    before = await figures.between(MIDNIGHT - WEEK, NOW - WEEK, "orders")
    assert (before.offered, before.abandoned) == (1, 1)
    assert await figures.curve(MIDNIGHT, NOW, "orders") == [Step(30, 2, 2, 0), Step(31, 1, 0, 1)]


def test_a_half_hour_is_counted_from_the_centres_midnight() -> None:
    assert curve([(MIDNIGHT, "answered"), (MIDNIGHT + timedelta(minutes=30), None)], MIDNIGHT) == [
        Step(0, 1, 1, 0),
        Step(1, 1, 0, 0),
    ]


async def test_S1_a_supervisor_on_a_colleagues_call_is_counted_apart(database: Database) -> None:
    agents = tuple(
        AgentNow(number, "", number, state, "", NOW, None, True, supervising=supervises)
        for number, state, supervises in (
            ("1001", "on_call", False),
            ("1002", "available", False),
            ("1009", "on_call", True),
        )
    )
    figures, _ = await now_of(database, FloorNow((), agents, (), (), LinkShown(True, NOW)))
    now = await figures.read(None)
    assert (now.agents, now.occupancy) == ({"on_call": 1, "available": 1, "supervising": 1}, 0.5)


def test_occupancy_counts_those_who_work_and_is_unknown_when_nobody_does() -> None:
    assert occupancy(["on_call", "wrap_up", "available", "ringing", "paused", "signed_out"]) == 0.5
    assert occupancy(["paused", "signed_out"]) is None


async def test_S1_a_wallboard_reads_the_figures_with_this_moment(sqlite_database: Database) -> None:
    agents = tuple(
        AgentNow(number, "", number, state, "", NOW, None, True)
        for number, state in (("1001", "on_call"), ("1002", "available"), ("1003", "signed_out"))
    )
    queues = (QueueNow("orders", 2, NOW, 1), QueueNow("orders.xiang", 1, NOW - timedelta(minutes=1), 0))
    seen = FloorNow((), agents, (*queues, QueueNow("sales", 5, None, 0)), (), LinkShown(True, NOW))
    figures, _ = await now_of(sqlite_database, seen)
    async with open_web_centre(sqlite_database, routes(figures)) as centre:
        wall = await centre.token(Role.WALLBOARD)

        async def read(query: str = "") -> Any:
            return await (await centre.client.get(f"/api/v1/figures/now{query}", headers=wall)).json()

        whole, orders = await read(), await read("?line=orders")
        assert (whole["waiting"], orders["waiting"]) == (8, 3)
        assert orders["today"]["service_level"] == pytest.approx(1 / 3)
        assert whole["agents"] == {"on_call": 1, "available": 1, "signed_out": 1}
        assert (whole["occupancy"], whole["live"], whole["threshold_seconds"]) == (0.5, True, 20)
