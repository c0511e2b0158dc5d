"""Tests the rendered Asterisk while our service is down, dies or hangs: no caller is lost (R3) or waits in silence."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, phones, silent, transfers
from callcenter.settings import Settings
from tests.support.pbx import ORDERS, SALES, SECRETS, PrivatePbx, private_pbx, site_of

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("alone")
    site = site_of(home, Tree(Settings().pbx_root))
    # The service is asked about each caller of these lines; a line that only queues asks no one (test_ahead.py).
    async with private_pbx(
        home, replace(site, lines=tuple(replace(line, looks_up=True) for line in site.lines))
    ) as pbx:
        yield pbx


@contextlib.asynccontextmanager
async def hanging_reception(port: int) -> AsyncIterator[None]:
    """A server that accepts the connection and then sends nothing."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", port)
    try:
        yield
    finally:
        for writer in taken:
            writer.close()
        server.close()
        await server.wait_closed()


async def test_without_a_reception_the_caller_is_in_the_queue_at_once(alone: PrivatePbx) -> None:
    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        async with calls(alone.network, [Caller("13900000001", SALES, "李小龙")]) as ringing:
            called = await ringing.see("called")
            rang = await floor.see("ringing", "1001")
            assert rang.at - called.at < 1.0
            assert await ringing.over()
        assert rang.other == "13900000001"


async def test_a_reception_that_accepts_and_hangs_costs_the_caller_less_than_two_seconds(alone: PrivatePbx) -> None:
    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        async with (
            hanging_reception(alone.site.agi_port),
            calls(alone.network, [Caller("13900000002", SALES)]) as ringing,
        ):
            called = await ringing.see("called")
            rang = await floor.see("ringing", "1001")
            assert 1.0 < rang.at - called.at < 2.0
            assert await ringing.over()


async def test_a_reception_that_dies_midway_does_not_keep_the_caller(alone: PrivatePbx) -> None:
    def die(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SET VARIABLE CC_ACTION closed\n")
        writer.close()

    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        dying = await asyncio.start_server(die, "127.0.0.1", alone.site.agi_port)
        async with dying, calls(alone.network, [Caller("13900000003", SALES)]) as ringing:
            called = await ringing.see("called")
            rang = await floor.see("ringing", "1001")
            assert rang.at - called.at < 1.0
            await floor.see("answered", "1001")
            assert await ringing.over()


async def test_a_peer_at_another_address_with_the_trunks_name_is_not_the_trunk(alone: PrivatePbx) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(5)
        here = f"127.0.0.2:{stranger.getsockname()[1]}"
        lines = (
            f"INVITE sip:{SALES}@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK-stranger;rport",
            f"From: <sip:trunk@{here}>;tag=1",
            f"To: <sip:{SALES}@127.0.0.1>",
            "Call-ID: stranger@127.0.0.2",
            "CSeq: 1 INVITE",
            f"Contact: <sip:trunk@{here}>",
            "Max-Forwards: 70",
            "Content-Length: 0",
        )
        stranger.sendto("\r\n".join((*lines, "", "")).encode(), ("127.0.0.1", alone.site.sip_port))
        assert stranger.recv(4096).startswith(b"SIP/2.0 401")


async def test_a_silent_phone_hands_the_caller_to_the_next(alone: PrivatePbx) -> None:
    await alone.staff("after_sales", "1001", "1002")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": silent(), "1002": answers(0.2, 0.3)})
        async with calls(alone.network, [Caller("13900000004", SALES)]) as ringing:
            await floor.see("cancelled", "1001")
            await floor.see("answered", "1002")
            assert await ringing.over()


async def test_two_lines_ring_different_agents(alone: PrivatePbx) -> None:
    await alone.staff("after_sales", "1001")
    await alone.staff("orders", "1003")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3), "1003": answers(0.2, 0.3)})
        callers = [Caller("13900000005", SALES), Caller("13900000006", ORDERS)]
        async with calls(alone.network, callers) as ringing:
            assert await ringing.over()
        assert (floor.rang("1001", "13900000005"), floor.rang("1003", "13900000006")) == (1, 1)
        assert (floor.rang("1001"), floor.rang("1003")) == (1, 1)


async def test_a_line_with_an_empty_queue_announces_it_and_ends(alone: PrivatePbx) -> None:
    await alone.staff("orders")
    async with calls(alone.network, [Caller("13900000007", ORDERS, patience=20, talks=20)]) as ringing:
        assert await ringing.over(30) or ringing.events()[-1].what == "refused"
        assert ringing.events()[-1].what in {"was_hung_up", "refused"}


async def test_an_unknown_number_is_refused(alone: PrivatePbx) -> None:
    async with calls(alone.network, [Caller("13900000008", "073100000000", patience=15)]) as ringing:
        await ringing.over(30)
        assert ringing.events()[-1].what in {"was_hung_up", "refused"}


@pytest.mark.parametrize("attended", [False, True])
async def test_an_agent_transfers_the_caller_to_a_colleague(alone: PrivatePbx, attended: bool) -> None:
    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": transfers("1002", 0.2, 0.3, attended), "1002": answers(0.2)})
        async with calls(alone.network, [Caller("13900000009", SALES, talks=4)]) as ringing:
            await floor.see("transferred", "1001")
            await floor.see("answered", "1002")
            assert await ringing.over()
        await floor.see("was_hung_up", "1002")


async def test_a_customer_whose_number_equals_a_phones_name_is_not_asked_for_its_secret(tmp_path: Path) -> None:
    tree = Tree(Settings().pbx_root)
    site = replace(site_of(tmp_path / "p", tree), trunk_host="127.0.0.1")
    async with private_pbx(tmp_path / "p", site) as pbx:
        async with calls(pbx.network, [Caller("1001", SALES, patience=5, talks=1)]) as ringing:
            await ringing.over(20)
        cel = (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_text()
        assert "cc_reception" in cel
        assert "PJSIP/trunk-" in cel
