"""Tests real calls through the sample flows: a real Asterisk, telephones that press keys, the runner beside it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest

from tests.ivr.flow_calls import (
    CLOSED,
    HOTLINE,
    LANGUAGES,
    SHORT,
    SNAPSHOT,
    asked,
    carrier,
    events,
    pbx,
    rows,
    seen,
)
from tests.support.flows import front
from tests.support.pbx import PrivatePbx
from tests.support.sip import Station, until

__all__ = ["carrier", "pbx"]
pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]


@dataclass(frozen=True)
class Branch:
    """A way through a flow: the number dialled, the keys at each prompt, and what the record shows at the end."""

    number: str
    presses: tuple[tuple[str, str], ...]
    ends: str
    path: str
    caller: str = ""


BRANCHES = (
    Branch(HOTLINE, (("greeting", "0"),), '"Queue"', "main=0>"),
    Branch(HOTLINE, (("greeting", "3"),), "callback_requested:key", "main=3>"),
    Branch(HOTLINE, (("menu_intro", "*"), ("menu_intro", "0")), '"Queue"', "main=*>"),
    Branch(HOTLINE, (("greeting", "1"), ("dialect_intro", "2")), '"Queue"', "dialect=2>xiang-hengyang"),
    Branch(
        HOTLINE,
        (("greeting", "2"), ("enter_case", "202611230001#"), ("identity_check", "1234")),
        '"Queue"',
        "progress=>slow|person",
    ),
    Branch(LANGUAGES, (("greeting", "1"), ("menu_intro", "1")), '"Queue"', "language=1>zh-CN"),
    Branch(LANGUAGES, (("greeting", "2"), ("menu_intro:en", "2")), "callback_requested:key", "language=2>en"),
    Branch(CLOSED, (("closed", "1"),), "callback_requested:key", "away=1>"),
    Branch(CLOSED, (("closed", "2"), ("message", "")), "closed:outside_hours", "away=2>"),
    Branch(CLOSED, (("closed", "9"),), "closed:self_service", "away=9>"),
)


async def take(pbx: PrivatePbx, carrier: Station, branch: Branch, caller: str) -> None:
    call = await carrier.call(branch.number, caller)
    answered = await call.status(200, within=30)
    for prompt, keys in branch.presses:
        name, _, language = prompt.partition(":")
        await asked(call, answered, name, language or "zh-CN")
        call.media.press(keys)
    await seen(pbx, caller, branch.ends)
    await seen(pbx, caller, branch.path)
    call.hang_up()


async def test_every_branch_of_the_sample_flows_ends_where_it_leads(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        taken = (take(pbx, carrier, branch, f"139220001{place:02}") for place, branch in enumerate(BRANCHES))
        await asyncio.gather(*taken)


async def test_R9_a_caller_with_a_hidden_number_enters_the_number_to_be_called_at(
    pbx: PrivatePbx, carrier: Station
) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        before = len(rows(pbx))
        call = await carrier.call(HOTLINE, "anonymous")
        answered = await call.status(200)
        for prompt, keys in (("greeting", "3"), ("enter_number", "13974812346#"), ("number_is", "1")):
            await asked(call, answered, prompt)
            call.media.press(keys)
        await call.gone(within=30)
    written = json.dumps(rows(pbx)[before:])
    assert "callback_requested:key" in written
    assert "13974812346" in written
    paths = [row for row in rows(pbx)[before:] if row.get("userdeftype") == "cc_path"]
    assert paths, "the path is on the record"
    assert "13974812346" not in json.dumps(paths), "the number stands in its own field only, where it is masked"


async def test_silence_and_wrong_keys_lead_to_a_person(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        call = await carrier.call(SHORT, "13922000201")
        answered = await call.status(200)
        await asked(call, answered, "no_key")
        call.media.press("7")
        await asked(call, answered, "wrong_key")
        await seen(pbx, "13922000201", '"Queue"')
    assert any("main=>|" in event or "main=>" in event for event in events(pbx, "13922000201"))


async def test_keys_in_the_sound_and_by_SIP_INFO_are_keys(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        in_band = await carrier.call(SHORT, "13922000202", codecs="8")
        by_info = await carrier.call(SHORT, "13922000203", codecs="8")
        for call in (in_band, by_info):
            await asked(call, await call.status(200), "menu_intro")
        in_band.media.press_in_band("0")
        kind = [("Content-Type", "application/dtmf-relay")]
        by_info.request("INFO", kind, "Signal=1\r\nDuration=160\r\n")
        await seen(pbx, "13922000202", "main=0>")
        await seen(pbx, "13922000203", "main=1>")


async def test_a_hang_up_at_any_step_is_an_abandoned_call_and_leaves_nothing_open(
    pbx: PrivatePbx, carrier: Station
) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        for place, (prompt, keys) in enumerate((("greeting", ""), ("enter_case", "2"), ("dialect_intro", "1"))):
            caller = f"1392200021{place}"
            call = await carrier.call(HOTLINE, caller)
            answered = await call.status(200)
            if keys:
                await asked(call, answered, "greeting")
                call.media.press(keys)
            await asked(call, answered, prompt)
            call.hang_up()
            await seen(pbx, caller, "LINKEDID_END")
            assert not any("cc_outcome" in event or "fallback" in event for event in events(pbx, caller))
        await until(lambda: reception.server.busy == 0, 5, "every session has ended")


async def test_callers_in_a_menu_are_queued_when_the_service_is_killed(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT):
        calls = [await carrier.call(SHORT, f"1392200030{place}") for place in range(3)]
        for call in calls:
            await asked(call, await call.status(200), "menu_intro")
    for place in range(3):
        await seen(pbx, f"1392200030{place}", "cc_reception")
        await seen(pbx, f"1392200030{place}", '"Queue"')
    assert not any(call.ended for call in calls)


async def test_a_new_caller_is_queued_when_no_one_listens_or_answers(pbx: PrivatePbx, carrier: Station) -> None:
    call = await carrier.call(SHORT, "13922000401")
    await call.status(200)
    await seen(pbx, "13922000401", '"Queue"', within=10)

    closed = asyncio.Event()

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(hangs, "127.0.0.1", pbx.site.agi_port)
    try:
        call = await carrier.call(SHORT, "13922000402")
        await call.status(200)
        await seen(pbx, "13922000402", '"Queue"', within=10)
        await asyncio.wait_for(closed.wait(), 10)
    finally:
        server.close()


async def test_sixty_callers_are_in_the_menus_at_once(pbx: PrivatePbx, carrier: Station) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        calls = [await carrier.call(SHORT, f"139220005{place:02}") for place in range(60)]
        for call in calls:
            await call.status(200, within=30)
        await until(lambda: reception.server.busy == 60, 30, "all are in the menu")
        # A key before the first prompt is not read: the caller has been asked nothing yet.
        await asyncio.gather(*(asked(call, 0.0, "menu_intro", within=40) for call in calls))
        for call in calls:
            call.media.press("0")
        # A session that ended in the queue is over for the runner.
        await until(lambda: reception.server.busy == 0, 60, "every session has ended")
        for place in range(60):
            assert any("main=0>" in event for event in events(pbx, f"139220005{place:02}"))


@pytest.mark.parametrize("name", ['"; DROP', "${SHELL(id)}", "a|b,c=d&e", "x" * 400])
async def test_a_hostile_name_or_number_is_a_caller_like_any_other(
    pbx: PrivatePbx, carrier: Station, name: str
) -> None:
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        call = await carrier.call(SHORT, "13922000601", name=name.replace('"', ""))
        answered = await call.status(200)
        await asked(call, answered, "menu_intro")
        call.media.press("#")
        await call.gone(within=30)
        assert reception.server.busy == 0


PEER = b"agi_network: yes\nagi_network_script: flow\nagi_callerid: 13900000000\nagi_arg_1: short\nagi_arg_2: cc\n\n"


@pytest.mark.parametrize("reset", [False, True], ids=["closes", "resets"])
async def test_peers_that_disconnect_at_any_byte_cost_no_caller_anything(
    pbx: PrivatePbx, carrier: Station, reset: bool
) -> None:
    caller = f"1392200090{reset:d}"
    async with front(pbx.site.agi_port, SNAPSHOT) as reception:
        call = await carrier.call(SHORT, caller)
        answered = await call.status(200)
        for sent in (b"", PEER[:9], PEER[:40], PEER[:-1], PEER, PEER + b"200 res", PEER + b"HANGUP\n", b"\xff" * 500):
            _, peer = await asyncio.open_connection("127.0.0.1", pbx.site.agi_port)
            peer.write(sent)
            await peer.drain()
            if reset:
                peer.transport.abort()
            peer.close()
        await asked(call, answered, "menu_intro")
        call.media.press("1")
        await seen(pbx, caller, "callback_requested:key")
        await until(lambda: reception.server.busy == 0, 30, "every connection has ended")
