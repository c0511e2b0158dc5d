"""Tests R8 on a real Asterisk: a dialect caller reaches a speaker, one of the group, then anyone; a team takes VIPs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import Temper, answers, silent
from tests.e2e.centre import SALES, RunningCentre, running_centre

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
DIALECT = "xiang-changsha"
SPOKEN, VIP, OTHER = "13944000001", "13944000002", "13944000003"
SPEAKER, NEIGHBOUR, ANYONE, TEAM = "1001", "1002", "1003", "1004"
SKILLS = {SPEAKER: {DIALECT: 5}, NEIGHBOUR: {"xiang-loudi": 5}, ANYONE: {"zh-CN": 5}, TEAM: {"zh-CN": 5}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    more = {"CC_CALLBACKS__VIP_TEAM": f'["{TEAM}"]', "CC_POLICY__RUNG_SECONDS": "3"}
    async with running_centre(tmp_path_factory.mktemp("house"), more) as running:
        api = running.api
        for agent, skills in SKILLS.items():
            person = await api.get(f"/agents/{agent}")
            await api.put(f"/agents/{agent}", {"name": person["name"], "phones": person["phones"], "skills": skills})
        await api.post("/customers", {"name": "周", "numbers": [f"+86{SPOKEN}"], "language": "Xiang-Changsha"})
        await api.post("/customers", {"name": "星城", "numbers": [f"+86{VIP}"], "standing": "vip"})
        await api.put("/queues/sales", {"strategy": "rrmemory", "move_on_at_ring": 4, "dialects": [DIALECT]})

        async def known() -> bool:
            listing = await running.console("dialplan show cc-caller")
            return f"n{SPOKEN}" in listing and f"n{VIP}" in listing

        await until(known, 40, "both callers are known to the dialplan", every=0.5)
        yield running


async def serving(centre: RunningCentre, number: str, **tempers: Temper) -> list[str]:
    """The phones that ring for one call, in order, with these agents on duty; the last one answers."""
    on_duty = {name.removeprefix("a"): temper for name, temper in tempers.items()}
    await centre.staff("sales", on_duty)
    for beside in (f"sales.{DIALECT}", "sales.vip"):
        await centre.members(beside, *on_duty)
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(number, SALES)]) as ringing:
        assert await ringing.over(70)
    return [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing" and seen.other == number]


async def test_R8_a_speaker_of_the_dialect_is_rung_first_however_many_others_are_free(centre: RunningCentre) -> None:
    quick = answers(0.2, 0.2)
    for _ in range(3):
        assert await serving(centre, f"0{SPOKEN}", a1001=quick, a1002=quick, a1003=quick) == [SPEAKER]
    (newest, *_) = await centre.calls(f"0{SPOKEN}")
    assert newest["line"] == "sales"


async def test_R8_without_a_speaker_on_duty_the_group_is_rung_at_once_and_then_anyone(centre: RunningCentre) -> None:
    assert await serving(centre, SPOKEN, a1002=answers(0.2, 0.2), a1003=answers(0.2, 0.2)) == [NEIGHBOUR]
    assert await serving(centre, SPOKEN, a1003=answers(0.2, 0.2)) == [ANYONE]


async def test_R8_the_next_rung_opens_when_the_speaker_does_not_answer(centre: RunningCentre) -> None:
    rang = await serving(centre, SPOKEN, a1001=silent(), a1002=answers(0.2, 0.2))
    assert rang == [SPEAKER, NEIGHBOUR], "R1: the speaker is not rung again before the next one"


async def test_R1_a_caller_is_not_kept_for_a_speaker_who_is_busy(centre: RunningCentre) -> None:
    """The speaker talks to another caller for long: the standard language takes over before the last ring."""
    # Signed in again: the speaker's phone, which rang in vain before, is no longer behind the others.
    await centre.staff("sales", {})
    await centre.staff("sales", {SPEAKER: answers(0.1, 12), ANYONE: answers(0.1, 0.2)})
    await centre.members(f"sales.{DIALECT}", SPEAKER, ANYONE)
    numbers = [f"+86{SPOKEN}", f"86{SPOKEN}"]
    async with calls(centre.centre.network, [Caller(numbers[0], SALES)]) as first:
        await centre.floor.see("answered", SPEAKER, caller=numbers[0])
        async with calls(centre.centre.network, [Caller(numbers[1], SALES)]) as second:
            await centre.floor.see("answered", ANYONE, caller=numbers[1])
            assert await second.over(30)
        assert await first.over(30)
    record = await centre.call(numbers[1])
    assert (record["agent"], record["late"]) == (ANYONE, False)


async def test_R11_callers_without_a_dialect_are_served_by_everyone(centre: RunningCentre) -> None:
    await centre.staff("sales", {SPEAKER: answers(0.2, 4), ANYONE: answers(0.2, 4)})
    callers = [Caller(number, SALES) for number in (OTHER, f"{OTHER[:-1]}4")]
    async with calls(centre.centre.network, callers) as ringing:
        assert await ringing.over(40)
    numbers = {caller.number for caller in callers}
    rang = {seen.party for seen in centre.floor.events() if seen.what == "answered" and seen.other in numbers}
    assert rang == {SPEAKER, ANYONE}


async def test_W5_the_team_takes_a_vip_first_and_everyone_else_when_it_is_not_on_duty(centre: RunningCentre) -> None:
    quick = answers(0.2, 0.2)
    for _ in range(3):
        assert await serving(centre, VIP, a1003=quick, a1004=quick) == [TEAM]
    assert await serving(centre, VIP, a1003=quick) == [ANYONE]
