"""Tests that the dialplan alone prevents toll fraud: no service runs beside this PBX."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.control import Control
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render.site import Dialling
from callcenter.clock import now
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from tests.e2e.floor import two_phones
from tests.support.pbx import SALES, PrivatePbx, private_pbx, site_of
from tests.support.sip import Call, Station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
RULES = Dialling(
    phones={"1002": ("inside", "local", "national", "mobile", "international")},
    at_once=1,
    minutes={"phone": (0, 3), "house": (1, 10)},
)


@dataclass
class Extensions:
    pbx: PrivatePbx
    carrier: Station
    first: Station
    second: Station
    control: Control

    @property
    def cel(self) -> str:
        return (Path(self.pbx.site.logs) / "cel-custom/cel.jsonl").read_text()

    async def signed_in(self, phone: str, there: bool) -> None:
        await self.control.phone_signed_in(phone, there)

    async def spent(self, key: str, seconds: int) -> None:
        today = time.strftime("%Y%m%d", time.gmtime(time.time() + 8 * 3600))
        await self.pbx.console(f"database put cc-spent {key} {today}-{seconds}")

    async def spent_today(self, key: str) -> int:
        listing = await self.pbx.console(f"database get cc-spent {key}")
        return int(listing.strip().rpartition("-")[2])

    async def dialled(self, phone: Station, number: str) -> bool:
        """Whether the carrier was asked for this number."""
        before = len(self.carrier.incoming)
        call = await phone.signed_call(number)
        await until(lambda: len(self.carrier.incoming) > before or max(call.statuses, default=0) >= 403, 10, "an end")
        went = len(self.carrier.incoming) > before
        call.cancel() if went else None
        await self.quiet()
        return went

    async def quiet(self) -> None:
        async def none() -> bool:
            return "0 active channels" in await self.pbx.console("core show channels count")

        deadline = time.monotonic() + 8
        while not await none():
            assert time.monotonic() < deadline


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("toll") / "p"
    site = replace(site_of(home, Tree(Settings().pbx_root)), trunk_port=free_port(), dialling=RULES)
    async with private_pbx(home, site) as pbx:
        yield pbx


@pytest_asyncio.fixture(loop_scope="module")
async def phones(pbx: PrivatePbx) -> AsyncIterator[Extensions]:
    async with two_phones(pbx) as (carrier, first, second), contextlib.AsyncExitStack() as stack:
        control = Control(AmiLogin("127.0.0.1", pbx.site.ami_port, "cc-control", "c" * 20, False), now)
        running = asyncio.create_task(control.run())
        stack.callback(running.cancel)
        await asyncio.wait_for(control.ready.wait(), 5)
        extensions = Extensions(pbx, carrier, first, second, control)
        for key in ("phone-1001", "phone-1002", "house-all"):
            await extensions.spent(key, 0)
        await extensions.signed_in("1001", True)
        await extensions.signed_in("1002", True)
        yield extensions


MAY = ["12345", "95588", "88886666", "4008001234", "073188886666", "0086073188886666", "13800138000", "+8613800138000"]
MAY_NOT = [
    "0085221234567",
    "+85221234567",
    "0012125551234",
    "16812345",
    "073116812345",
    "125901234",
    "17401234567",
    "00881612345678",
    "+870773000001",
    "1790900144123456",
    "10193008612345678",
    "999999999999999",
]


@pytest.mark.parametrize("number", MAY)
async def test_a_phone_dials_local_national_and_mobile_numbers(phones: Extensions, number: str) -> None:
    assert await phones.dialled(phones.first, number)


@pytest.mark.parametrize("number", MAY_NOT)
async def test_a_phone_without_the_class_does_not_reach_the_carrier(phones: Extensions, number: str) -> None:
    assert not await phones.dialled(phones.first, number)
    assert "refused:class:" in phones.cel
    assert "failed:toll_class" in phones.cel


async def test_a_phone_with_its_own_classes_dials_abroad(phones: Extensions) -> None:
    assert await phones.dialled(phones.second, "0085221234567")


async def test_outbound_calls_need_a_signed_in_person_and_emergency_calls_do_not(phones: Extensions) -> None:
    await phones.signed_in("1001", False)
    assert not await phones.dialled(phones.first, "13800138000")
    assert "refused:signed_out:mobile:1001" in phones.cel
    assert await phones.dialled(phones.first, "110")


async def test_a_restart_of_the_pbx_keeps_who_is_signed_in(phones: Extensions) -> None:
    await phones.signed_in("1002", False)
    assert "cc-in-1002" in await phones.pbx.console("database show CustomDevstate")


async def talking(phone: Station, carrier: Station, number: str) -> tuple[Call, Call]:
    before = len(carrier.incoming)
    call = await phone.signed_call(number)
    other = await carrier.called(before + 1)
    other.answer()
    await call.status(200)
    return call, other


async def test_a_phone_has_only_so_many_calls_at_once(phones: Extensions) -> None:
    call, _ = await talking(phones.first, phones.carrier, "13800138000")
    second = await phones.first.signed_call("13800138001")
    await until(lambda: max(second.statuses, default=0) >= 403, 5, "the refusal")
    assert "refused:at_once_phone" in phones.cel
    call.hang_up()
    await phones.quiet()


async def test_a_day_has_only_so_many_seconds_and_a_call_ends_with_them(phones: Extensions) -> None:
    await phones.spent("phone-1001", 177)
    call, _ = await talking(phones.first, phones.carrier, "13800138000")
    # No one hangs up: the PBX ends the call when the day's remaining three seconds are used up.
    await call.gone(within=30)
    await phones.quiet()
    assert await phones.spent_today("phone-1001") >= 179, "not before they were used up, by Asterisk's own count"
    assert not await phones.dialled(phones.first, "13800138000")
    assert "refused:minutes_phone" in phones.cel


async def test_a_threshold_raises_an_alarm_once(phones: Extensions) -> None:
    await phones.spent("house-all", 59)
    before = phones.cel.count('"cc_toll,alarm:house')
    for _ in range(2):
        call, other = await talking(phones.first, phones.carrier, "13800138000")
        since = time.time()
        await until(lambda since=since: time.time() > since + 1.5, 3, "a second")  # type: ignore[misc]
        other.hang_up()
        await phones.quiet()
        assert call.ended
    assert phones.cel.count('"cc_toll,alarm:house') == before + 1


@pytest.mark.parametrize("way", ["refer", "#1"])
async def test_a_caller_is_passed_on_only_to_what_the_agents_phone_may_dial(phones: Extensions, way: str) -> None:
    await phones.pbx.staff("after_sales", "1001")
    before = len(phones.carrier.incoming)
    rung = len(phones.first.incoming)
    call = await phones.carrier.call(SALES, "13900000007")
    agent = await phones.first.called(rung + 1)
    agent.answer()
    await agent.acknowledged()
    if way == "refer":
        agent.refer("0085221234567")
    else:
        since = time.time()
        agent.media.press("#1")
        await until(lambda: agent.media.loud_seconds(since) > 0.4, 5, "the word that asks for the number")
        agent.media.press("0085221234567")
    back = await phones.first.called(rung + 2, within=15)
    back.answer()
    await back.acknowledged()
    assert len(phones.carrier.incoming) == before
    assert "refused:class:international:1001" in phones.cel
    call.hang_up()
    await phones.quiet()
