"""What becomes of return calls when two files of one customer become one."""

from __future__ import annotations

import pytest
import pytest_asyncio

from callcenter.callbacks.customer_merge import CustomerMerged
from callcenter.callbacks.model import State
from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.customers.model import Customer
from callcenter.errors import IllegalTransition
from callcenter.storage.database import Database
from tests.callbacks.desk import CUSTOMER, OTHER, Desk, candidate, request
from tests.support.rooms import CHIEF, person


@pytest_asyncio.fixture
async def desk(database: Database) -> Desk:
    return Desk(database)


async def two_files(desk: Desk) -> tuple[str, str]:
    files = [await desk.rooms.customers.add(Customer("王芳", (number,)), CHIEF) for number in (CUSTOMER, OTHER)]
    return files[0].id, files[1].id


async def test_open_return_calls_go_over_to_the_file_that_stays(desk: Desk) -> None:
    gone, kept = await two_files(desk)
    item = (await desk.requests.make(request(CUSTOMER))).item
    work = CustomerMerged(desk.database, desk.service).work
    for _ in range(2):
        await work({"customer": gone, "into": kept})
    reading = Reading(desk.database, desk.clock)
    assert [row.id for row in await reading.find(CallbackFilter(customers=(kept,)))] == [item]
    assert [row.id for row in await reading.newest(CallbackFilter(customers=(kept,)))] == [item]
    joined = await desk.requests.make(request(OTHER))
    assert (joined.item, joined.joined) == (item, True)


async def test_one_matter_of_one_customer_is_called_about_once(desk: Desk) -> None:
    gone, kept = await two_files(desk)
    first = (await desk.requests.make(request(CUSTOMER))).item
    second = (await desk.requests.make(request(OTHER))).item
    await CustomerMerged(desk.database, desk.service).work({"customer": gone, "into": kept})
    states = {row.id: row.state for row in await desk.rows()}
    assert states == {first: State.WITHDRAWN, second: State.QUEUED}


async def test_while_the_customer_is_on_the_phone_the_merging_waits(desk: Desk) -> None:
    gone, kept = await two_files(desk)
    first = (await desk.requests.make(request(CUSTOMER))).item
    await desk.requests.make(request(OTHER))
    await desk.service.claim(first, candidate("1001"), person("1001"))
    async with desk.database.write() as session:
        row = await session.get_one(type(await desk.row(first)), first)
        row.state = State.TALKING
    with pytest.raises(IllegalTransition):
        await CustomerMerged(desk.database, desk.service).work({"customer": gone, "into": kept})
    assert (await desk.row(first)).state == State.TALKING
