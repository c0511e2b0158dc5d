"""Tests that the fake PBX of these tests behaves like a real Asterisk: the same steps on both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from callcenter import clock
from callcenter.asterisk.ami_errors import AmiClosed
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.control import Control
from callcenter.asterisk.install import Tree
from callcenter.callbacks.dialling.dial_outcome import alive, conversing
from callcenter.callbacks.dialling.ports import Pbx
from callcenter.demo import customers as town
from callcenter.demo.api_client import until
from callcenter.demo.customers import customers
from callcenter.demo.phones import answers, phones
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from tests.callbacks.centre import TEN
from tests.callbacks.fake_pbx import FakePbx
from tests.support.pbx import SECRETS, private_pbx, site_of
from tests.support.rooms import SetClock

pytestmark = pytest.mark.asyncio(loop_scope="module")
Answer = Callable[[str], Awaitable[None]]


@dataclass
class Side:
    """A PBX; `answer` makes agent and customer answer, `hang_up` ends everything, `lose` cuts the connection."""

    pbx: Pbx
    answer: Answer
    hang_up: Callable[[], Awaitable[object]]
    lose: Callable[[], Awaitable[object]]


async def real(stack: AsyncExitStack, home: Path) -> Side:
    port, tree = free_port(), Tree(Settings().pbx_root)
    site = replace(site_of(home, tree), trunk_port=port)
    running = await stack.enter_async_context(private_pbx(home, site))
    await stack.enter_async_context(customers(running.network, port))
    floor = await stack.enter_async_context(phones(running.network, SECRETS))
    await floor.register({"1001": answers(0.3)})
    login = AmiLogin(site.ami_host, site.ami_port, site.control_user, site.control_secret, False)
    control = Control(login, clock.now)
    task = asyncio.create_task(control.run(), name="control")

    async def lose() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(lose)
    await control.ready.wait()

    async def answer(_: str) -> None:
        return

    return Side(control, answer, lambda: running.console("channel request hangup all"), lose)


async def fake() -> Side:
    pbx = FakePbx(SetClock(TEN))

    async def answer(intent: str) -> None:
        pbx.dials[intent].agent_answered = pbx.dials[intent].customer_answered = True

    async def hang_up() -> None:
        for dial in pbx.living():
            dial.over = True

    async def lose() -> None:
        pbx.connected = False

    return Side(pbx, answer, hang_up, lose)


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["fake", pytest.param("real", marks=pytest.mark.pbx)]
)
async def side(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    async with AsyncExitStack() as stack:
        yield await fake() if request.param == "fake" else await real(stack, tmp_path_factory.mktemp("contract"))


async def test_a_dial_is_found_by_its_intent_a_conversation_is_seen_and_its_end_too(side: Side) -> None:
    intent, stranger = uuid4().hex, uuid4().hex
    assert not alive(await side.pbx.channels(), intent)
    variables = {"CC_LINE": "orders", "CC_RING": "5", "CC_ITEM": "item"}
    await side.pbx.originate(intent, "PJSIP/1001", "cc-callback", town.ANSWERS, "return-call", variables)

    async def rings() -> bool:
        return alive(await side.pbx.channels(), intent)

    await until(rings, 3, "the dial is on the PBX")
    await side.answer(intent)

    async def talks() -> bool:
        return conversing(await side.pbx.channels(), intent)

    await until(talks, 5, "agent and customer talk")
    assert not alive(await side.pbx.channels(), stranger)
    await side.hang_up()

    async def gone() -> bool:
        return not alive(await side.pbx.channels(), intent)

    await until(gone, 5, "the call is over")


async def test_without_a_connection_nothing_is_sent_and_nothing_can_be_asked(side: Side) -> None:
    await side.lose()
    with pytest.raises(AmiClosed):
        await side.pbx.originate(uuid4().hex, "PJSIP/1001", "cc-callback", town.ANSWERS, "return-call", {})
    with pytest.raises(AmiClosed):
        await side.pbx.channels()
