"""Tests the whole loop on a real Asterisk: complaint call, case, verification, scripted return call, closing.

The first return call finds that the problem persists, so the case goes on and there is a second one (F1, F2, K3).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.customers import ANSWERS, customers
from callcenter.demo.phones import answers
from tests.callbacks.console import Console
from tests.callbacks.test_real_calls import SETTINGS
from tests.e2e.centre import SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]
COMPLAINT = {
    "what_happened": "螃蟹收到时已经坏了",
    "severity": "minor",
    "customer_name": "王女士",
    "line": "sales",
    "wanted": "退款",
    "department": "seafood",
}
STATEMENTS = {
    "findings": "仓库温度过高",
    "investigation": "查了监控",
    "proposal": "全额退款",
    "corrective_action": "换冷柜",
    "verification": "已退款到账",
}
STEPS = ("assess", "investigate", "propose", "approve", "correct", "verify")


async def take(running_centre: RunningCentre, case: str, *events: str) -> None:
    for event in events:
        await running_centre.api.post(f"/cases/{case}/steps", {"event": event})


async def state(running_centre: RunningCentre, case: str) -> str:
    return str((await running_centre.api.get(f"/cases/{case}"))["state"])


async def return_call(running_centre: RunningCentre, case: str, seen: set[str]) -> str:
    """The open return call of the case."""
    rows: list[Json] = []

    async def there() -> bool:
        items = await running_centre.api.items("/callbacks", case=case, open="true")
        rows[:] = [entry for entry in items if entry["id"] not in seen]
        return bool(rows)

    await until(there, 10, "the return call of the case", every=0.1)
    seen.add(rows[0]["id"])
    return str(rows[0]["id"])


async def talk(running_centre: RunningCentre, agent: Console, id: str, solved: bool) -> Json:
    """Dial, follow the script to its end, evaluate, hang up."""
    await agent.post(f"/callbacks/{id}/claim", {})
    await agent.post(f"/callbacks/{id}/dial")

    async def talking() -> bool:
        return bool((await agent.get(f"/callbacks/{id}"))["state"] == "talking")

    await until(talking, 10, "agent and customer talk", every=0.1)
    await agent.post(f"/callbacks/{id}/script", {})
    given = {"introduction": {"convenient": "yes"}, "experience": {"satisfaction": 5 if solved else 1}}
    given |= {"suggestions": {"solved": "yes" if solved else "no"}}
    given |= {} if solved else {"problem": {"problem": "退款还没有到账"}}
    for step, answered in {**given, "hotline": {}, "goodbye": {}}.items():
        await agent.put(f"/callbacks/{id}/script/{step}", {"answers": answered})
    # The evaluation is the result: the customer's answers need no second entry by the agent.
    evaluation = await agent.post(f"/callbacks/{id}/evaluation", {})
    await running_centre.console("channel request hangup all")
    return evaluation


async def sign(running_centre: RunningCentre, case: str, passwords: dict[str, str]) -> None:
    """Each signature by its own person, with their password."""
    for place, login in (("receiver", "lilei"), ("handler", "hanmei"), ("centre", "zhou")):
        async with Console(running_centre.centre.origin, login, passwords[login]) as person:
            await person.post(f"/cases/{case}/signatures/{place}", {"password": passwords[login]})


async def test_F1_F2_K3_from_a_complaint_call_to_a_closed_case(tmp_path: Path) -> None:
    async with running_centre(tmp_path / "loop", SETTINGS, ("1001",)) as running:
        centre, seen = running.centre, set[str]()
        password = await centre.account("lilei", "李雷", "agent", "1001")
        passwords = {
            "lilei": password,
            "hanmei": await centre.account("hanmei", "韩梅", "agent"),
            "zhou": await centre.account("zhou", "周敏", "supervisor"),
        }
        async with (
            customers(centre.network, centre.ports["CC_PBX__TRUNK_PORT"]),
            Console(centre.origin, "lilei", password) as agent,
        ):
            await running.staff("sales", {"1001": answers(0.3)})
            async with calls(centre.network, [Caller(ANSWERS, SALES, "王女士", talks=3)]) as ringing:
                assert await ringing.over()
            complaint = await running.call(ANSWERS)
            await running.api.put("/departments/seafood", {"code": "seafood", "name": "水产部"})
            case = (await agent.post("/cases", {**COMPLAINT, "call": complaint["id"]}))["number"]
            for name, text in STATEMENTS.items():
                await running.api.put(f"/cases/{case}/statements/{name}", {"text": text})
            handler = next(entry for entry in await running.api.items("/people") if entry["login"] == "hanmei")
            await running.api.put(f"/cases/{case}/owner", {"owner": handler["id"]})
            await take(running, case, *STEPS)
            assert await state(running, case) == "verified"

            await talk(running, agent, await return_call(running, case, seen), solved=False)
            await until(lambda: _is(running, case, "investigating"), 10, "the case goes on", every=0.1)
            await take(running, case, *STEPS[2:])
            evaluation = await talk(running, agent, await return_call(running, case, seen), solved=True)
            await until(lambda: _is(running, case, "called_back"), 10, "the case waits for its signatures", every=0.1)
            await sign(running, case, passwords)
            await until(lambda: _is(running, case, "closed"), 10, "the case is closed", every=0.1)

            answer = await running.api.get(f"/cases/{case}")
            assert (answer["confirmed"], answer["satisfaction"]) == (True, 5)
            assert evaluation["case"] == case
            done = [await running.api.get(f"/callbacks/{id}") for id in seen]
            assert {entry["result"] for entry in done} == {"problem", "confirmed"}
            [figures] = await running.api.items("/callback-figures", by="department")
            assert (figures["group"], figures["confirmed"]["hits"], figures["confirmed"]["count"]) == ("seafood", 1, 2)
            attached = str(await running.api.get(f"/cases/{case}/attachments"))
            assert complaint["id"] in attached


async def _is(running_centre: RunningCentre, case: str, conditions: str) -> bool:
    return await state(running_centre, case) == conditions
