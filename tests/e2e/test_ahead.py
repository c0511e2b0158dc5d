"""Tests lines that ask no one: decisions pushed ahead apply on a real Asterisk while no service runs beside it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from callcenter.asterisk import cel
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render.ahead import LATEST, caller_key
from callcenter.asterisk.render.site import Caller as CallerOnFile
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, phones
from callcenter.settings import Settings
from ivr.prompts.build import Workshop
from ivr.prompts.ready import ready_folder
from ivr.prompts.sentences import default_catalogue
from tests.support.pbx import SALES, SECRETS, PrivatePbx, private_pbx, site_of

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
LINE = "after_sales"
VIP, ACCOUNT = "13974812346", "+8613974812347"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("ahead") / "p"
    # A point of priority counts as a second of waiting here, so that a test sees both sides of it.
    on_file = {VIP: CallerOnFile(3), ACCOUNT: CallerOnFile(100)}
    callers = {caller_key(number): caller for number, caller in on_file.items()}
    site = replace(site_of(home, Tree(Settings().pbx_root)), priority_seconds=1, callers=callers)
    workshop = Workshop(home / "sounds", ready=ready_folder(), rates=(8000,))
    await asyncio.to_thread(lambda: list(workshop.build(default_catalogue().recordings())))
    async with private_pbx(home, site) as pbx:
        yield pbx


async def push(pbx: PrivatePbx, *entries: tuple[str, float]) -> None:
    """Push decisions: a letter, and the seconds from now until which it holds."""
    now = time.time()
    value = "".join(f"{letter}{min(int(now + seconds), LATEST):010d}" for letter, seconds in entries)
    await pbx.console(f"dialplan set global CC_AHEAD_{LINE} {value}")


def outcomes(pbx: PrivatePbx, number: str) -> list[str]:
    """The outcome and reception events of the calls from this number."""
    lines = (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_bytes().splitlines()
    rows = [row for line in lines if (row := cel.parse(line)) is not None]
    mine = {row.linkedid for row in rows if row.number == number}
    return [row.app_data for row in rows if row.linkedid in mine and row.event == "USER_DEFINED"]


async def served(pbx: PrivatePbx, *callers: Caller) -> list[str]:
    """The numbers of these callers in the order in which the agent's phone rings for them."""
    await pbx.staff(LINE, "1001")
    async with phones(pbx.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        async with calls(pbx.network, callers, per_second=1) as ringing:
            assert await ringing.over(30)
        return [seen.other for seen in floor.events() if seen.what == "ringing"]


async def test_a_caller_of_an_open_line_is_queued_without_a_question(pbx: PrivatePbx) -> None:
    await push(pbx, ("q", 3600))
    assert await served(pbx, Caller("13933000001", SALES)) == ["13933000001"]
    assert outcomes(pbx, "13933000001") == []


@pytest.mark.parametrize(
    ("letter", "number", "outcome"),
    [("c", "13933000002", "closed:outside_hours"), ("n", "13933000003", "closed:nobody_on_duty")],
)
async def test_R3_a_closed_line_and_one_without_duty_announce_it(
    pbx: PrivatePbx, letter: str, number: str, outcome: str
) -> None:
    await push(pbx, (letter, 3600))
    assert await served(pbx, Caller(number, SALES)) == []
    assert outcomes(pbx, number) == [f"cc_outcome,{outcome}"]


async def test_a_line_closes_on_time_while_the_service_is_down(pbx: PrivatePbx) -> None:
    await push(pbx, ("q", -7200), ("n", -3600), ("c", 3600), ("q", 1e11))
    assert await served(pbx, Caller("13933000004", SALES)) == []
    assert outcomes(pbx, "13933000004") == ["cc_outcome,closed:outside_hours"]
    await push(pbx, ("c", -1), ("q", 1e11))
    assert await served(pbx, Caller("13933000005", SALES)) == ["13933000005"]


async def test_after_a_reload_of_the_dialplan_callers_are_queued_until_it_is_pushed_again(pbx: PrivatePbx) -> None:
    await push(pbx, ("c", 3600))
    await pbx.console("dialplan reload")
    assert await served(pbx, Caller("13933000006", SALES)) == ["13933000006"]
    assert outcomes(pbx, "13933000006") == ["cc_reception,fallback"]


async def test_a_hidden_number_is_queued_like_any_other(pbx: PrivatePbx) -> None:
    await push(pbx, ("q", 3600))
    assert len(await served(pbx, Caller("anonymous", SALES))) == 1


async def waiting_order(pbx: PrivatePbx, *numbers: str) -> list[str]:
    """The order in which these callers, who arrive a second apart, are served after all of them wait."""
    await push(pbx, ("q", 3600))
    await pbx.staff(LINE, "1001")
    async with phones(pbx.network, SECRETS) as floor:
        # The phone is not there yet, so all of them wait.
        await floor.unregister(["1001"])
        callers = [Caller(number, SALES) for number in numbers]
        async with calls(pbx.network, callers, per_second=1) as ringing:
            for number in numbers:
                await ringing.see("answered", number)
            # Each talk lasts longer than app_queue's `retry`: a caller who was tried in vain, because the phone was not
            # free yet, is not counted until then (apps/app_queue.c: is_our_turn), and another may come first (0369).
            await floor.register({"1001": answers(0.1, 2.5)})
            assert await ringing.over(60)
        return [seen.other for seen in floor.events() if seen.what == "ringing"]


async def test_R11_callers_of_one_standing_are_served_in_the_order_of_their_arrival(pbx: PrivatePbx) -> None:
    numbers = ["13933000011", "13933000012", "13933000013"]
    assert await waiting_order(pbx, *numbers) == numbers


async def test_a_vip_goes_ahead_and_priority_ages_so_that_no_one_starves(pbx: PrivatePbx) -> None:
    """With a priority of 3 s, the VIP who comes 5 s after the first caller passes those who came 1 to 2 s before."""
    others = [f"139330000{place}" for place in range(21, 26)]
    order = await waiting_order(pbx, *others, VIP)
    assert order[0] == others[0]
    assert order.index(VIP) < order.index(others[4])
    assert [number for number in order if number != VIP] == others


async def test_a_key_account_in_a_carriers_spelling_goes_first(pbx: PrivatePbx) -> None:
    assert (await waiting_order(pbx, "13933000031", "13933000032", ACCOUNT))[0] == ACCOUNT
