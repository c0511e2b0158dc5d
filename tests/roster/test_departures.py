"""Tests that no leader takes the last agents of a line away unnoticed: by a pause or by signing them out (D5, H4)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from callcenter.agents.model import PresenceState
from callcenter.catalogue import sentence_of
from callcenter.clock import now
from callcenter.errors import Conflict
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.departures.service import Departures
from callcenter.roster.errors import BreakMustWait, CoverageWouldFall, LastAgent, ReliefNotArrived
from callcenter.roster.handover.posts import Posts
from callcenter.roster.handover.service import Handovers
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Need
from callcenter.storage.database import Database
from callcenter.web.audit import Fact
from callcenter.web.roles import Person, Role
from tests.roster.test_breaks import CHANGSHA, HOUR, Turn
from tests.roster.test_changes_http import Floor, floor
from tests.roster.test_day_http import on_duty, shift
from tests.support.rooms import BOSS, Rooms, person

__all__ = ["floor"]
LEADER = Person("p9", "lead", "班长", frozenset({Role.SUPERVISOR}), AgentNumber("1002"))
"""A supervisor who also takes calls."""


@pytest.fixture
async def turn(database: Database) -> Turn:
    """1001 and 1002 serve a line, 1003 is not on duty."""
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    for number in ("1001", "1002"):
        await rooms.on_duty(number, 8)
        await rooms.presence.sign_in(number, person(number))
    turn = Turn(rooms)
    rooms.presence.departing.append(Departures(turn.breaks).check)
    return turn


async def state(turn: Turn, agent: str) -> PresenceState:
    return (await turn.rooms.presence.presence(agent)).state


async def audited(turn: Turn, action: str) -> list[dict[str, Fact]]:
    return [json.loads(row.facts) for row in await turn.rooms.audit.page(50) if row.action == action]


async def test_D5_a_leader_pauses_the_last_agent_only_with_a_reason_that_is_kept(turn: Turn) -> None:
    presence = turn.rooms.presence
    await presence.pause("1001", "training", BOSS)
    with pytest.raises(CoverageWouldFall) as refused:
        await presence.pause("1002", "other", BOSS, "来一下", despite=" ")
    stated = {name: refused.value.facts[name] for name in ("line", "on_duty", "required", "presence")}
    assert stated == {"line": "orders", "on_duty": 0, "required": 1, "presence": "pause"}
    assert await state(turn, "1002") is PresenceState.AVAILABLE
    await presence.pause("1002", "other", BOSS, despite="晕倒，送医 ")
    assert await state(turn, "1002") is PresenceState.PAUSED
    assert await audited(turn, "presence.pause") == [
        {"reason": "other", "despite_reason": "晕倒，送医", "line": "orders", "left": 0, "required": 1},
        {"reason": "training"},
    ]


async def test_D5_no_reason_sends_the_last_agent_to_lunch(turn: Turn) -> None:
    presence = turn.rooms.presence
    await presence.pause("1001", "meal", BOSS)
    with pytest.raises(LastAgent):
        await presence.pause("1002", "meal", BOSS, despite="饿了")
    assert await state(turn, "1002") is PresenceState.AVAILABLE


async def test_D5_a_break_below_the_need_takes_a_reason(turn: Turn) -> None:
    await turn.needs.replace("orders", [Need(1, 0, 24 * 60, 2)], BOSS)
    presence = turn.rooms.presence
    with pytest.raises(CoverageWouldFall):
        await presence.pause("1001", "meal", BOSS)
    await presence.pause("1001", "meal", BOSS, despite="身体不适")
    assert await state(turn, "1001") is PresenceState.PAUSED


async def test_D5_a_leader_signs_the_last_agent_out_only_with_a_reason(turn: Turn) -> None:
    presence = turn.rooms.presence
    await presence.sign_out("1001", BOSS)
    with pytest.raises(CoverageWouldFall) as refused:
        await presence.sign_out("1002", BOSS)
    assert refused.value.facts["presence"] == "sign_out"
    assert await state(turn, "1002") is PresenceState.AVAILABLE
    await presence.sign_out("1002", BOSS, despite="提前关线")
    assert [facts.get("despite_reason") for facts in await audited(turn, "presence.sign_out")] == ["提前关线", None]


async def test_D5_who_is_away_already_or_not_on_duty_leaves_no_line_short(turn: Turn) -> None:
    presence = turn.rooms.presence
    await presence.sign_in("1003", person("1003"))
    await presence.pause("1003", "meal", BOSS)
    await presence.sign_out("1003", BOSS)
    await presence.pause("1001", "other", BOSS)
    await presence.pause("1001", "training", BOSS)
    await presence.sign_out("1001", BOSS)
    assert await audited(turn, "presence.sign_out") == [{"reason": ""}, {"reason": ""}]


async def test_D5_a_leader_who_takes_calls_waits_their_turn_for_a_meal(turn: Turn) -> None:
    assert await turn.go("1001")
    with pytest.raises(BreakMustWait):
        await turn.rooms.presence.pause("1002", "meal", LEADER, despite="我先去")
    assert (await turn.row("1002")).state == "waiting"


async def test_D5_a_leader_who_takes_calls_states_why_they_empty_the_line(turn: Turn) -> None:
    presence = turn.rooms.presence
    await presence.pause("1001", "training", BOSS)
    for act in (presence.pause("1002", "other", LEADER), presence.sign_out("1002", LEADER)):
        with pytest.raises(CoverageWouldFall):
            await act
    await presence.pause("1002", "other", LEADER, despite="客户在前台闹事")
    assert (await audited(turn, "presence.pause"))[0]["despite_reason"] == "客户在前台闹事"


async def test_H1_a_leader_who_takes_calls_waits_for_their_relief_or_states_why_not(turn: Turn) -> None:
    rooms = turn.rooms
    handovers = Handovers(
        rooms.database, rooms.clock, rooms.audit, rooms.agents, rooms.presence, rooms.roster, turn.needs, CHANGSHA, 1
    )
    rooms.presence.leaving.append(handovers.may_leave)
    await rooms.presence.pause("1001", "training", BOSS)
    with pytest.raises(ReliefNotArrived):
        await rooms.presence.sign_out("1002", LEADER)
    await rooms.roster.add(
        Shift(AgentNumber("1003"), LineCode("orders"), rooms.clock() + 8 * HOUR, rooms.clock() + 9 * HOUR), BOSS
    )
    rooms.clock.move(hours=7, minutes=50)
    await rooms.presence.resume("1001", BOSS)
    with pytest.raises(ReliefNotArrived):
        await rooms.presence.sign_out("1002", LEADER)
    await rooms.presence.sign_out("1002", LEADER, despite="家里急事")
    assert (await audited(turn, "presence.sign_out"))[0]["despite_reason"] == "家里急事"


async def test_H4_who_stays_for_a_late_relief_is_not_signed_out_unnoticed(turn: Turn) -> None:
    rooms = turn.rooms
    posts = Posts(rooms.database, rooms.presence, rooms.roster, turn.needs, CHANGSHA, 1)
    turn.breaks.duty = posts.duty
    await rooms.presence.sign_out("1001", BOSS)
    rooms.clock.move(hours=8)
    await rooms.on_duty("1003", 8)
    with pytest.raises(CoverageWouldFall):
        await rooms.presence.sign_out("1002", BOSS)
    await rooms.presence.sign_in("1003", person("1003"))
    await rooms.presence.sign_out("1002", BOSS)


async def test_D5_two_leaders_at_once_do_not_take_both_agents(turn: Turn) -> None:
    presence = turn.rooms.presence
    done = await asyncio.gather(
        presence.pause("1001", "other", BOSS), presence.sign_out("1002", BOSS), return_exceptions=True
    )
    assert sum(isinstance(result, CoverageWouldFall) for result in done) == 1
    assert [isinstance(result, Conflict) or not isinstance(result, BaseException) for result in done] == [True, True]


async def test_D5_the_last_agent_does_not_leave_under_another_name_than_a_break(turn: Turn) -> None:
    """Neither a limit nor a turn holds for `other` and `training`, so it was the way out of both."""
    presence = turn.rooms.presence
    await presence.pause("1001", "other", person("1001"))
    for reason in ("other", "training"):
        with pytest.raises(LastAgent):
            await presence.pause("1002", reason, person("1002"))
    await presence.pause("1002", "acw", person("1002"))
    assert await state(turn, "1002") is PresenceState.PAUSED, "who works after a call is at the desk"


async def test_H4_two_agents_who_sign_out_at_once_do_not_both_go(turn: Turn) -> None:
    rooms = turn.rooms
    handovers = Handovers(
        rooms.database, rooms.clock, rooms.audit, rooms.agents, rooms.presence, rooms.roster, turn.needs, CHANGSHA, 1
    )
    rooms.presence.leaving.append(handovers.may_leave)
    both = (rooms.presence.sign_out(agent, person(agent)) for agent in ("1001", "1002"))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(result, ReliefNotArrived) for result in done) == 1


async def test_D5_the_end_of_service_needs_no_reason(turn: Turn) -> None:
    turn.rooms.clock.move(hours=8)
    await turn.rooms.presence.sign_out("1001", BOSS)
    await turn.rooms.presence.sign_out("1002", BOSS)
    turn.rooms.clock.move(minutes=1)
    assert timedelta() < turn.rooms.clock() - (await turn.rooms.presence.presence("1002")).since


async def test_D5_the_refusal_states_line_and_number_in_both_languages_over_http(floor: Floor) -> None:
    await on_duty(floor, shift("1001", now() - HOUR, now() + HOUR))
    await floor.done("lilei", "POST", "/agents/1001/presence/sign-in", {})
    for path, body in (
        ("/agents/1001/presence/pause", {"reason": "training"}),
        ("/agents/1001/presence/sign-out", {}),
        ("/agents/1001/presence/after-call", {"state": "signed_out"}),
    ):
        method = "PUT" if path.endswith("after-call") else "POST"
        status, problem = await floor.ask("boss", method, path, body)
        assert (status, problem["code"]) == (409, "coverage_would_fall")
        assert "orders" in problem["detail"]
        assert "{" not in problem["detail"]
    error = CoverageWouldFall("", presence="pause", line="orders", on_duty=0, required=1)
    assert sentence_of(error, "zh-CN") == "这样线路 orders 只剩 0 人接听，需要 1 人。如仍要让其离席，请写明原因。"
    assert "give the reason" in sentence_of(error, "en")
    stated = {"state": "signed_out", "despite_reason": "停电"}
    assert (await floor.done("boss", "PUT", "/agents/1001/presence", stated))["state"] == "signed_out"
    (entry, *_) = await floor.centre.web_services.audit.page(1)
    assert (entry.action, json.loads(entry.facts)["despite_reason"]) == ("presence.sign_out", "停电")
