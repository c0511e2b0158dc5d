"""Real calls through the sample flows: a real Asterisk, a telephone that presses keys, the runner beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Queue
from callcenter.kit.hours import ALWAYS_OPEN
from callcenter.settings import Settings
from tests.support.flows import Front, books, front, record_tones, sample
from tests.support.pbx import ORDERS, SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip import Station, station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("flow") / "p"
    tree = Tree(Settings().pbx_root)
    site = site_of(home, tree)
    site = replace(
        site,
        lines=(
            Line("after_sales", (SALES,), "after_sales", asks=True),
            Line("orders", (ORDERS,), "orders", asks=True),
        ),
        queues=(Queue("after_sales", "linear", 2), Queue("orders", "linear", 2)),
    )
    await asyncio.to_thread(record_tones, home)
    async with private_pbx(home, site) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reception(pbx: PrivatePbx) -> AsyncIterator[Front]:
    """The hotline on one line, two languages on the other; agents are on duty for both."""
    snapshot = books(
        [sample("hotline", "after_sales"), sample("two_languages", "orders")],
        {"after_sales": ALWAYS_OPEN, "orders": ALWAYS_OPEN},
        {"after_sales": ["1001"], "orders": ["1001"]},
    )
    async with front(pbx.site.agi_port, snapshot) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(pbx: PrivatePbx) -> AsyncIterator[Station]:
    async with station(("127.0.0.1", pbx.site.sip_port)) as made:
        yield made


def cel(pbx: PrivatePbx, caller: str) -> list[str]:
    """The user events of the calls from a number, in order: `type,extra`."""
    rows = [json.loads(line) for line in (pbx.pbx.home / "log/cel-custom/cel.jsonl").read_text().splitlines()]
    rows = [row.get("cel", row) for row in rows]
    calls = {row["linkedid"] for row in rows if row.get("num") == caller}
    return [row["userdeftype"] for row in rows if row.get("linkedid") in calls and row.get("userdeftype")]


async def test_a_key_pressed_during_the_greeting_leads_to_the_queue_and_stands_on_the_record(
    pbx: PrivatePbx, reception: Front, carrier: Station
) -> None:
    await pbx.staff("after_sales", "1001")
    async with station(("127.0.0.1", pbx.site.sip_port), "1001", SECRETS["1001"]) as phone:
        await phone.register()
        call = await carrier.call(SALES, "13922000101")
        answered = await call.status(200)
        await until(lambda: call.media.loud_seconds(answered) > 0.5, 5, "the greeting")
        call.media.press("0")
        agent = await phone.called(within=5)
        agent.answer()
        await agent.acknowledged()
        call.hang_up()
    assert [event for event in cel(pbx, "13922000101") if "cc_path" in event]
