"""The one writer: flags on the instant, and nobody slow can hold the floor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from callcenter import facts
from callcenter.calls import ring
from callcenter.calls.effects import CallChanged, CallEnded
from callcenter.calls.floor import Floor, Rules
from callcenter.calls.live import Backlog, LiveFloor
from callcenter.calls.model import CallRecord, Direction
from callcenter.clock import now

FAST = ring.Cadence(tone=50, period=100)
"""A ring short enough for a test: the third tone ends after 0.25 s."""


class Watching:
    """A watcher that notes when it was told of each flag."""

    def __init__(self, flags: int) -> None:
        self.flags: list[tuple[datetime, Mapping[str, object]]] = []
        self.enough = asyncio.Event()
        self._wanted = flags

    def publish(self, kind: str, data: Mapping[str, object], agents: frozenset[str] | None = None) -> int:
        if kind == "flag":
            self.flags.append((now(), data))
            if len(self.flags) >= self._wanted:
                self.enough.set()
        return 0

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return 0


async def test_R1_flags_are_raised_within_50_ms_of_the_instant_at_20_calls_a_second() -> None:
    calls = 20
    watching = Watching(2 * calls)
    live = LiveFloor(Floor("pbx1", Rules(cadence=FAST)), watching, now, lambda: None)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        for n in range(calls):
            call, leg, at = f"pbx1-{n}.1", f"pbx1-{n}.2", now()
            await live.submit(facts.ChannelOpened(at, call, call, "PJSIP/trunk-1", "cc-inbound", "4001", "138", ""))
            await live.submit(facts.PhoneCalled(at, call, call, leg, "food", f"1{n:03}", f"PJSIP/1{n:03}"))
            await live.submit(facts.PhoneRang(at, call, leg))
            # The load itself: twenty calls a second.
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await watching.enough.wait()
        running.cancel()
    late = [(told - datetime.fromisoformat(str(data["raised_at"]))).total_seconds() for told, data in watching.flags]
    assert len(late) == 2 * calls
    assert 0 <= min(late)
    assert max(late) < 0.05


def record(call: str) -> CallRecord:
    return CallRecord("pbx1", call, Direction.INBOUND, None, None, "", "", "", datetime(2026, 11, 24, tzinfo=UTC))


async def test_a_slow_keeper_finds_only_the_newest_state_of_each_call() -> None:
    backlog = Backlog()
    for _ in range(1000):
        backlog.put(CallEnded(record("a")))
    backlog.put(CallEnded(record("b")))
    newest = replace(record("a"), queue="food")
    backlog.put(CallEnded(newest))
    assert await backlog.take() == [CallEnded(record("b")), CallEnded(newest)]


async def test_the_backlog_is_bounded_and_says_what_it_dropped() -> None:
    backlog = Backlog(limit=2)
    for call in ("a", "b", "c"):
        backlog.put(CallChanged(record(call)))
    assert backlog.dropped == 1
    assert [e.record.linkedid for e in await backlog.take() if isinstance(e, CallChanged)] == ["b", "c"]


async def test_a_fact_that_breaks_the_floor_is_counted_and_the_next_is_taken() -> None:
    watching = Watching(1)
    live = LiveFloor(Floor("pbx1", Rules()), watching, now, lambda: None)
    at = now() - timedelta(seconds=30)
    await live.submit(facts.PresenceChanged(at, "1001", "", "1001", "no-such-state", ""))
    await live.submit(facts.ChannelOpened(at, "c", "c", "PJSIP/trunk-1", "cc-inbound", "4001", "138", ""))
    await live.submit(facts.PhoneCalled(at, "c", "c", "l", "food", "1001", "PJSIP/1001"))
    await live.submit(facts.PhoneRang(at, "c", "l"))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        async with asyncio.timeout(5):
            await watching.enough.wait()
        running.cancel()
    assert live.faults == 1
