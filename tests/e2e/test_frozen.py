"""R7: the service or its reception is killed, or stopped at any instant, while callers are in a menu: real calls."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.demo.api_client import until as until_state
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.e2e.test_waiting import hears
from tests.support.flows import sample
from tests.support.sip import Call, Station, station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("frozen")
    async with running_centre(folder / "c") as running:
        await running.api.put("/queues/sales", {"strategy": "linear", "max_wait_seconds": 600})
        await running.load_flow(sample("hotline", "sales"), "sales")
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(centre: RunningCentre) -> AsyncIterator[Station]:
    settings = centre.centre.settings
    async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as caller:
        yield caller


def reception_of(service: int) -> int:
    """The service's process that answers AGI."""
    for child in Path(f"/proc/{service}/task/{service}/children").read_text().split():
        if b"ivr.process" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise AssertionError("there is no reception")


@contextlib.contextmanager
def stopped(processes: Sequence[int]) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


async def signed_in(centre: RunningCentre) -> None:
    """One agent is on duty, whose phone is unreachable: the callers stay in the queue."""
    with contextlib.suppress(Exception):
        await centre.shift("1001", "sales")
    await centre.api.put("/agents/1001/presence", {"state": "available"})

    async def member() -> bool:
        return "PJSIP/1001" in await centre.console("queue show sales")

    await until_state(member, 20, "a member", every=0.2)


async def in_menu(centre: RunningCentre, carrier: Station, number: str) -> Call:
    call = await carrier.call(SALES, number)
    await call.status(200)
    await hears(centre, call, "greeting")
    return call


async def in_queue(centre: RunningCentre, calls: int) -> None:
    """So many callers wait in the queue; the limit is far below the longest question."""

    async def there() -> bool:
        return f"has {calls} calls" in await centre.console("queue show sales")

    await until_state(there, 60, f"{calls} callers in the queue", every=0.2)


async def over(centre: RunningCentre, calls: Sequence[Call]) -> None:
    for call in calls:
        call.hang_up()
    await in_queue(centre, 0)


async def test_R7_callers_of_a_stopped_reception_go_on_in_the_queue_and_another_one_is_started(
    centre: RunningCentre, carrier: Station
) -> None:
    await signed_in(centre)
    service = centre.centre.service_pid
    reception = reception_of(service)
    silent, pressing = [await in_menu(centre, carrier, f"1392260000{place}") for place in (1, 2)]
    with stopped([reception]):
        pressing.media.press("3")
        new = await carrier.call(SALES, "13922600003")
        await in_queue(centre, 3)
        assert not any(call.ended for call in (silent, pressing, new))

        async def another() -> bool:
            with contextlib.suppress(AssertionError, OSError):
                return reception_of(service) != reception
            return False

        await until_state(another, 60, "another reception", every=0.3)
    await over(centre, [silent, pressing, new])
    again = await in_menu(centre, carrier, "13922600004")
    await over(centre, [again])
    for place in (1, 2, 3):
        record = await centre.call(f"1392260000{place}", within=30)
        assert record["outcome"] == "abandoned", record


async def test_R7_callers_of_a_service_that_is_stopped_as_a_whole_go_on_in_the_queue(
    centre: RunningCentre, carrier: Station
) -> None:
    await signed_in(centre)
    service = centre.centre.service_pid
    caught = await in_menu(centre, carrier, "13922600011")
    with stopped([service, reception_of(service)]):
        caught.media.press("0")
        new = await carrier.call(SALES, "13922600012")
        await in_queue(centre, 2)
    await over(centre, [caught, new])
    for place in (1, 2):
        assert (await centre.call(f"1392260001{place}", within=30))["outcome"] == "abandoned"


async def test_R7_callers_of_a_killed_service_go_on_in_the_queue_and_it_knows_of_each_when_it_is_back(
    centre: RunningCentre, carrier: Station
) -> None:
    await signed_in(centre)
    caught = [await in_menu(centre, carrier, f"1392260002{place}") for place in (1, 2)]
    os.kill(centre.centre.service_pid, signal.SIGKILL)
    caught[0].media.press("1")
    new = await carrier.call(SALES, "13922600023")
    await in_queue(centre, 3)
    assert not any(call.ended for call in (*caught, new))
    await over(centre, [*caught, new])
    await centre.centre.kill()
    await centre.centre.start()
    for place in (1, 2, 3):
        record = await centre.call(f"1392260002{place}", within=40)
        assert record["outcome"] == "abandoned", record
