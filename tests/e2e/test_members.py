"""Two people on one number: both are shown before the answer, the one whose member number was keyed in is marked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.demo.api_client import Json
from callcenter.demo.phones import silent
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.sip import station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
HOME = "073188886005"
FLOW = """
name = "members"
lines = ["sales"]
languages = ["zh-CN"]
start = "who"
[hours]
closed = "message"
nobody = "message"
[steps.who]
kind = "member"
then = "person"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("members") / "c") as running:
        await running.load_flow(FLOW, "sales")
        yield running


async def test_the_agent_sees_all_candidates_and_the_one_by_member_number_before_answering(
    centre: RunningCentre,
) -> None:
    father = await centre.api.post("/customers", {"name": "周父", "numbers": [HOME], "member_number": "10001"})
    son = await centre.api.post(
        "/customers", {"name": "周子", "shared_numbers": [HOME], "member_number": "20002", "standing": "vip"}
    )
    await centre.staff("sales", {"1001": silent()})
    sip = centre.centre.settings.pbx
    async with station((sip.sip_host, sip.sip_port)) as carrier:
        call = await carrier.call(SALES, HOME)
        answered = await call.status(200)
        await until(lambda: call.media.loud_seconds(answered) > 0.3, 20, "the question")
        call.media.press("20002#")
        await centre.floor.see("ringing", "1001", within=40)
        live = (await centre.calls(HOME))[0]
        pop = await centre.api.get(f"/calls/{live['id']}/pop")
        assert pop["identified_by"] == "member_number"
        assert [(person["id"], person["chosen"]) for person in pop["customers"]] == [
            (son["id"], True),
            (father["id"], False),
        ]
        call.hang_up()
    record: Json = await centre.call(HOME, within=20)
    assert (record["identified_by"], record["customer_id"]) == ("member_number", son["id"])
    assert set(record["candidates"]) == {father["id"], son["id"]}
    steps = [(step["step"], step["keys"], step["result"]) for step in record["path"]]
    assert ("who", "*****", "") in steps, "the member number itself is not kept"
    assert ("who", "", f"member_{son['id']}") in steps
