"""Tests that the simulated phones and callers behave as configured on a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.demo.callers import Caller, calls, quoted
from callcenter.demo.phones import Temper, answers, busy, declines, phones, silent, transfers
from callcenter.demo.sipp import SippFailed, parse_events
from callcenter.settings import Settings
from tests.support.plain_pbx import PlainPbx, plain_pbx

pytestmark = pytest.mark.pbx
on_asterisk = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PlainPbx]:
    home: Path = tmp_path_factory.mktemp("plain")
    async with plain_pbx(home, Settings().pbx_root, ("1001", "1002", "1003")) as running:
        yield running


@on_asterisk
async def test_an_agent_answers_talks_and_hangs_up_first(pbx: PlainPbx) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1001": answers(after=0.3, talks=0.5)})
        async with calls(pbx.network, [Caller("13900000001", "7000", "李小龙")]) as ringing:
            assert await ringing.over()
            assert [seen.what for seen in ringing.events()] == ["called", "answered", "was_hung_up"]
        assert [seen.what for seen in floor.events()] == ["registered", "invited", "ringing", "answered", "hung_up"]
        assert floor.events()[1].other == "13900000001"


@on_asterisk
async def test_a_caller_hangs_up_first(pbx: PlainPbx) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1001": answers(after=0.3)})
        async with calls(pbx.network, [Caller("13900000002", "7000", talks=0.5)]) as ringing:
            assert await ringing.over()
        await floor.see("was_hung_up", "1001")


@on_asterisk
async def test_a_caller_gives_up_while_a_phone_rings(pbx: PlainPbx) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1001": silent()})
        async with calls(pbx.network, [Caller("13900000003", "7000", patience=1.0)]) as ringing:
            assert await ringing.over()
            assert [seen.what for seen in ringing.events()] == ["called", "gave_up"]
        await floor.see("cancelled", "1001")


@pytest.mark.parametrize(("temper", "word"), [(declines(), "declined"), (busy(), "busy")])
@on_asterisk
async def test_a_phone_refuses_and_the_next_one_takes_the_call(pbx: PlainPbx, temper: Temper, word: str) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1001": temper, "1002": answers(0.2, 0.2)})
        async with calls(pbx.network, [Caller("13900000004", "7000")] * 2, per_second=1) as ringing:
            assert await ringing.over()
        await floor.see(word, "1001")
        await floor.see("hung_up", "1002", times=2)


@pytest.mark.parametrize("attended", [False, True])
@on_asterisk
async def test_an_agent_transfers_to_a_colleague(pbx: PlainPbx, attended: bool) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1002": transfers("1003", 0.2, 0.2, attended)})
        async with calls(pbx.network, [Caller("13900000005", "7000", talks=4)]) as ringing:
            await floor.see("answered", "1002")
            await floor.register({"1003": answers(0.2)})
            await floor.see("transferred", "1002")
            await floor.see("answered", "1003")
            assert await ringing.over()
        await floor.see("was_hung_up", "1003")


@on_asterisk
async def test_a_phone_changes_its_temper_and_leaves(pbx: PlainPbx) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1001": silent()})
        await floor.register({"1001": answers(0.1, 0.1)})
        async with calls(pbx.network, [Caller("13900000006", "7000")]) as ringing:
            assert await ringing.over()
        await floor.unregister(["1001"])
        async with calls(pbx.network, [Caller("13900000007", "7000", patience=1)]) as ringing:
            assert await ringing.over()
        assert floor.rang("1001", "13900000007") == 0


@on_asterisk
async def test_callers_who_are_cut_short_leave_no_channel(pbx: PlainPbx) -> None:
    async with phones(pbx.network, pbx.secrets) as floor:
        await floor.register({"1001": silent()})
        async with calls(pbx.network, [Caller("13900000008", "7000")]):
            await floor.see("ringing", "1001")
        await floor.see("cancelled", "1001")


@pytest.mark.parametrize("name", ['a"b\\c', "x;y", "<script>", "[call_id]", "😀" * 40, "李" * 1000])
@on_asterisk
async def test_hostile_names_travel_as_they_are(pbx: PlainPbx, name: str) -> None:
    async with calls(pbx.network, [Caller("13900000009", "7000", name, patience=0.3)]) as ringing:
        assert await ringing.over()


def test_a_line_end_in_a_name_is_refused() -> None:
    with pytest.raises(SippFailed):
        quoted("a\r\nVia: x")


def test_half_a_line_is_not_an_event_yet() -> None:
    stamp = "2026-11-23\t18:43:51.801277\t1795459431.801277"
    (seen,) = parse_events(f"ringing 1001 {stamp} 139\nanswered 10")
    assert (seen.what, seen.party, seen.at, seen.other) == ("ringing", "1001", 1795459431.801277, "139")
