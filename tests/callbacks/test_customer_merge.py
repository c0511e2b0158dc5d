"""Tests return calls when two files of one customer are merged."""

from __future__ import annotations

import pytest
import pytest_asyncio

from callcenter.callbacks.customer_merge import CustomerMerged
from callcenter.callbacks.model import State
from callcenter.callbacks.queries import CallbackFilter, Reading
from callcenter.customers.model import Customer
from callcenter.errors import IllegalTransition
from callcenter.storage.database import Database
from tests.callbacks.centre import CUSTOMER, OTHER, CallbackCentre, candidate, request
from tests.support.rooms import CHIEF, person


@pytest_asyncio.fixture
async def centre(database: Database) -> CallbackCentre:
    return CallbackCentre(database)


async def two_files(centre: CallbackCentre) -> tuple[str, str]:
    files = [await centre.rooms.customers.add(Customer("王芳", (number,)), CHIEF) for number in (CUSTOMER, OTHER)]
    return files[0].id, files[1].id


async def test_open_return_calls_go_over_to_the_file_that_stays(centre: CallbackCentre) -> None:
    gone, staying = await two_files(centre)
    item = (await centre.requests.make(request(CUSTOMER))).item
    work = CustomerMerged(centre.database, centre.service).work
    for _ in range(2):
        await work({"customer": gone, "into": staying})
    reading = Reading(centre.database, centre.clock)
    assert [row.id for row in await reading.find(CallbackFilter(customers=(staying,)))] == [item]
    assert [row.id for row in await reading.newest(CallbackFilter(customers=(staying,)))] == [item]
    joined = await centre.requests.make(request(OTHER))
    assert (joined.item, joined.joined) == (item, True)


async def test_one_matter_of_one_customer_is_called_about_once(centre: CallbackCentre) -> None:
    gone, staying = await two_files(centre)
    first = (await centre.requests.make(request(CUSTOMER))).item
    second = (await centre.requests.make(request(OTHER))).item
    await CustomerMerged(centre.database, centre.service).work({"customer": gone, "into": staying})
    states = {row.id: row.state for row in await centre.rows()}
    assert states == {first: State.WITHDRAWN, second: State.QUEUED}


async def test_while_the_customer_is_on_the_phone_the_merging_waits(centre: CallbackCentre) -> None:
    gone, staying = await two_files(centre)
    first = (await centre.requests.make(request(CUSTOMER))).item
    await centre.requests.make(request(OTHER))
    await centre.service.claim(first, candidate("1001"), person("1001"))
    async with centre.database.write() as session:
        row = await session.get_one(type(await centre.row(first)), first)
        row.state = State.TALKING
    with pytest.raises(IllegalTransition):
        await CustomerMerged(centre.database, centre.service).work({"customer": gone, "into": staying})
    assert (await centre.row(first)).state == State.TALKING
