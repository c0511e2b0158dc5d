"""Tests numbers dialled on an agent's phone: any that is no colleague's goes to the carrier, from the line's number."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from tests.support.pbx import ORDERS, SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip import Station, station
from tests.support.sip_message import uri_of
from tests.support.waiting import until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]


@contextlib.asynccontextmanager
async def at_work(folder: Path, outbound_number: str = "") -> AsyncIterator[tuple[PrivatePbx, Station, Station]]:
    """Asterisk, its carrier and the phone 1001."""
    port = free_port()
    site = replace(site_of(folder, Tree(Settings().pbx_root)), trunk_port=port, outbound_number=outbound_number)
    async with private_pbx(folder, site) as pbx:
        address = (site.sip_host, site.sip_port)
        async with (
            station(address, port=port) as carrier,
            station(address, "1001", SECRETS["1001"]) as phone,
        ):
            assert await phone.register() == 200
            yield pbx, carrier, phone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def work(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[PrivatePbx, Station, Station]]:
    async with at_work(tmp_path_factory.mktemp("dialled") / "p") as running:
        yield running


@pytest.mark.parametrize(
    "number",
    [
        "110",
        "999",
        "1234",
        "12345",
        "12315",
        "12306",
        "10086",
        "95588",
        "123456",
        "1234567",
        "073188886005",
        "13974812345",
        "0085212345678",
        "+8613974812345",
        "1" * 20,
    ],
)
async def test_every_number_of_three_digits_or_more_that_is_no_colleagues_goes_out(
    work: tuple[PrivatePbx, Station, Station], number: str
) -> None:
    _, carrier, phone = work
    before = len(carrier.incoming)
    call = await phone.signed_call(number)
    asked = await carrier.called(before + 1)
    assert asked.invite is not None
    assert uri_of(asked.invite).partition("@")[0] == f"sip:{number}"
    # The first line's number (after_sales before orders), never the extension; and no trace of a diversion.
    assert f"<sip:{SALES}@" in asked.invite.get("From")
    assert "1001" not in asked.invite.get("From") + asked.invite.get("P-Asserted-Identity")
    assert asked.invite.get("Diversion") == ""
    call.cancel()
    await asked.gone()


@pytest.mark.parametrize("number", ["1", "12", "1" * 21, "+12", "abc", "10086x", "10086%0d%0a", "*72", "12345#"])
async def test_what_is_no_number_goes_nowhere(work: tuple[PrivatePbx, Station, Station], number: str) -> None:
    _, carrier, phone = work
    before = len(carrier.incoming)
    call = await phone.signed_call(number)
    await until(lambda: bool(set(call.statuses) & {404, 484}), 5)  # 484 where more digits could follow.
    assert len(carrier.incoming) == before


async def test_a_colleague_is_called_inside(work: tuple[PrivatePbx, Station, Station]) -> None:
    pbx, carrier, phone = work
    before = len(carrier.incoming)
    async with station((pbx.site.sip_host, pbx.site.sip_port), "1002", SECRETS["1002"]) as colleague:
        await colleague.register()
        call = await phone.signed_call("1002")
        ringing = await colleague.called()
        assert ringing.invite is not None
        assert "<sip:1001@" in ringing.invite.get("From")
        call.cancel()
        await ringing.gone()
    assert len(carrier.incoming) == before


async def test_a_caller_who_is_passed_on_to_the_outside_goes_out_with_their_lines_number(
    work: tuple[PrivatePbx, Station, Station],
) -> None:
    pbx, carrier, phone = work
    await pbx.staff("orders", "1001")
    before, rung = len(carrier.incoming), len(phone.incoming)
    caller = await carrier.call(ORDERS, "13974812345")
    ringing = await phone.called(rung + 1)
    ringing.answer()
    await caller.status(200)
    await until(lambda: any(message.method == "ACK" for _, message in ringing.came), 5)
    ringing.refer("12345")
    asked = await carrier.called(before + 1)
    assert asked.invite is not None
    assert uri_of(asked.invite).startswith("sip:12345@")
    assert f"<sip:{ORDERS}@" in asked.invite.get("From")
    await pbx.staff("orders")
    caller.hang_up()
    await asked.gone()


async def test_the_number_that_the_setting_names_is_shown(tmp_path: Path) -> None:
    async with at_work(tmp_path / "p", "073188889999") as (_, carrier, phone):
        call = await phone.signed_call("12345")
        asked = await carrier.called()
        assert asked.invite is not None
        assert "<sip:073188889999@" in asked.invite.get("From")
        call.cancel()
        await asked.gone()
