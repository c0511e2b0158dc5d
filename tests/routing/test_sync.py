"""Tests that the queues follow the roster and people's presence, whatever happens to the PBX meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callcenter.agents.model import Agent, Phone
from callcenter.errors import Conflict, Unavailable
from callcenter.facts import AgentNumber, DutyChanged, LineCode, MemberSeen, QueueCode
from callcenter.routing.plan import Add, Command, Member, Pause, Penalty, Remove, Unpause, step
from callcenter.routing.sync import RoutingSync
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, CHIEF, Rooms, person
from tests.support.waiting import until


class FakeQueues:
    """app_queue's members as a dictionary, with a link that can be cut and a queue that refuses."""

    def __init__(self) -> None:
        self.there: dict[tuple[str, str], Member] = {}
        self.sent: list[Command] = []
        self.down = False
        self.refuses: set[str] = set()
        self.asked = 0

    async def _do(self, command: Command, queue: str) -> None:
        if self.down:
            raise Unavailable("the link is cut")
        if queue in self.refuses:
            raise Conflict("no such queue")
        self.sent.append(command)
        step(self.there, command)

    async def queue_add(self, queue: str, interface: str, agent: str, penalty: int, paused: bool, reason: str) -> None:
        await self._do(Add(Member(queue, interface, AgentNumber(agent), penalty, paused, reason)), queue)

    async def queue_remove(self, queue: str, interface: str) -> None:
        await self._do(Remove(queue, interface), queue)

    async def queue_pause(self, queue: str, interface: str, paused: bool, reason: str) -> None:
        await self._do(Pause(queue, interface, reason) if paused else Unpause(queue, interface), queue)

    async def queue_penalty(self, queue: str, interface: str, penalty: int) -> None:
        await self._do(Penalty(queue, interface, penalty), queue)

    async def queue_status(self) -> list[MemberSeen]:
        self.asked += 1
        if self.down:
            raise Unavailable("the link is cut")
        at = datetime(2026, 11, 24, tzinfo=UTC)
        return [
            MemberSeen(
                at, entry.queue, entry.agent, entry.interface, entry.penalty, entry.paused, entry.reason, 1, False
            )
            for entry in self.there.values()
        ]


class SyncBench:
    def __init__(self, database: Database) -> None:
        self.rooms = Rooms(database)
        self.queues = FakeQueues()
        self.posted: list[DutyChanged] = []
        self.wrapping: set[str] = set()
        rooms = self.rooms
        self.sync = RoutingSync(
            self.queues,
            rooms.agents,
            rooms.presence,
            rooms.lines,
            rooms.queues,
            rooms.roster,
            rooms.clock,
            self.posted.append,
            lambda: self.wrapping,
            first_retry_seconds=0.01,
        )

    @property
    def rung(self) -> dict[str, str]:
        """Agent -> why not rung now, empty when rung."""
        return {entry.agent: entry.reason for entry in self.queues.there.values()}


@asynccontextmanager
async def running(sync: RoutingSync) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(sync.run(), name="routing")
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def bench(sqlite_database: Database) -> SyncBench:
    bench = SyncBench(sqlite_database)
    await bench.rooms.furnish("1001", "1002")
    await bench.rooms.on_duty("1001")
    await bench.rooms.presence.sign_in("1001", person("1001"))
    return bench


async def test_agents_on_duty_and_signed_in_are_rung_and_the_duty_reaches_the_floor(bench: SyncBench) -> None:
    await bench.sync.once()
    assert bench.rung == {"1001": ""}
    assert [fact.duty for fact in bench.posted] == [(("orders", ("1001",)),)]


async def test_a_second_comparison_sends_nothing(bench: SyncBench) -> None:
    await bench.sync.once()
    done = await bench.sync.once()
    assert (done.commands, done.drift, len(bench.posted)) == (0, 0, 1)


async def test_a_pause_and_a_resume_follow_and_are_no_drift(bench: SyncBench) -> None:
    await bench.sync.once()
    await bench.rooms.presence.pause("1001", "meal", person("1001"))
    await bench.sync.once()
    assert bench.rung == {"1001": "meal"}
    await bench.rooms.presence.resume("1001", person("1001"))
    await bench.sync.once()
    assert bench.rung == {"1001": ""}
    assert bench.sync.drift_total == 0


async def test_after_call_work_set_by_the_floor_itself_is_left_alone(bench: SyncBench) -> None:
    await bench.sync.once()
    bench.wrapping.add("1001")
    await bench.queues.queue_pause("general", "PJSIP/1001", True, "acw")
    done = await bench.sync.once()
    assert (done.commands, bench.sync.drift_total, bench.rung) == (0, 0, {"1001": "acw"})


async def test_at_the_end_of_a_shift_the_agent_leaves_the_queue_and_no_other_command_is_sent(bench: SyncBench) -> None:
    await bench.sync.once()
    bench.queues.sent.clear()
    bench.rooms.clock.move(hours=8)
    await bench.sync.once()
    assert bench.queues.sent == [Remove("general", "PJSIP/1001")]
    assert bench.posted[-1].duty == ()


async def test_external_changes_are_corrected_and_counted(bench: SyncBench) -> None:
    await bench.sync.once()
    await bench.queues.queue_pause("general", "PJSIP/1001", True, "console")
    await bench.queues.queue_add("general", "PJSIP/stranger", "stranger", 0, False, "")
    done = await bench.sync.once()
    assert bench.rung == {"1001": ""}
    assert (done.drift, done.foreign) == (2, 1)
    assert (bench.sync.drift_total, bench.sync.foreign_total) == (2, 1)


async def test_members_of_a_queue_that_is_not_ours_are_left_alone(bench: SyncBench) -> None:
    await bench.queues.queue_add("switchboard", "PJSIP/front", "front", 0, False, "")
    await bench.sync.once()
    assert bench.rung == {"front": "", "1001": ""}


async def test_a_pbx_that_lost_its_members_gets_them_back_at_the_next_snapshot(bench: SyncBench) -> None:
    async with running(bench.sync):
        await until(lambda: bench.rung == {"1001": ""})
        bench.queues.there.clear()
        bench.sync.wake()
        await until(lambda: bench.rung == {"1001": ""})
        assert bench.sync.drift_total == 1


async def test_a_cut_link_is_tried_again_until_it_is_back(bench: SyncBench) -> None:
    bench.queues.down = True
    async with running(bench.sync) as task:
        await until(lambda: bench.sync.failures_total >= 3)
        bench.queues.down = False
        await until(lambda: bench.rung == {"1001": ""})
        assert not task.done()


async def serve_a_refusing_queue(bench: SyncBench) -> None:
    """1001 also serves a second line, whose queue Asterisk refuses to change."""
    rooms = bench.rooms
    queue, line = (await rooms.queues.queues())[0], (await rooms.lines.lines())[0]
    await rooms.queues.add(replace(queue, code=QueueCode("broken")), CHIEF)
    await rooms.lines.add(replace(line, code=LineCode("second"), queue=QueueCode("broken"), dids=()), CHIEF)
    await rooms.on_duty("1001", line="second")
    bench.queues.refuses.add("broken")


async def test_a_queue_that_refuses_does_not_hold_up_the_others(bench: SyncBench) -> None:
    await serve_a_refusing_queue(bench)
    done = await bench.sync.once()
    assert (done.refused, bench.rung) == (1, {"1001": ""})


async def test_the_next_change_of_shift_is_not_slept_through(bench: SyncBench) -> None:
    async with running(bench.sync):
        await until(lambda: bench.rung == {"1001": ""})
        bench.rooms.clock.move(hours=8, seconds=-0.05)
        bench.sync.wake()
        await until(lambda: bench.sync.passes_total == 2)
        bench.rooms.clock.move(seconds=0.05)
        await until(lambda: bench.rung == {})


async def test_many_changes_at_once_are_one_comparison(bench: SyncBench) -> None:
    async with running(bench.sync):
        await until(lambda: bench.sync.passes_total == 1)
        for _ in range(100):
            bench.sync.wake("whatever")
        await until(lambda: bench.sync.passes_total >= 2)
        assert bench.sync.passes_total == 2


async def test_an_agent_who_retires_and_a_phone_named_at_sign_in_are_followed(bench: SyncBench) -> None:
    rooms = bench.rooms
    await rooms.agents.change(Agent(AgentNumber("1001"), "小刘", phones=(Phone("1001"), Phone("1001-home"))), CHIEF)
    await rooms.presence.sign_in("1001", person("1001"), "1001-home")
    await bench.sync.once()
    assert [entry.interface for entry in bench.queues.there.values()] == ["PJSIP/1001-home"]
    await rooms.agents.change(Agent(AgentNumber("1001"), "小刘", phones=(Phone("1001"),), active=False), BOSS)
    await bench.sync.once()
    assert bench.rung == {}


async def test_a_queue_that_refuses_for_hours_does_not_delay_a_pause_in_another(bench: SyncBench) -> None:
    await serve_a_refusing_queue(bench)
    async with running(bench.sync):

        def failed_often() -> bool:
            bench.sync.wake()
            return bench.sync.failures_total >= 12

        # By then the back-off has grown to twenty seconds, four times what this test waits.
        await until(failed_often)
        await bench.rooms.presence.pause("1001", "meal", person("1001"))
        bench.sync.wake()
        await until(lambda: bench.rung == {"1001": "meal"})
