"""Tests FastAGI on loopback; the tests write Asterisk's side of the exchange."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.asterisk.agi_protocol import (
    LINE_LIMIT,
    REQUEST_LINES,
    AgiReader,
    Answered,
    BrokenAgi,
    CallerGone,
    Ended,
    Event,
    Opened,
    encode,
)
from callcenter.asterisk.fastagi import AgiChannel, FastAgiServer, Script
from callcenter.errors import Invalid
from tests.support.waiting import until

OPENING = (
    b"agi_network: yes\nagi_network_script: reception\nagi_request: agi://127.0.0.1/reception\n"
    b"agi_channel: PJSIP/trunk-00000001\nagi_callerid: 13800138000\nagi_calleridname: \xe6\x9d\x8e\xe5\xa8\x9c\n"
    b"agi_accountcode: orders\nagi_arg_1: orders\n\n"
)


def events_of(*pieces: bytes) -> list[Event]:
    reader = AgiReader()
    return [event for piece in pieces for event in reader.feed(piece)]


# --- the protocol without sockets ---


def test_the_opening_block_is_read_with_a_chinese_name() -> None:
    [opened] = events_of(OPENING)
    assert isinstance(opened, Opened)
    assert opened.request["calleridname"] == "李娜"
    assert opened.request["arg_1"] == "orders"


@given(st.lists(st.integers(0, len(OPENING) + 60), max_size=8))
def test_any_split_of_the_bytes_gives_the_same_events(cuts: list[int]) -> None:
    whole = OPENING + b"200 result=1 (\xe9\x95\xbf\xe6\xb2\x99)\nHANGUP\n200 result=0\n"
    edges = [0, *sorted(cuts), len(whole)]
    assert events_of(*(whole[a:b] for a, b in itertools.pairwise(edges))) == events_of(whole)


@given(st.binary(max_size=3000))
def test_noise_gives_events_or_one_refusal_and_never_anything_else(noise: bytes) -> None:
    reader = AgiReader()
    try:
        reader.feed(noise)
    except BrokenAgi:
        assert reader.feed(OPENING) == []


def test_a_hang_up_between_a_command_and_its_answer_is_not_the_answer() -> None:
    events = events_of(OPENING, b"HANGUP\n200 result=1\n")
    assert events[1:] == [CallerGone(), Answered(200, "1")]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"200 result=0\n", Answered(200, "0")),
        (b"200 result=1 (a (nested) value)\n", Answered(200, "1", "a (nested) value")),
        (b"200 result=49 endpos=1234\n", Answered(200, "49", "", "endpos=1234")),
        (b"200 result=\n", Answered(200, "")),
        (b"510 Invalid or unknown command\n", Answered(510, text="Invalid or unknown command")),
        (
            b"511 Command Not Permitted on a dead channel\n",
            Answered(511, text="Command Not Permitted on a dead channel"),
        ),
        (
            b"520-Invalid command syntax.  Proper usage follows:\nUsage: SET VARIABLE\n\n520 End of proper usage.\n",
            Answered(
                520, text="Invalid command syntax.  Proper usage follows:\nUsage: SET VARIABLE\n\nEnd of proper usage."
            ),
        ),
    ],
)
def test_answers_of_every_shape(line: bytes, answer: Answered) -> None:
    assert events_of(OPENING, line)[1:] == [answer]


def test_an_answer_that_follows_an_announcement_is_the_only_answer() -> None:
    """GOSUB first answers 100 (app_stack.c, handle_gosub)."""
    _, answer = events_of(OPENING, b"100 result=0 Trying...\n", b"200 result=0 Gosub complete\n")
    assert answer == Answered(200, "0", text="Gosub complete")


def test_the_end_is_an_event_that_occurs_once() -> None:
    reader = AgiReader()
    reader.feed(b"agi_network: yes\n")
    assert reader.end() == [Ended(midway=True)]
    assert reader.end() == []
    assert AgiReader().end() == [Ended(midway=False)]


@pytest.mark.parametrize(
    "flood",
    [b"x" * (LINE_LIMIT + 1), b"agi_a: b\n" + b"".join(b"agi_%d: x\n" % n for n in range(REQUEST_LINES)) + b"\n"],
)
def test_a_flood_is_refused_and_not_stored(flood: bytes) -> None:
    with pytest.raises(BrokenAgi):
        events_of(flood)


def test_a_name_of_4_kb_still_passes() -> None:
    [opened] = events_of(b"agi_calleridname: " + b"n" * 4096 + b"\n\n")
    assert isinstance(opened, Opened)
    assert len(opened.request["calleridname"]) == 4096


@pytest.mark.parametrize("text", ["a\rb", "a\nSET VARIABLE X 1", "a\0b"])
def test_a_line_break_never_reaches_asterisk(text: str) -> None:
    with pytest.raises(Invalid):
        encode("SET VARIABLE", "CC_QUEUE", text)


def test_quotes_and_backslashes_stay_inside_their_argument() -> None:
    assert encode("SET VARIABLE", "CC_X", 'say "hi" \\ now') == b'SET VARIABLE "CC_X" "say \\"hi\\" \\\\ now"\n'


def test_a_command_that_asterisk_would_split_is_refused() -> None:
    with pytest.raises(Invalid):
        encode("SET VARIABLE", "CC_X", "长" * 700)


# --- the server ---


@asynccontextmanager
async def serving(script: Script, *, seconds: float = 5.0, most: int = 10) -> AsyncIterator[FastAgiServer]:
    server = FastAgiServer("127.0.0.1", 0, {"reception": script}, seconds=seconds, most=most)
    await server.start()
    try:
        yield server
    finally:
        await server.close(drain_seconds=0.5)


async def calling(server: FastAgiServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def test_a_script_asks_and_is_answered_while_the_caller_hangs_up() -> None:
    heard: list[tuple[str, bool]] = []

    async def script(channel: AgiChannel) -> None:
        first = await channel.command("SET VARIABLE", "CC_QUEUE", "orders")
        heard.append((first.result, channel.caller_gone))
        second = await channel.command("NOOP")
        heard.append((str(second.code), channel.caller_gone))

    async with serving(script) as server:
        reader, writer = await calling(server)
        writer.write(OPENING)
        assert await reader.readline() == b'SET VARIABLE "CC_QUEUE" "orders"\n'
        writer.write(b"HANGUP\n200 result=1\n")
        assert await reader.readline() == b"NOOP\n"
        writer.write(b"511 Command Not Permitted on a dead channel\n")
        assert await reader.read() == b""
        writer.close()
    assert heard == [("1", True), ("511", True)]


async def nothing(channel: AgiChannel) -> None:
    """A script that has nothing to do."""


async def test_a_port_check_does_not_freeze_the_service() -> None:
    """panoramisk 1.4 spins forever at the end of the stream; here the loop continues and the task has ended."""
    async with serving(nothing) as server:
        for opening in (b"", b"agi_network: yes\n", b"agi_network"):
            _, writer = await calling(server)
            writer.write(opening)
            writer.close()
            await writer.wait_closed()
        ticks = 0
        async with asyncio.timeout(5):
            while server.busy or ticks < 20:
                await asyncio.sleep(0.005)
                ticks += 1
        assert server.busy == 0


async def test_a_silent_peer_is_disconnected_after_the_limit() -> None:
    async with serving(nothing, seconds=0.1) as server:
        reader, writer = await calling(server)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_one_caller_too_many_is_turned_away_at_once_and_the_others_are_served() -> None:
    async with serving(nothing, most=1) as server:
        reader, writer = await calling(server)
        await until(lambda: server.busy == 1)
        late_reader, late_writer = await calling(server)
        assert await late_reader.read() == b""
        late_writer.close()
        writer.write(OPENING)
        assert await reader.read() == b""
        writer.close()


async def test_a_script_that_fails_ends_its_own_call_only() -> None:
    async def script(channel: AgiChannel) -> None:
        if channel.argument(1) == "orders":
            raise RuntimeError("a bug")
        await channel.command("NOOP")

    async with serving(script) as server:
        broken_reader, broken = await calling(server)
        broken.write(OPENING)
        assert await broken_reader.read() == b""
        reader, writer = await calling(server)
        writer.write(OPENING.replace(b"agi_arg_1: orders", b"agi_arg_1: other"))
        assert await reader.readline() == b"NOOP\n"
        writer.close()
        broken.close()


async def test_garbage_and_unknown_scripts_are_closed_so_that_the_dialplan_goes_on() -> None:
    async with serving(nothing) as server:
        for bytes_ in (b"GET / HTTP/1.1\r\n\r\n", OPENING.replace(b"script: reception", b"script: elsewhere")):
            reader, writer = await calling(server)
            writer.write(bytes_)
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()


async def test_closing_lets_a_running_script_finish_and_ends_a_stuck_one() -> None:
    finished: list[str] = []

    async def script(channel: AgiChannel) -> None:
        await channel.command("NOOP")
        finished.append(channel.argument(1))

    server = FastAgiServer("127.0.0.1", 0, {"reception": script})
    await server.start()
    good_reader, good = await calling(server)
    good.write(OPENING)
    stuck_reader, stuck = await calling(server)
    stuck.write(OPENING)
    await good_reader.readline()
    await stuck_reader.readline()
    closing = asyncio.create_task(server.close(drain_seconds=0.3))
    good.write(b"200 result=0\n")
    async with asyncio.timeout(5):
        await closing
    assert finished == ["orders"]
    assert server.busy == 0
    good.close()
    stuck.close()
