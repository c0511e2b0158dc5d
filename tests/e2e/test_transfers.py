"""Tests R3: a failed transfer returns the caller; no caller is cut off. No service runs beside the PBX."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.queue_log import parse as parse_log
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from tests.e2e.floor import Floor, two_phones
from tests.support.pbx import SALES, PrivatePbx, private_pbx, site_of
from tests.support.sip import Call, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("transfers") / "p"
    site = replace(site_of(home, Tree(Settings().pbx_root)), trunk_port=free_port())
    async with private_pbx(home, site) as pbx:
        await pbx.staff("after_sales", "1001")
        yield pbx


@pytest_asyncio.fixture(loop_scope="module")
async def floor(pbx: PrivatePbx) -> AsyncIterator[Floor]:
    async with two_phones(pbx) as (carrier, first, second):
        yield Floor(pbx, carrier, first, second)


@pytest.mark.parametrize(
    ("target", "refused", "result"),
    [
        ("1002", (486, "Busy Here"), "busy"),
        ("1002", (603, "Decline"), "declined"),
        ("1002", (480, "Temporarily Unavailable"), "no_answer"),
        ("1003", None, "unreachable"),
        ("13800138000", (404, "Not Found"), "unknown_number"),
        ("13800138000", (503, "Service Unavailable"), "unreachable"),
        ("13800138000", (486, "Busy Here"), "busy"),
        ("7", None, "unknown_number"),
    ],
)
async def test_R3_a_failed_blind_transfer_hands_the_caller_back_to_the_agent(
    floor: Floor, target: str, refused: tuple[int, str] | None, result: str
) -> None:
    caller = f"139{time.time_ns() % 10**8:08}"
    call, agent = await floor.talk(caller)
    (floor.second if target == "1002" else floor.carrier).refuses = refused
    before = time.time()
    agent.refer(target)
    back = await floor.first.called(len(floor.first.incoming) + 1, within=10)
    assert not call.ended
    await until(lambda: call.media.loud_seconds(before) > 0.3, 6, "the caller hears a ring meanwhile")
    back.answer()
    back.media.hum = (1000,)
    await back.acknowledged()
    call.hang_up()
    await back.gone()
    record = await floor.record(caller)
    assert [(t.kind, t.by, t.target, t.result, t.returned_to) for t in record.transfers] == [
        ("blind", "1001", target, result, "agent")
    ]
    assert record.outcome == "answered"


async def test_R3_a_caller_whose_agent_is_no_longer_free_waits_in_front_of_the_queue(floor: Floor) -> None:
    call, agent = await floor.talk("13911000001")
    waiting = await floor.carrier.call(SALES, "13911000002")
    await waiting.status(200)
    await floor.first.register(expires=0)
    agent.refer("1003")
    await until(lambda: "13911000001" in _queued(floor, 2), 10, "the caller is in the queue again")
    await floor.first.register()
    back = await floor.first.called(len(floor.first.incoming) + 1)
    assert back.invite is not None
    assert "13911000001" in back.invite.get("From")
    back.answer()
    await back.acknowledged()
    call.hang_up()
    waiting.hang_up()
    record = await floor.record("13911000001")
    assert [(t.result, t.returned_to) for t in record.transfers] == [("unreachable", "queue")]
    assert record.outcome == "answered"
    assert record.hung_up_by == "caller"


@pytest.mark.parametrize("refused", [(486, "Busy Here"), (480, "Temporarily Unavailable")])
async def test_R3_a_feature_code_of_a_blind_transfer_hands_the_caller_back_as_well(
    floor: Floor, refused: tuple[int, str]
) -> None:
    caller = f"139{time.time_ns() % 10**8:08}"
    call, agent = await floor.talk(caller)
    floor.second.refuses = refused
    await press(agent, "#1", "1002")
    back = await floor.first.called(len(floor.first.incoming) + 1, within=15)
    back.answer()
    await back.acknowledged()
    call.hang_up()
    record = await floor.record(caller)
    assert [(t.kind, t.target, t.returned_to) for t in record.transfers] == [("blind", "1002", "agent")]


async def test_an_attended_transfer_by_feature_code_names_its_target(floor: Floor) -> None:
    call, agent = await floor.talk("13911000010")
    await press(agent, "*2", "1002")
    colleague = await floor.second.called(len(floor.second.incoming) + 1)
    colleague.answer()
    await colleague.acknowledged()
    agent.hang_up()
    colleague.media.hum = (1000,)
    since = time.time()
    await until(lambda: call.media.loud_seconds(since) > 1, 8, "the caller hears the colleague")
    call.hang_up()
    record = await floor.record("13911000010")
    assert [(t.kind, t.by, t.target, t.result) for t in record.transfers] == [("attended", "1001", "1002", "answered")]


@pytest.mark.parametrize("answered", [True, False])
async def test_R3_an_attended_transfer_whose_target_leaves_gives_the_caller_back(floor: Floor, answered: bool) -> None:
    caller = f"139{time.time_ns() % 10**8:08}"
    call, agent = await floor.talk(caller)
    await press(agent, "*2", "1002")
    colleague = await floor.second.called(len(floor.second.incoming) + 1)
    if answered:
        colleague.answer()
        await colleague.acknowledged()
        colleague.hang_up()
    else:
        colleague.answer(486, "Busy Here")
    agent.media.hum = (1000,)
    since = time.time()
    await until(lambda: call.media.loud_seconds(since) > 1, 8, "the caller hears the agent again")
    call.hang_up()
    assert (await floor.record(caller)).transfers == ()


@pytest.mark.parametrize("by_key", [True, False])
async def test_R3_an_attended_transfer_to_a_phone_that_still_rings_and_then_refuses(floor: Floor, by_key: bool) -> None:
    caller = f"139{time.time_ns() % 10**8:08}"
    call, agent = await floor.talk(caller)
    before, ours = len(floor.second.incoming), len(floor.first.incoming)
    if by_key:
        await press(agent, "*2", "1002")
        colleague = await floor.second.called(before + 1)
        agent.hang_up()
        await until(lambda: any(m.status == 200 and m.method == "BYE" for _, m in agent.came), 5, "the agent has left")
    else:
        consult = await floor.first.signed_call("1002")
        colleague = await floor.second.called(before + 1)
        await consult.status(180)
        agent.refer_to(consult)
        await until(lambda: any("200" in m.body for _, m in agent.came if m.method == "NOTIFY"), 5, "it is taken")
        agent.hang_up()
    colleague.answer(486, "Busy Here")
    back = await lasting(floor, caller, ours)
    assert not call.ended
    back.answer()
    await back.acknowledged()
    call.hang_up()
    record = await floor.record(caller)
    assert record.outcome == "answered"
    assert [(t.kind, t.by, t.target, t.result, t.returned_to) for t in record.transfers] == [
        ("attended", "1001", "1002", "busy", "agent")
    ]


async def lasting(floor: Floor, caller: str, after: int) -> Call:
    """The caller's call to the agent; Asterisk's own recall, which ours overtakes, is cancelled at once."""

    def ours() -> list[Call]:
        return [entry for entry in floor.first.incoming[after:] if entry.invite and caller in entry.invite.get("From")]

    await until(lambda: any(not our.ended for our in ours()), 20, "the agent is called")
    since = time.time()
    await until(lambda: time.time() > since + 1.0, 2, "what is withdrawn is gone")
    return next(our for our in ours() if not our.ended)


async def press(agent: Call, feature: str, number: str) -> None:
    """Press a feature code, then the number after Asterisk's prompt for it."""
    before = time.time()
    agent.media.press(feature)
    await until(lambda: agent.media.loud_seconds(before) > 0.4, 5, "the word that asks for the number")
    agent.media.press(number)


def _queued(floor: Floor, times: int) -> set[str]:
    """Callers who have entered the queue at least this many times."""
    rows = [parse_log(line) for line in (Path(floor.pbx.site.logs) / "queue_log").read_bytes().splitlines()]
    numbers = [row.datum(1) for row in rows if row is not None and row.event == "ENTERQUEUE"]
    return {number for number in numbers if numbers.count(number) >= times}
