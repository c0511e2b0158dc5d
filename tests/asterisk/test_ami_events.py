"""Tests the two logins: a complete snapshot after each login, and each command to Asterisk sent once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from callcenter import facts
from callcenter.asterisk import events as events_module
from callcenter.asterisk.ami_errors import AmiClosed, AmiRefused, AmiTimeout
from callcenter.asterisk.ami_protocol import BadAction
from callcenter.asterisk.control import Control
from callcenter.asterisk.events import Events, LinkState
from callcenter.asterisk.reconnecting import LONGEST_WAIT, rest_seconds
from tests.asterisk.fake_asterisk import FakeAsterisk, event, fake_asterisk, frame
from tests.support.waiting import until

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
JOIN = event(
    "QueueCallerJoin",
    "Channel: PJSIP/trunk-1",
    "ChannelState: 4",
    "ChannelStateDesc: Ring",
    "CallerIDNum: 13800000000",
    "CallerIDName: 李小龙",
    "ConnectedLineNum: <unknown>",
    "ConnectedLineName: <unknown>",
    "Language: zh",
    "AccountCode: hotline",
    "Context: cc-do",
    "Exten: queue",
    "Priority: 3",
    "Uniqueid: pbx1-1.1",
    "Linkedid: pbx1-1.1",
    "Queue: north",
    "Position: 1",
)


def clock() -> datetime:
    return NOW


@pytest.fixture
async def pbx(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAsterisk]:
    monkeypatch.setattr(events_module, "FIRST_WAIT", 0.01)
    async with fake_asterisk() as fake:
        yield fake


class Watched:
    """The events login at work, and the facts it emits."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.sink: asyncio.Queue[facts.Fact] = asyncio.Queue(1000)

    async def next(self) -> facts.Fact:
        return await asyncio.wait_for(self.sink.get(), 5)


@contextlib.asynccontextmanager
async def watching(pbx: FakeAsterisk, snapshot_seconds: float = 300.0, **more: float) -> AsyncIterator[Watched]:
    watched = Watched(Events(pbx.login(**more), clock, snapshot_seconds))
    task = asyncio.create_task(watched.events.run(watched.sink))
    try:
        yield watched
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_snapshot_of_the_floor_comes_before_its_events(pbx: FakeAsterisk) -> None:
    pbx.members = [("north", "1001", "PJSIP/1001")]
    async with watching(pbx) as watched:
        floor = await watched.next()
        assert isinstance(floor, facts.FloorSeen)
        assert floor.queues == ("north",)
        assert floor.members == (facts.MemberSeen(NOW, "north", "1001", "PJSIP/1001", 2, True, "acw", 1, False),)
        assert not floor.restarted
        await pbx.send(JOIN)
        joined = await watched.next()
        assert isinstance(joined, facts.CallerQueued)
        assert (joined.caller_name, joined.line) == ("李小龙", "hotline")
        assert joined.at == datetime.fromtimestamp(1795448171.5, UTC)
        assert watched.events.connected


async def test_a_caller_who_joins_between_two_queries_of_the_snapshot_is_not_lost(pbx: FakeAsterisk) -> None:
    pbx.between = lambda action: [JOIN] if action == "QueueStatus" else []
    async with watching(pbx) as watched:
        assert isinstance(await watched.next(), facts.FloorSeen)
        assert isinstance(await watched.next(), facts.CallerQueued)


async def test_only_a_reload_that_clears_the_dialplans_variables_is_reported(pbx: FakeAsterisk) -> None:
    async with watching(pbx) as watched:
        assert isinstance(await watched.next(), facts.FloorSeen)
        reloads: list[str] = []
        watched.events.reloaded.append(lambda: reloads.append("dialplan"))
        for module in ("res_pjsip.so", "All", "app_queue.so", "pbx_config.so"):
            await pbx.send(event("Reload", f"Module: {module}", "Status: 0"))
        await pbx.send(frame("Event: Reload", "Module: All", "Privilege: system,all"))
        await pbx.send(JOIN)
        assert isinstance(await watched.next(), facts.CallerQueued)
        assert len(reloads) == 2, "forged events and other modules do not count"


async def test_a_lost_connection_is_reported_once_and_followed_by_a_new_snapshot(pbx: FakeAsterisk) -> None:
    async with watching(pbx) as watched:
        await watched.next()
        pbx.cut()
        lost = await watched.next()
        assert isinstance(lost, facts.LinkLost)
        floor = await watched.next()
        assert isinstance(floor, facts.FloorSeen)
        assert not floor.restarted
        assert (watched.events.gaps, pbx.logins) == (1, 2)


async def test_a_restarted_pbx_is_distinguished_from_a_lost_connection(pbx: FakeAsterisk) -> None:
    async with watching(pbx) as watched:
        await watched.next()
        pbx.started = "10:05:00"
        pbx.cut()
        assert isinstance(await watched.next(), facts.LinkLost)
        floor = await watched.next()
        assert isinstance(floor, facts.FloorSeen)
        assert floor.restarted


async def test_snapshots_are_repeated_periodically(pbx: FakeAsterisk) -> None:
    async with watching(pbx, snapshot_seconds=0.05) as watched:
        for _ in range(3):
            assert await until_a(watched, facts.FloorSeen) == [facts.FloorSeen]
        assert pbx.logins == 1


async def until_a(watched: Watched, kind: type[facts.Fact]) -> list[type[facts.Fact]]:
    """The kinds of facts up to the first of this kind, proofs left out."""
    seen: list[type[facts.Fact]] = []
    while not seen or seen[-1] is not kind:
        fact = await watched.next()
        if kind is facts.LinkProven or not isinstance(fact, facts.LinkProven):
            seen.append(type(fact))
    return seen


SOON = {"ping_seconds": 0.02, "stale_seconds": 0.1}


async def test_a_silent_link_is_stale_and_is_replaced(pbx: FakeAsterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_module, "RETURN_SECONDS", 0.05)
    async with watching(pbx, **SOON) as watched:
        await until_a(watched, facts.FloorSeen)
        pbx.deaf_until = pbx.logins
        assert await until_a(watched, facts.LinkStale) == [facts.LinkStale]
        assert watched.events.state is LinkState.STALE
        assert not watched.events.connected
        assert await until_a(watched, facts.FloorSeen) == [facts.LinkLost, facts.FloorSeen]
        assert (watched.events.state, watched.events.gaps, pbx.logins) == (LinkState.LIVE, 1, 2)


async def test_a_silent_link_that_recovers_keeps_its_buffered_events(pbx: FakeAsterisk) -> None:
    async with watching(pbx, **SOON) as watched:
        await until_a(watched, facts.FloorSeen)
        pbx.deaf_until = pbx.logins
        await until_a(watched, facts.LinkStale)
        await until(lambda: pbx.logins == 2)
        # Another connection is there already, but the first one speaks again: nothing was lost.
        pbx.deaf_until = 0
        await pbx.send(JOIN)
        assert await until_a(watched, facts.CallerQueued) == [facts.CallerQueued]
        await until_a(watched, facts.LinkProven)
        assert watched.events.connected
        assert watched.events.gaps == 0


async def test_a_late_snapshot_against_drift_does_not_cost_the_connection(pbx: FakeAsterisk) -> None:
    async with watching(pbx, snapshot_seconds=0.05, answer_seconds=0.05) as watched:
        await until_a(watched, facts.FloorSeen)
        pbx.faults.silent = {"CoreShowChannels"}
        before = len(pbx.asked("CoreShowChannels"))
        await until(lambda: len(pbx.asked("CoreShowChannels")) >= before + 3)
        pbx.faults.silent = set()
        assert facts.LinkLost not in await until_a(watched, facts.FloorSeen)
        assert pbx.logins == 1


def test_a_refused_login_is_retried_slowly_over_a_network_and_quickly_on_this_machine() -> None:
    assert rest_seconds(0.5, refused=True) > LONGEST_WAIT
    assert rest_seconds(0.5, refused=True, near=True) < 5


async def test_a_snapshot_that_fails_is_tried_on_a_new_connection(pbx: FakeAsterisk) -> None:
    pbx.faults.cut_at = {"CoreShowChannels"}
    async with watching(pbx) as watched:
        await until(lambda: pbx.logins >= 2)
        pbx.faults.cut_at = set()
        assert isinstance(await watched.next(), facts.FloorSeen)


async def test_a_refused_login_is_not_retried_in_a_tight_loop(pbx: FakeAsterisk) -> None:
    events = Events(pbx.login(), clock)
    object.__setattr__(events._login, "secret", "wrong")
    task = asyncio.create_task(events.run(asyncio.Queue(1)))
    await until(lambda: events.rests > 0)
    assert events.rests < 5, "on this machine a refusal is a passing fault of our own configuration"
    assert pbx.logins == 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@contextlib.asynccontextmanager
async def controlling(pbx: FakeAsterisk, **more: float) -> AsyncIterator[Control]:
    control = Control(pbx.login(**more), clock)
    task = asyncio.create_task(control.run())
    try:
        await asyncio.wait_for(control.ready.wait(), 5)
        yield control
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_member_comes_with_the_pause_and_its_reason(pbx: FakeAsterisk) -> None:
    async with controlling(pbx) as control:
        await control.queue_add("north", "PJSIP/1001", "1001", 2, True, "acw")
    (added,) = pbx.asked("QueueAdd")
    (paused,) = pbx.asked("QueuePause")
    assert (added["MemberName"], added["Penalty"], added["Paused"]) == ("1001", "2", "true")
    assert paused["Reason"] == "acw"


async def test_removing_a_member_that_is_gone_succeeds_and_other_refusals_are_raised(pbx: FakeAsterisk) -> None:
    async with controlling(pbx) as control:
        await control.queue_remove("north", "PJSIP/1001")
        with pytest.raises(AmiRefused):
            await control.act("Redirect", {"Channel": "PJSIP/1-1", "Context": "cc-inbound", "Exten": "s"})
        answer = await control.act("Hangup", {"Channel": "PJSIP/1-1"})
    assert answer.get("Message") == "Hangup done"


async def test_an_intent_without_an_answer_is_unknown_and_never_repeated(pbx: FakeAsterisk) -> None:
    pbx.faults.silent = {"Originate", "Hangup"}
    async with controlling(pbx, answer_seconds=5) as control:
        calling = asyncio.create_task(control.originate("cc-7", "PJSIP/1001", "cc-phones", "1", "1", {"CC_QUEUE": "x"}))
        await until(lambda: bool(pbx.asked("Originate")))
        pbx.cut()
        with pytest.raises(AmiClosed):
            await calling
        await until(lambda: pbx.logins >= 2)
    (sent,) = pbx.asked("Originate")
    assert (sent["ChannelId"], sent["ActionID"], sent["Variable"]) == ("cc-7", "cc-7", "CC_QUEUE=x")


async def test_a_time_out_is_raised_and_the_action_is_not_sent_again(pbx: FakeAsterisk) -> None:
    pbx.faults.silent = {"Hangup"}
    async with controlling(pbx, answer_seconds=0.05) as control:
        with pytest.raises(AmiTimeout):
            await control.act("Hangup", {"Channel": "PJSIP/1-1"})
    assert len(pbx.asked("Hangup")) == 1


@pytest.mark.parametrize(
    "variables",
    [{"FILE(/tmp/x)": "1"}, {"CC_X": "a,FILE(/tmp/x)=1"}, {"SHELL": "1"}, {"CC_X": "a\r\nAction: x"}, {"cc_x": "1"}],
)
async def test_an_originate_sets_only_our_own_variables(pbx: FakeAsterisk, variables: dict[str, str]) -> None:
    async with controlling(pbx) as control:
        with pytest.raises(BadAction):
            await control.originate("cc-7", "PJSIP/1001", "cc-phones", "1", "1", variables)
    assert not pbx.asked("Originate")


async def test_without_a_connection_an_intent_is_refused_at_once(pbx: FakeAsterisk) -> None:
    with pytest.raises(AmiClosed):
        await Control(pbx.login(), clock).act("Hangup", {"Channel": "PJSIP/1-1"})


GONE = event("DeviceStateChange", "Device: PJSIP/1001", "State: UNAVAILABLE")
MEMBER_GONE = event(
    "QueueMemberStatus",
    "Queue: north",
    "MemberName: 1001",
    "Interface: PJSIP/1001",
    "Penalty: 0",
    "Paused: 0",
    "Status: 5",
    "InCall: 0",
)


async def test_a_phone_counts_as_gone_only_when_a_query_confirms_it(pbx: FakeAsterisk) -> None:
    async with watching(pbx) as watched:
        await watched.next()
        await pbx.send(GONE + MEMBER_GONE + JOIN)
        changed = await watched.next()
        assert isinstance(changed, facts.DeviceChanged)
        assert (changed.device, changed.state) == ("PJSIP/1001", "NOT_INUSE")
        assert isinstance(await watched.next(), facts.CallerQueued)
        assert watched.events.forged == 2
        pbx.devices["PJSIP/1001"] = "UNAVAILABLE"
        await pbx.send(GONE + MEMBER_GONE)
        changed, member = await watched.next(), await watched.next()
        assert isinstance(changed, facts.DeviceChanged)
        assert isinstance(member, facts.MemberSeen)
        assert (changed.state, member.status) == ("UNAVAILABLE", 5)
    assert [asked["Variable"] for asked in pbx.asked("Getvar")] == ["DEVICE_STATE(PJSIP/1001)"] * 4


async def test_a_phone_whose_state_cannot_be_queried_has_the_state_of_the_event(pbx: FakeAsterisk) -> None:
    async with watching(pbx) as watched:
        await watched.next()
        pbx.faults.silent.add("Getvar")
        await pbx.send(GONE)
        changed = await watched.next()
        assert isinstance(changed, facts.DeviceChanged)
        assert changed.state == "UNAVAILABLE"


@pytest.mark.parametrize(
    "forged",
    [
        frame("Event: DeviceStateChange", "Device: PJSIP/1001", "State: RINGING"),
        frame("Event: DeviceStateChange", "Timestamp: 1.5", "Privilege: call,all", "Device: PJSIP/1001"),
        JOIN.replace(b"CallerIDNum: 13800000000", b"CallerIDNum: 1\r\nUniqueid: pbx1-1.9\r\nLinkedid: pbx1-1.9"),
        JOIN.replace(b"CallerIDNum: 13800000000", b"CallerIDNum: 1\r\nQueue: south"),
        JOIN.replace(b"CallerIDNum: 13800000000", b"CallerIDNum: 1\r\nDestUniqueid: pbx1-1.9"),
        JOIN.replace(b"CallerIDNum: 13800000000", b"CallerIDNum: 1\r\nX"),
        JOIN.replace(b"CallerIDNum: 13800000000", b"CallerIDNum: 1\rX: y"),
    ],
)
async def test_a_forged_event_is_ignored(pbx: FakeAsterisk, forged: bytes) -> None:
    async with watching(pbx) as watched:
        await watched.next()
        await pbx.send(forged + event("Hangup", "Uniqueid: pbx1-1.1", "Linkedid: pbx1-1.1", "Cause: 16"))
        assert isinstance(await watched.next(), facts.ChannelClosed)
        assert watched.events.forged == 1
