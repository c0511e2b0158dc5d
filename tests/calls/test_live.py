"""Tests the single writer of the floor: flags in time, and no slow client holds it up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from callcenter import facts
from callcenter.calls import ring
from callcenter.calls.backlog import Backlog
from callcenter.calls.effects import AutoPause, CallEnded, PbxSeen
from callcenter.calls.floor import Floor
from callcenter.calls.live import LiveFloor
from callcenter.calls.model import CallRecord, Direction
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.clock import now
from callcenter.facts import Linkedid, Uniqueid, linkedid_of

FAST = ring.Cadence(tone=50, period=100)
"""A ring short enough for a test: the third tone ends after 0.25 s."""


class Watching:
    """A watcher that records when each flag reached it."""

    def __init__(self, flags: int) -> None:
        self.flags: list[tuple[datetime, Mapping[str, object]]] = []
        self.enough = asyncio.Event()
        self._count = flags

    def publish(self, kind: str, data: Mapping[str, object], agents: frozenset[str] | None = None) -> int:
        if kind == "flag":
            self.flags.append((now(), data))
            if len(self.flags) >= self._count:
                self.enough.set()
        return 0

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return 0


async def test_R1_flags_are_raised_within_50_ms_of_the_instant_at_20_calls_a_second() -> None:
    calls = 20
    watching = Watching(calls)
    live = LiveFloor(Floor("pbx1", RuleBook(RingRules(cadence=FAST))), watching, now, lambda: None)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        for n in range(calls):
            call, leg, at = f"pbx1-{n}.1", f"pbx1-{n}.2", now()
            await live.submit(
                facts.ChannelOpened(
                    at, linkedid_of(call), Uniqueid(call), "PJSIP/trunk-1", "cc-inbound", "4001", "138", ""
                )
            )
            await live.submit(
                facts.PhoneCalled(
                    at, linkedid_of(call), Uniqueid(call), Uniqueid(leg), "food", f"1{n:03}", f"PJSIP/1{n:03}"
                )
            )
            await live.submit(facts.PhoneRang(at, linkedid_of(call), Uniqueid(leg)))
            # The load itself: twenty calls a second.
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await watching.enough.wait()
        running.cancel()
    late = [(at - datetime.fromisoformat(str(data["raised_at"]))).total_seconds() for at, data in watching.flags]
    assert len(late) == calls
    assert 0 <= min(late)
    # A machine that stalls once delays the flags of that moment; the median is the floor's own time.
    assert median(late) < 0.05


def record(call: Linkedid) -> CallRecord:
    return CallRecord("pbx1", call, Direction.INBOUND, None, None, "", "", "", datetime(2026, 11, 24, tzinfo=UTC))


async def test_a_slow_keeper_finds_only_the_newest_state_of_each_call() -> None:
    backlog = Backlog()
    for _ in range(1000):
        backlog.put(CallEnded(record(linkedid_of("a"))))
    backlog.put(CallEnded(record(linkedid_of("b"))))
    newest = replace(record(linkedid_of("a")), queue="food")
    backlog.put(CallEnded(newest))
    assert await backlog.take() == [CallEnded(record(linkedid_of("b"))), CallEnded(newest)]


async def test_a_pause_is_stored_at_once_and_ended_calls_together() -> None:
    backlog = Backlog()
    backlog.put(AutoPause("1001", "missed"))
    assert len(await backlog.take()) == 1
    backlog.put(PbxSeen(now(), "seen"))
    gathering = asyncio.create_task(backlog.gather(3600))
    await asyncio.sleep(0)
    assert not gathering.done()
    backlog.put(AutoPause("1002", "missed"))
    async with asyncio.timeout(5):
        await gathering
    assert len(await backlog.take()) == 2


async def test_the_backlog_is_bounded_and_counts_what_it_dropped() -> None:
    backlog = Backlog(limit=2)
    for call in ("a", "b", "c"):
        backlog.put(CallEnded(record(linkedid_of(call))))
    assert backlog.dropped == 1
    assert [e.record.linkedid for e in await backlog.take() if isinstance(e, CallEnded)] == ["b", "c"]


async def test_a_fact_that_breaks_the_floor_is_counted_and_the_next_is_taken() -> None:
    watching = Watching(1)
    live = LiveFloor(Floor("pbx1", RuleBook()), watching, now, lambda: None)
    at = now() - timedelta(seconds=30)
    await live.submit(facts.PresenceChanged(at, "1001", "", "1001", "no-such-state", ""))
    await live.submit(
        facts.ChannelOpened(at, linkedid_of("c"), Uniqueid("c"), "PJSIP/trunk-1", "cc-inbound", "4001", "138", "")
    )
    await live.submit(
        facts.PhoneCalled(at, linkedid_of("c"), Uniqueid("c"), Uniqueid("l"), "food", "1001", "PJSIP/1001")
    )
    await live.submit(facts.PhoneRang(at, linkedid_of("c"), Uniqueid("l")))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        async with asyncio.timeout(5):
            await watching.enough.wait()
        running.cancel()
    assert live.faults == 1


class Published:
    """Keeps what is published, by kind."""

    def __init__(self) -> None:
        self.deltas: list[tuple[str, Mapping[str, object]]] = []

    def publish(self, kind: str, data: Mapping[str, object], agents: frozenset[str] | None = None) -> int:
        self.deltas.append((kind, data))
        return 0

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return 0


@pytest.mark.parametrize(("rang_for", "seen"), [(0.05, [True]), (1, [False, True])])
async def test_S1_what_arrives_together_is_published_once_and_as_it_ended(rang_for: float, seen: list[bool]) -> None:
    """But a phone that rang for a while is shown ringing, however late the service hears of it and of the answer."""
    published = Published()
    live = LiveFloor(Floor("pbx1", RuleBook()), published, now, lambda: None)
    at = now()
    await live.submit(facts.PresenceChanged(at, "1001", "", "1001", "available", ""))
    story = ring_of(linkedid_of("c"), at, at + timedelta(seconds=rang_for))
    for fact in story:
        await live.submit(fact)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        async with asyncio.timeout(5):
            await live.facts.join()
        assert [data["answered_at"] is not None for kind, data in published.deltas if kind == "call"] == seen
        # Each of them when they come one by one.
        for fact in ring_of(linkedid_of("d"), at, at + timedelta(seconds=1)):
            await live.submit(fact)
            async with asyncio.timeout(5):
                await live.facts.join()
        running.cancel()
    assert sum(kind == "call" and data["linkedid"] == "d" for kind, data in published.deltas) == len(story)


def ring_of(call: Linkedid, rang: datetime, answered: datetime | None) -> list[facts.Fact]:
    """A call whose phone rings, and is taken up if `answered`."""
    leg = f"{call}.l"
    story: list[facts.Fact] = [
        facts.ChannelOpened(rang, call, call, "PJSIP/trunk-1", "cc-inbound", "4001", "138", ""),
        facts.CallerQueued(rang, call, call, "food", 1, "hot", "138", ""),
        facts.PhoneCalled(rang, call, call, Uniqueid(leg), "food", "1001", "PJSIP/1001"),
        facts.PhoneRang(rang, call, Uniqueid(leg)),
    ]
    if answered is not None:
        story += [
            facts.ChannelAnswered(answered, call, Uniqueid(leg)),
            facts.CallerLeftQueue(answered, call, call, "food"),
            facts.AgentConnected(answered, call, call, Uniqueid(leg), "food", "1001"),
        ]
    return story


async def test_R1_after_a_stall_only_the_ring_that_was_late_is_flagged() -> None:
    watching = Watching(1)
    live = LiveFloor(Floor("pbx1", RuleBook()), watching, now, lambda: None)
    began = now() - timedelta(seconds=25)
    for fact in ring_of(linkedid_of("late"), began, began + timedelta(seconds=16)):
        await live.submit(fact)
    for n in range(20):
        for fact in ring_of(linkedid_of(f"short{n}"), began, began + timedelta(seconds=0.5)):
            await live.submit(fact)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        async with asyncio.timeout(5):
            await watching.enough.wait()
            await live.facts.join()
        running.cancel()
    assert {data["call"] for _, data in watching.flags} == {"pbx1-late"}


async def test_R1_a_deadline_waits_for_the_links_proof_and_facts_on_their_way_undo_it() -> None:
    """The clock has passed the deadline, but what happened until then is still in the socket."""
    watching, asked = Watching(1), asyncio.Event()
    live = LiveFloor(Floor("pbx1", RuleBook()), watching, now, lambda: None, asked.set)
    began = now() - timedelta(seconds=20)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        for call in ("short", "late"):
            for fact in ring_of(linkedid_of(call), began, None):
                await live.submit(fact)
        async with asyncio.timeout(5):
            await asked.wait()
        assert not watching.flags
        for fact in ring_of(linkedid_of("short"), began, began + timedelta(seconds=1))[4:]:
            await live.submit(fact)
        await live.submit(facts.LinkProven(now()))
        async with asyncio.timeout(5):
            await watching.enough.wait()
            await live.facts.join()
        running.cancel()
    assert {data["call"] for _, data in watching.flags} == {"pbx1-late"}


async def test_S1_after_call_work_ends_by_the_links_proof_and_not_while_facts_are_on_their_way() -> None:
    """An agent whose next call came at once was never free in between."""
    watching, asked = Watching(1), asyncio.Event()
    live = LiveFloor(Floor("pbx1", RuleBook(wrap_up_seconds=15)), watching, now, lambda: None, asked.set)
    began = now() - timedelta(seconds=60)
    ended = began + timedelta(seconds=30)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(live.run(), name="floor")
        await live.submit(facts.PresenceChanged(began, "1001", "", "1001", "available", ""))
        for fact in ring_of(linkedid_of("c"), began, began + timedelta(seconds=1)):
            await live.submit(fact)
        await live.submit(facts.AgentFinished(ended, linkedid_of("c"), Uniqueid("c.l"), "food", "1001", "caller"))
        await live.submit(facts.ChannelClosed(ended, linkedid_of("c"), Uniqueid("c.l"), 16))
        async with asyncio.timeout(5):
            await asked.wait()
        assert live.wrapping_up() == {"1001"}
        await live.submit(facts.LinkProven(ended + timedelta(seconds=14)))
        await live.facts.join()
        assert live.wrapping_up() == {"1001"}
        await live.submit(facts.LinkProven(ended + timedelta(seconds=15)))
        await live.facts.join()
        assert live.wrapping_up() == set()
        running.cancel()
