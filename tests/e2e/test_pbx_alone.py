"""The rendered Asterisk while our service is down, dies or hangs: no caller is lost (R3), none waits in silence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Phone, Queue, Site, render
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers, phones, silent, transfers
from callcenter.demo.sipp import Network, free_port
from callcenter.settings import Settings
from tests.plain_pbx import free_tcp_port

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]
SECRETS = {number: f"secret-{number}" for number in ("1001", "1002", "1003")}
SALES, ORDERS = "073188880001", "073188880002"


@dataclass(frozen=True, slots=True)
class Alone:
    """A PBX of ours with two lines, three phones and no service."""

    pbx: Embedded
    network: Network
    agi_port: int

    def console(self, words: str) -> str:
        return self.pbx.console(words)

    async def staff(self, queue: str, *agents: str) -> None:
        """Put just these agents' phones into a queue."""
        for number in SECRETS:
            await asyncio.to_thread(self.pbx.console, f"queue remove member PJSIP/{number} from {queue}", check=False)
        for number in agents:
            command = f"queue add member PJSIP/{number} to {queue} penalty 0 as {number}"
            await asyncio.to_thread(self.pbx.console, command)


def site_of(home: Path, tree: Tree, sip_port: int, agi_port: int) -> Site:
    rtp = 40000 + sip_port % 10000 * 2
    return Site(
        name="pbx1", home=str(home), modules=str(tree.modules), data=str(tree.data), ami_host="127.0.0.1",
        ami_port=free_tcp_port(), events_user="cc-events", events_secret="e" * 20, control_user="cc-control",
        control_secret="c" * 20, sip_host="127.0.0.1", sip_port=sip_port, http_port=free_tcp_port(), rtp_start=rtp,
        rtp_end=rtp + 400, agi_host="127.0.0.1", agi_port=agi_port,
        phones=tuple(Phone(number, secret, number) for number, secret in SECRETS.items()),
        lines=(Line("after_sales", (SALES,), "after_sales"), Line("orders", (ORDERS,), "orders")),
        queues=(Queue("after_sales", "linear", 2), Queue("orders", "linear", 2)),
    )  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Alone]:
    home: Path = tmp_path_factory.mktemp("alone")
    tree, sip_port, agi_port = Tree(Settings().pbx_root), free_port(), free_tcp_port()
    pbx = Embedded(home, tree)
    pbx.write(render(site_of(home, tree, sip_port, agi_port)))
    await asyncio.to_thread(pbx.start)
    try:
        yield Alone(pbx, Network(tuple(tree.program("sipp")), "127.0.0.1", sip_port, home / "sipp"), agi_port)
    finally:
        await asyncio.to_thread(pbx.stop)


@contextlib.asynccontextmanager
async def hanging_reception(port: int) -> AsyncIterator[None]:
    """A server that takes the connection and then says nothing."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", port)
    try:
        yield
    finally:
        for writer in taken:
            writer.close()
        server.close()
        await server.wait_closed()


async def test_with_nobody_at_the_reception_the_caller_is_in_the_queue_at_once(alone: Alone) -> None:
    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        async with calls(alone.network, [Caller("13900000001", SALES, "李小龙")]) as ringing:
            called = await ringing.see("called")
            rang = await floor.see("ringing", "1001")
            assert rang.at - called.at < 1.0
            assert await ringing.over()
        assert rang.other == "13900000001"


async def test_a_reception_that_accepts_and_hangs_costs_the_caller_two_seconds(alone: Alone) -> None:
    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        async with hanging_reception(alone.agi_port), calls(alone.network, [Caller("13900000002", SALES)]) as ringing:
            called = await ringing.see("called")
            rang = await floor.see("ringing", "1001")
            assert 1.0 < rang.at - called.at < 3.0
            assert await ringing.over()


async def test_a_reception_that_dies_midway_does_not_keep_the_caller(alone: Alone) -> None:
    def die(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SET VARIABLE CC_ACTION closed\n")
        writer.close()

    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3)})
        dying = await asyncio.start_server(die, "127.0.0.1", alone.agi_port)
        async with dying, calls(alone.network, [Caller("13900000003", SALES)]) as ringing:
            await floor.see("answered", "1001")
            assert await ringing.over()


async def test_a_silent_phone_hands_the_caller_to_the_next(alone: Alone) -> None:
    await alone.staff("after_sales", "1001", "1002")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": silent(), "1002": answers(0.2, 0.3)})
        async with calls(alone.network, [Caller("13900000004", SALES)]) as ringing:
            await floor.see("cancelled", "1001")
            await floor.see("answered", "1002")
            assert await ringing.over()


async def test_two_lines_ring_different_agents(alone: Alone) -> None:
    await alone.staff("after_sales", "1001")
    await alone.staff("orders", "1003")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": answers(0.2, 0.3), "1003": answers(0.2, 0.3)})
        callers = [Caller("13900000005", SALES), Caller("13900000006", ORDERS)]
        async with calls(alone.network, callers) as ringing:
            assert await ringing.over()
        assert (floor.rang("1001", "13900000005"), floor.rang("1003", "13900000006")) == (1, 1)
        assert (floor.rang("1001"), floor.rang("1003")) == (1, 1)


async def test_a_line_with_nobody_in_its_queue_says_so_and_ends(alone: Alone) -> None:
    await alone.staff("orders")
    async with calls(alone.network, [Caller("13900000007", ORDERS, patience=20, talks=20)]) as ringing:
        assert await ringing.over(30) or ringing.events()[-1].what == "refused"
        assert ringing.events()[-1].what in {"was_hung_up", "refused"}


async def test_a_number_of_nobodys_is_refused(alone: Alone) -> None:
    async with calls(alone.network, [Caller("13900000008", "073100000000", patience=15)]) as ringing:
        await ringing.over(30)
        assert ringing.events()[-1].what in {"was_hung_up", "refused"}


@pytest.mark.parametrize("attended", [False, True])
async def test_an_agent_transfers_the_caller_to_a_colleague(alone: Alone, attended: bool) -> None:
    await alone.staff("after_sales", "1001")
    async with phones(alone.network, SECRETS) as floor:
        await floor.register({"1001": transfers("1002", 0.2, 0.3, attended), "1002": answers(0.2)})
        async with calls(alone.network, [Caller("13900000009", SALES, talks=4)]) as ringing:
            await floor.see("transferred", "1001")
            await floor.see("answered", "1002")
            assert await ringing.over()
        await floor.see("was_hung_up", "1002")
