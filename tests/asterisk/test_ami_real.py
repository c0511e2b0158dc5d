"""Tests the AMI link, the control login and two published packages on a real Asterisk: all must report the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from asterisk.ami import AMIClient, SimpleAction
from panoramisk import Manager

from callcenter import clock, facts
from callcenter.asterisk.ami_errors import AmiLoginRefused, AmiRefused
from callcenter.asterisk.ami_link import AmiLink
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.ami_protocol import BadAction
from callcenter.asterisk.control import Control
from callcenter.asterisk.events import Events
from tests.support.pbx import PrivatePbx, private_pbx

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home: Path = tmp_path_factory.mktemp("ami")
    async with private_pbx(home) as running:
        yield running


def login(pbx: PrivatePbx, *, control: bool = False) -> AmiLogin:
    site = pbx.site
    user, secret = (site.control_user, site.control_secret) if control else (site.events_user, site.events_secret)
    return AmiLogin(site.ami_host, site.ami_port, user, secret, events=not control)


async def test_a_wrong_secret_is_a_refusal_of_the_login(pbx: PrivatePbx) -> None:
    wrong = AmiLogin(pbx.site.ami_host, pbx.site.ami_port, pbx.site.events_user, "wrong")
    with pytest.raises(AmiLoginRefused):
        await AmiLink.connect(wrong)


async def test_every_list_that_a_snapshot_needs_comes_whole(pbx: PrivatePbx) -> None:
    link = await AmiLink.connect(login(pbx))
    try:
        queues = await link.ask_list("QueueStatus")
        # Callers who are given to one agent have a queue of each agent (asterisk/render/moved.py).
        codes = {str(item.get("Queue")) for item in queues}
        assert {code for code in codes if not code.startswith("_")} == {"after_sales", "orders"}
        assert await link.ask_list("CoreShowChannels") == []
        devices = {item.get("Device") for item in await link.ask_list("DeviceStateList")}
        assert {"PJSIP/1001", "PJSIP/1002", "PJSIP/1003"} <= devices
    finally:
        await link.close()


async def test_the_login_that_reads_may_neither_change_a_queue_nor_originate(pbx: PrivatePbx) -> None:
    link = await AmiLink.connect(login(pbx))
    try:
        for action in ("QueueAdd", "Originate", "Command", "UpdateConfig"):
            with pytest.raises(AmiRefused):
                await link.act(
                    action, ("Queue", "orders"), ("Interface", "PJSIP/1001"), ("Command", "core show uptime")
                )
    finally:
        await link.close()


async def test_a_member_is_added_paused_with_a_reason_and_removed_however_often_it_is_asked(pbx: PrivatePbx) -> None:
    sink: asyncio.Queue[facts.Fact] = asyncio.Queue(1000)
    control, events = Control(login(pbx, control=True), clock.now), Events(login(pbx), clock.now)
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(control.run(), name="control"), group.create_task(events.run(sink), name="events")]
        async with asyncio.timeout(10):
            await control.ready.wait()
            assert isinstance(await sink.get(), facts.FloorSeen)
        for _ in range(2):
            await control.queue_add("orders", "PJSIP/1001", "1001", 2, True, "acw")
        members = await control.queue_status()
        assert [(m.queue, m.agent, m.penalty, m.paused, m.reason) for m in members] == [
            ("orders", "1001", 2, True, "acw")
        ]
        await control.queue_penalty("orders", "PJSIP/1001", 0)
        for _ in range(2):
            await control.queue_remove("orders", "PJSIP/1001")
        assert await control.queue_status() == []
        async with asyncio.timeout(5):
            while not isinstance(await sink.get(), facts.MemberGone):
                pass
        for task in running:
            task.cancel()


async def test_no_line_break_and_no_foreign_variable_reaches_asterisk(pbx: PrivatePbx) -> None:
    control = Control(login(pbx, control=True), clock.now)
    with pytest.raises(BadAction):
        await control.queue_pause("orders", "PJSIP/1001", True, "meal\r\nAction: Command")
    with pytest.raises(BadAction):
        await control.originate("intent-1", "PJSIP/1001", "cc-phones", "1002", "1001", {"FILE(/tmp/x)": "1"})


# asterisk-ami wakes its waiters by a name that Python has deprecated; as an error that would leave them locked.
@pytest.mark.filterwarnings("ignore:notifyAll:DeprecationWarning")
async def test_established_packages_and_our_link_read_the_same_from_asterisk(pbx: PrivatePbx) -> None:
    link = await AmiLink.connect(login(pbx))
    try:
        ours = (await link.act("CoreStatus")).get("CoreStartupTime")
    finally:
        await link.close()
    assert ours
    assert await asyncio.to_thread(_asterisk_ami, pbx) == ours
    assert await _panoramisk(pbx) == ours


def _asterisk_ami(pbx: PrivatePbx) -> str:
    """asterisk-ami: a thread and a blocking socket."""
    client = AMIClient(address=pbx.site.ami_host, port=pbx.site.ami_port, timeout=5)
    try:
        # Its login is a future; an action before its answer would be lost.
        welcome: Any = client.login(username=pbx.site.events_user, secret=pbx.site.events_secret).response
        assert not welcome.is_error()
        answer: Any = client.send_action(SimpleAction("CoreStatus")).response
        return str(answer.keys["CoreStartupTime"])
    finally:
        client.logoff()
        client.disconnect()


async def _panoramisk(pbx: PrivatePbx) -> str:
    manager = Manager(
        host=pbx.site.ami_host, port=pbx.site.ami_port, username=pbx.site.events_user, secret=pbx.site.events_secret
    )
    await manager.connect()
    try:
        async with asyncio.timeout(5):
            answer = await manager.send_action({"Action": "CoreStatus"})
        return str(answer.CoreStartupTime)
    finally:
        manager.close()


async def test_the_control_login_reads_how_asterisk_is(pbx: PrivatePbx) -> None:
    control = Control(login(pbx, control=True), clock.now)
    running = asyncio.create_task(control.run(), name="control")
    try:
        async with asyncio.timeout(10):
            await control.ready.wait()
        assert (await control.version()).split(".")[0] == "22"
        status = await control.core_status()
        assert status.calls == 0
        assert status.started[:2] == "20"
        # One machine, one clock: only the way of the answer is between.
        ahead = await control.clock_ahead()
        assert ahead is not None
        assert abs(ahead) < 30
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
