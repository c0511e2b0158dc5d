"""Tests breaks in turn: who may go, who waits for whom, when limits are known, and that no line is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.model import PresenceState
from callcenter.errors import IllegalTransition
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.breaks.decisions.service import BreakDecisions
from callcenter.roster.breaks.model import BreakState, Gone, Lack, Waiting, expected_times, lack
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.breaks.turn import BreakDelta, BreakRules
from callcenter.roster.errors import (
    BadBreak,
    BreakMustWait,
    CoverageWouldFall,
    LastAgent,
    NotYourRequest,
    OwnRequest,
    RequestReasonMissing,
)
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Minimum, Need
from callcenter.roster.needs.service import NeedService
from callcenter.roster.rows import BreakRow
from callcenter.storage.database import Database
from callcenter.web.ports import Audience, DeltaKind, Shape
from tests.support.rooms import BOSS, NOON, Rooms, person

CHANGSHA = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NUMBERS = ("1001", "1002", "1003")
RULES = BreakRules({"meal": 45 * MINUTE, "break": 15 * MINUTE}, grant=5 * MINUTE, notice=2 * MINUTE)


class Turn:
    """Three agents of one line, signed in and on duty."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.published: list[BreakDelta] = []
        self.needs = NeedService(rooms.database, rooms.audit, rooms.lines)
        self.breaks = Breaks(
            rooms.database,
            rooms.clock,
            rooms.presence,
            rooms.roster,
            self.needs,
            CHANGSHA,
            RULES,
            self._publish,
        )
        self.decisions = BreakDecisions(rooms.database, rooms.clock, rooms.audit, self.breaks)
        rooms.presence.pausing.append(self.breaks.may_pause)

    def _publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
        assert (kind, agents) == ("break", frozenset({data["agent"]}))
        self.published.append(data)  # type: ignore[arg-type]

    async def go(self, agent: str, kind: str = "meal") -> bool:
        """The agent pauses themselves; whether they could."""
        try:
            await self.rooms.presence.pause(agent, kind, person(agent))
        except BreakMustWait:
            return False
        await self.breaks.once()
        return True

    async def back(self, agent: str) -> None:
        await self.rooms.presence.resume(agent, person(agent))
        await self.breaks.once()

    async def states(self) -> dict[str, str]:
        return {row.agent: row.state for row in reversed(await self.breaks.breaks(BOSS, 100))}

    async def row(self, agent: str) -> BreakRow:
        return (await self.breaks.breaks(BOSS, 1, agent=agent))[0]


@pytest.fixture
async def turn(database: Database) -> Turn:
    rooms = Rooms(database)
    await rooms.furnish(*NUMBERS)
    for number in NUMBERS:
        await rooms.on_duty(number, 12)
        await rooms.presence.sign_in(number, person(number))
    return Turn(rooms)


async def test_D5_meals_are_taken_in_turns_and_the_last_agent_waits_with_the_reason(turn: Turn) -> None:
    assert await turn.go("1001")
    turn.rooms.clock.move(minutes=5)
    assert await turn.go("1002")
    turn.rooms.clock.move(minutes=5)
    with pytest.raises(BreakMustWait) as refused:
        await turn.rooms.presence.pause("1003", "meal", person("1003"))
    assert refused.value.facts | {"break_id": ""} == {
        "break_id": "",
        "place": 1,
        "expected_at": (NOON + 45 * MINUTE).isoformat(),
        "line": "orders",
        "left": 0,
        "required": 1,
    }
    assert (await turn.rooms.presence.presence("1003")).state is PresenceState.AVAILABLE
    turn.rooms.clock.move(minutes=30)
    await turn.back("1001")
    assert await turn.states() == {"1001": "ended", "1002": "taken", "1003": "granted"}
    assert not await turn.go("1001")
    assert await turn.go("1003")
    assert [delta["state"] for delta in turn.published if delta["agent"] == "1003"] == ["waiting", "granted", "taken"]


async def test_D5_the_turn_is_kept_and_asking_twice_is_asking_once(turn: Turn) -> None:
    assert await turn.go("1001")
    assert await turn.go("1002")
    assert not await turn.go("1003")
    await turn.back("1002")
    turn.rooms.clock.move(minutes=1)
    assert not await turn.go("1002", "break")
    assert [(row.agent, place) for place, (row, _) in enumerate(await turn.breaks.queue(), 1)] == [("1002", 1)]
    assert (await turn.row("1003")).state == "granted"
    turn.rooms.clock.move(minutes=5)
    await turn.breaks.once()
    assert await turn.states() == {"1001": "taken", "1002": "granted", "1003": "lapsed"}


async def test_D5_two_agents_who_ask_at_once_do_not_both_go(turn: Turn) -> None:
    assert await turn.go("1001")
    await asyncio.gather(
        *(turn.breaks.ask(agent, "meal", person(agent)) for agent in ("1002", "1003")), return_exceptions=False
    )
    assert sorted((await turn.states()).values()) == ["granted", "taken", "waiting"]


async def test_D5_the_needs_of_the_line_and_colleagues_who_are_gone_count(turn: Turn) -> None:
    await turn.needs.replace("orders", [Need(1, 0, 24 * 60, 2)], BOSS)
    assert await turn.go("1001")
    assert not await turn.go("1002")
    await turn.rooms.presence.sign_out("1003", person("1003"))
    await turn.back("1001")
    assert (await turn.row("1002")).state == "waiting"
    await turn.rooms.presence.sign_in("1003", person("1003"))
    await turn.breaks.once()
    assert (await turn.row("1002")).state == "granted"


async def test_D5_an_agent_who_is_not_on_duty_goes_freely_and_a_leader_sends_anyone(turn: Turn) -> None:
    await turn.rooms.agents.change(await turn.rooms.agents.agent("1003"), BOSS)
    for shift in await turn.rooms.roster.shifts(agent=AgentNumber("1003")):
        await turn.rooms.roster.remove(shift.id, BOSS)
    assert await turn.go("1003")
    assert await turn.go("1001")
    assert not await turn.go("1002")
    await turn.rooms.presence.pause("1002", "meal", BOSS)
    await turn.breaks.once()
    assert (await turn.row("1002")).state == "taken"
    assert (await turn.rooms.presence.presence("1002")).reason == "meal"


async def test_D6_at_the_limit_the_agent_is_notified_and_then_the_leaders(turn: Turn) -> None:
    assert await turn.go("1001", "break")
    for minutes, over in ((14, ""), (1, "agent"), (1, "agent"), (1, "leaders")):
        turn.rooms.clock.move(minutes=minutes)
        await turn.breaks.once()
        assert turn.published[-1]["over"] == over
    assert [delta["over"] for delta in turn.published] == ["", "", "", "agent", "leaders"]
    row = await turn.decisions.extend((await turn.row("1001")).id, 10, "身体不适", BOSS)
    await turn.breaks.once()
    assert turn.published[-1]["over"] == ""
    assert (row.extended_by, row.limit_seconds) == ("主管", 25 * 60)
    turn.rooms.clock.move(minutes=8)
    await turn.breaks.once()
    assert turn.published[-1]["over"] == "agent"
    await turn.back("1001")
    assert (await turn.row("1001")).ended_at == turn.rooms.clock()
    with pytest.raises(BadBreak):
        await turn.decisions.extend(row.id, 10, "晚了", BOSS)


async def test_D5_a_leader_grants_a_break_below_the_need_with_a_reason_and_before_its_turn(turn: Turn) -> None:
    await turn.needs.replace("orders", [Need(1, 0, 24 * 60, 2)], BOSS)
    assert await turn.go("1001")
    assert not await turn.go("1002")
    turn.rooms.clock.move(minutes=1)
    assert not await turn.go("1003", "break")
    waiting = await turn.row("1003")
    assert await turn.breaks.lacks() == {
        (await turn.row("1002")).id: Lack("orders", 1, 2),
        waiting.id: Lack("orders", 1, 2),
    }
    with pytest.raises(CoverageWouldFall) as short:
        await turn.decisions.grant(waiting.id, "身体不适", BOSS)
    assert (short.value.facts["on_duty"], short.value.facts["required"]) == (1, 2)
    with pytest.raises(RequestReasonMissing):
        await turn.decisions.grant(waiting.id, " ", BOSS, despite_shortage=True)
    row = await turn.decisions.grant(waiting.id, "身体不适", BOSS, despite_shortage=True)
    assert (row.state, row.decided_by, row.decided_reason) == ("granted", BOSS.name, "身体不适")
    assert turn.published[-1]["state"] == "granted"
    assert await turn.go("1003", "break")
    # Now the last one of the line is left: no reason lets them go.
    last = await turn.row("1002")
    with pytest.raises(LastAgent):
        await turn.decisions.grant(last.id, "也去", BOSS, despite_shortage=True)
    assert (await turn.row("1002")).state == "waiting"
    with pytest.raises(IllegalTransition):
        await turn.decisions.grant(waiting.id, "再来", BOSS, despite_shortage=True)


async def test_D5_a_leader_refuses_a_break_with_a_reason_and_never_decides_on_their_own(turn: Turn) -> None:
    for agent in ("1001", "1002"):
        assert await turn.go(agent)
    assert not await turn.go("1003")
    row = await turn.row("1003")
    with pytest.raises(RequestReasonMissing):
        await turn.decisions.refuse(row.id, " ", BOSS)
    with pytest.raises(OwnRequest):
        await turn.decisions.grant(row.id, "我自己", person("1003"))
    with pytest.raises(OwnRequest):
        await turn.decisions.refuse(row.id, "我自己", person("1003"))
    row = await turn.decisions.refuse(row.id, "高峰时段", BOSS)
    assert (row.state, row.decided_by, row.decided_reason) == ("withdrawn", BOSS.name, "高峰时段")
    assert await turn.breaks.queue() == []
    gone = await turn.row("1001")
    with pytest.raises(IllegalTransition):
        await turn.decisions.refuse(gone.id, "太晚", BOSS)
    with pytest.raises(OwnRequest):
        await turn.decisions.extend(gone.id, 10, "我自己", person("1001"))


async def test_D6_a_break_that_a_leader_gave_has_the_same_limit(turn: Turn) -> None:
    await turn.rooms.presence.pause("1001", "break", BOSS)
    await turn.breaks.once()
    turn.rooms.clock.move(minutes=17)
    await turn.breaks.once()
    assert turn.published[-1]["over"] == "leaders"
    assert (await turn.row("1001")).taken_at == NOON


async def test_a_break_is_ones_own_and_other_pauses_are_free(turn: Turn) -> None:
    assert await turn.go("1001", "training")
    assert await turn.states() == {}
    with pytest.raises(BadBreak):
        await turn.breaks.ask("1001", "meal", person("1001"))
    with pytest.raises(BadBreak):
        await turn.breaks.ask("1002", "training", person("1002"))
    with pytest.raises(NotYourRequest):
        await turn.breaks.ask("1002", "meal", person("1003"))
    granted = await turn.breaks.ask("1002", "meal", person("1002"))
    with pytest.raises(NotYourRequest):
        await turn.breaks.withdraw(granted.id, person("1003"))
    await turn.breaks.withdraw(granted.id, person("1002"))
    with pytest.raises(IllegalTransition):
        await turn.breaks.withdraw(granted.id, person("1002"))
    assert await turn.breaks.breaks(person("1003"), 10) == []


async def test_a_waiting_break_of_an_agent_who_signs_out_lapses(turn: Turn) -> None:
    assert await turn.go("1001")
    assert await turn.go("1002")
    assert not await turn.go("1003")
    await turn.rooms.presence.sign_out("1003", person("1003"))
    await turn.breaks.once()
    assert (await turn.row("1003")).state == BreakState.LAPSED


@given(
    st.dictionaries(
        st.sampled_from(["orders", "vip"]), st.sets(st.sampled_from(["1", "2", "3", "4"]), min_size=1), min_size=1
    ),
    st.sets(st.sampled_from(["1", "2", "3", "4"])),
    st.lists(st.sampled_from(["1", "2", "3", "4"]), max_size=8),
    st.integers(1, 2),
)
def test_D5_whatever_the_order_of_requests_no_line_falls_below_its_least(
    duty: Mapping[LineCode, set[AgentNumber]], serving: set[AgentNumber], asking: list[AgentNumber], least: int
) -> None:
    minimum = Minimum({}, {}, least, CHANGSHA)
    here = {line: len(agents & serving) for line, agents in duty.items()}
    left = set(serving)
    for agent in asking:
        why = lack(agent, duty, left, minimum, NOON)
        if why is None and agent in left:
            left.discard(agent)
        elif why is not None:
            assert agent in duty[LineCode(why.line)]
            assert why == Lack(LineCode(why.line), len((duty[LineCode(why.line)] & left) - {agent}), least)
    for line, agents in duty.items():
        assert len(agents & left) >= min(here[line], least)


def test_the_expected_time_follows_the_turn_the_limits_and_the_shifts() -> None:
    now = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    shifts = [Shift(AgentNumber(agent), LineCode("orders"), now - HOUR, now + 6 * HOUR) for agent in ("1", "2", "3")]
    asked = [Waiting("a", AgentNumber("2"), 30 * MINUTE), Waiting("b", AgentNumber("3"), 30 * MINUTE)]

    def expected(gone: list[Gone], shifts: list[Shift] = shifts) -> dict[str, datetime | None]:
        return expected_times(asked, gone, {"2", "3"}, shifts, Minimum({}, {}, 2, UTC), now)

    assert expected([Gone("1", now + 10 * MINUTE)]) == {"a": now + 10 * MINUTE, "b": now + 40 * MINUTE}
    assert expected([Gone("1", now - MINUTE)]) == {"a": None, "b": None}
    relief = [*shifts, Shift(AgentNumber("4"), LineCode("orders"), now + HOUR, now + 6 * HOUR)]
    assert expected([], relief) == {"a": now + HOUR, "b": now + 90 * MINUTE}
    ends = [shift for shift in shifts if shift.agent != "3"] + [
        Shift(AgentNumber("3"), LineCode("orders"), now - HOUR, now + HOUR)
    ]
    assert expected([], ends) == {"a": None, "b": None}
