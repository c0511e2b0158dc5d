"""What is on file reaches the routing where the service looks callers up: by a flow, and by the reception without one.

The second way is the one of every line at an Asterisk that the service does not run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from tests.e2e.centre import ORDERS, SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
DIALECT = "xiang-changsha"
SPEAKER, ENGLISH, TEAM, ANYONE = "1001", "1002", "1003", "1004"
SKILLS = {SPEAKER: {DIALECT: 5}, ENGLISH: {"en": 5}, TEAM: {"zh-CN": 5}, ANYONE: {"zh-CN": 5}}
SPOKEN, FOREIGN, VIP, STRANGER = "13999000001", "13999000002", "13999000003", "13999000004"
FLOW = """
name = "plain"
lines = ["orders"]
languages = ["zh-CN", "en"]
start = "language"
[hours]
closed = "message"
nobody = "message"
[steps.language]
kind = "choose"
sets = "language"
say = "menu_intro"
seconds = 2
tries = 1
then = "person"
[steps.language.keys]
1 = "zh-CN"
2 = "en"
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    more = {"CC_CALLBACKS__VIP_TEAM": f'["{TEAM}"]'}
    async with running_centre(tmp_path_factory.mktemp("looked") / "c", more) as running:
        api = running.api
        for agent, skills in SKILLS.items():
            person = await api.get(f"/agents/{agent}")
            await api.put(f"/agents/{agent}", {"name": person["name"], "phones": person["phones"], "skills": skills})
        for number, values in (
            (SPOKEN, {"language": DIALECT}),
            (FOREIGN, {"language": "en"}),
            (VIP, {"standing": "vip"}),
        ):
            await api.post("/customers", {"name": number, "numbers": [f"+86{number}"], **values})
        for queue in ("sales", "orders"):
            await api.put(
                f"/queues/{queue}", {"strategy": "rrmemory", "move_on_at_ring": 4, "dialects": [DIALECT, "en"]}
            )
        line = await api.get("/lines/sales")
        line.pop("code")
        await api.put("/lines/sales", {**line, "own_agent_seconds": 3})
        await running.load_flow(FLOW, "orders")

        async def rendered() -> bool:
            return "cc-reception" in await running.console("dialplan show sales@cc-line")

        await until(rendered, 40, "the other line looks its callers up too", every=0.3)
        yield running


@pytest.mark.parametrize(("line", "dialled"), [("sales", SALES), ("orders", ORDERS)])
async def test_R8_W5_language_dialect_and_standing_on_file_choose_who_is_rung_first(
    centre: RunningCentre, line: str, dialled: str
) -> None:
    quick = answers(0.2, 0.2)
    await centre.staff(line, dict.fromkeys(SKILLS, quick))
    for beside in (DIALECT, "en", "vip"):
        await centre.members(f"{line}.{beside}", *SKILLS)
    served_by = {SPOKEN: SPEAKER, FOREIGN: ENGLISH, VIP: TEAM}
    for prefix in ("", "0"):
        # Each of them is rung at an agent of their own, so they may call at the same time.
        before = len(centre.floor.events())
        async with calls(centre.centre.network, [Caller(prefix + number, dialled) for number in served_by]) as ringing:
            assert await ringing.over(60)
        rang = [seen for seen in centre.floor.events()[before:] if seen.what == "ringing"]
        for number, first in served_by.items():
            assert [seen.party for seen in rang if seen.other == prefix + number] == [first]
