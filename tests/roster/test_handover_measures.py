"""Tests how long a line was below its minimum during a handover (H4): against a recount, and from real presence."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.model import PresenceState
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.coverage import Away
from callcenter.roster.handover.measures.model import Presences, below_seconds, counts_of, overstays
from callcenter.roster.handover.measures.service import Measures
from callcenter.roster.handover.model import OVERSTAY, relief_of
from callcenter.roster.model import Shift
from callcenter.roster.needs.model import Minimum, Need, SkillNeed, required_at
from callcenter.storage.database import Database
from tests.roster.test_handover import HAN, LI, Change
from tests.support.rooms import BOSS, NOON, Rooms

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DIALECT = "xiang-changsha"
CHANGSHA = ZoneInfo("Asia/Shanghai")
HORIZON = 90
AGENTS = ("1001", "1002")
shifts_of_agents = st.lists(
    st.builds(
        lambda agent, line, start, length: Shift(
            AgentNumber(agent), LineCode(line), NOON + start * MINUTE, NOON + (start + length) * MINUTE
        ),
        st.sampled_from(AGENTS),
        st.sampled_from(["orders", "vip"]),
        st.integers(-30, HORIZON),
        st.integers(1, 60),
    ),
    max_size=4,
)
histories = st.fixed_dictionaries(
    {
        agent: st.lists(st.tuples(st.integers(0, HORIZON), st.sampled_from(PresenceState)), max_size=4).map(
            lambda changes: [
                (NOON - MINUTE, PresenceState.SIGNED_OUT),
                *((NOON + at * MINUTE, state) for at, state in sorted(changes, key=lambda change: change[0])),
            ]
        )
        for agent in AGENTS
    }
)


@given(
    shifts_of_agents,
    histories,
    st.dictionaries(st.sampled_from(AGENTS), st.integers(1, 5)),
    st.integers(1, 2),
    st.booleans(),
)
def test_H4_the_seconds_below_the_minimum_are_those_of_a_recount(
    shifts: list[Shift],
    history: dict[str, list[tuple[datetime, PresenceState]]],
    speaks: dict[str, int],
    agents: int,
    stays: bool,
) -> None:
    """An agent who stays at the post after the shift serves the line, as long as too few of the relief are there."""
    needs = {"orders": [Need(1, 12 * 60, 13 * 60, agents, (SkillNeed(DIALECT, 3, 1),))]}
    skills = {agent: {DIALECT: level} for agent, level in speaks.items()}
    lines, end = ["orders", "vip"], NOON + HORIZON * MINUTE
    minimum = Minimum(needs, skills, 1, CHANGSHA)
    over = overstays([shift for shift in shifts if shift.ends_at < end], [], {}) if stays else []
    seconds = below_seconds(lines, Presences(shifts, history, over), minimum, (NOON, end))
    expected = 0
    for minute in range(HORIZON):
        at = NOON + minute * MINUTE
        state = {agent: [state for since, state in history[agent] if since <= at][-1] for agent in history}
        free = {agent for agent, seen in state.items() if seen is PresenceState.AVAILABLE}
        duty = {line: {s.agent for s in shifts if s.line == line and s.starts_at <= at < s.ends_at} for line in lines}
        below = False
        for line in lines:
            stated = required_at(needs[line], at, CHANGSHA) if line in needs else None
            asks = line == "orders" and minute < 60

            def short(there: set[AgentNumber], agents: int, asks: bool = asks) -> tuple[bool, bool]:
                return len(there) < agents, asks and not any(speaks.get(agent, 0) >= 3 for agent in there)

            there = duty[line] & free
            for shift in shifts if stays else ():
                ended = shift.line == line and shift.ends_at <= at and state[shift.agent] != PresenceState.SIGNED_OUT
                expects = bool(duty[line] or relief_of(shift, shifts))
                few, mute = short(duty[line] & free, stated if stated is not None else int(expects))
                needed = few or (mute and speaks.get(shift.agent, 0) >= 3)
                if ended and shift.agent not in set().union(*duty.values()) and needed:
                    there = there | ({shift.agent} & free)
            below = below or any(short(there, stated if stated is not None else bool(duty[line])))
        expected += 60 * below
    assert seconds == expected


def test_H4_who_goes_on_leave_or_is_let_go_by_a_leader_stays_no_longer() -> None:
    shift = Shift(AgentNumber("1001"), LineCode("orders"), NOON - HOUR, NOON)
    away = Away("1001", NOON + HOUR, NOON + 2 * HOUR)

    def until(leaves: list[Away], released: dict[str, datetime]) -> list[datetime]:
        return [each.until for each in overstays([shift], leaves, released)]

    assert until([], {}) == [NOON + OVERSTAY]
    assert until([away], {}) == [NOON + HOUR]
    assert until([Away("1001", NOON - MINUTE, NOON + MINUTE)], {}) == []
    assert until([], {"1001": NOON + MINUTE}) == [NOON + MINUTE]
    assert until([], {"1001": NOON - MINUTE}) == []
    assert until([Away("1002", NOON, NOON + HOUR)], {"1002": NOON, "1001": NOON - 2 * HOUR}) == [NOON + OVERSTAY]


def test_H4_a_gap_in_the_history_is_unknown_and_no_zero() -> None:
    shift = Shift(AgentNumber("1001"), LineCode("orders"), NOON, NOON + HOUR)
    span = (NOON, NOON + HOUR)
    gap = {"1001": [(NOON + MINUTE, PresenceState.PAUSED)]}
    nothing = Minimum({}, {}, 1, CHANGSHA)
    assert below_seconds(["orders"], Presences([shift], gap), nothing, span) is None
    arrival = {"1001": [(NOON + MINUTE, PresenceState.AVAILABLE)]}
    assert below_seconds(["orders"], Presences([shift], arrival), nothing, span) == 60
    counts = counts_of([None, 0.0, 90.0])
    assert (counts.ended, counts.measured, counts.unknown, counts.below, counts.longest) == (3, 2, 1, 1, 90.0)
    assert counts.figures == {"handover_below_share": 0.5, "handover_below_seconds": 45.0}
    assert counts_of([None]).figures == {"handover_below_share": None, "handover_below_seconds": None}


async def opened(database: Database, *, handover_first: bool = True) -> tuple[Change, Measures]:
    """Li's shift ends at this instant, Han's begins; Li alone is signed in."""
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002", "1003")
    change = Change(rooms)
    await change.shift("1001", -4, 4)
    await change.shift("1002", 4, 12)
    await change.here("1001")
    rooms.clock.move(hours=4)
    measures = Measures(
        rooms.database,
        rooms.clock,
        rooms.presence,
        rooms.roster,
        change.needs,
        CHANGSHA,
        1,
        handover_first=handover_first,
    )
    return change, measures


async def test_H4_a_relief_who_comes_late_leaves_the_line_below_its_minimum_and_that_is_on_record(
    database: Database,
) -> None:
    """Nobody stays at the post here (`roster.handover_first` is off), so callers find no one."""
    change, measures = await opened(database, handover_first=False)
    rooms = change.rooms
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    rooms.clock.move(minutes=6)
    await change.here("1002")
    rooms.clock.move(minutes=2)
    await change.handovers.sign(log.id, "", HAN)
    await measures.once()
    assert (await change.handovers.handover(log.id)).changed_at is None
    rooms.clock.move(minutes=1)
    assert await change.leaves("1001") == ""
    await measures.once()
    row = await change.handovers.handover(log.id)
    assert (row.changed_at, row.below_seconds) == (rooms.clock(), 360.0)
    rooms.clock.move(minutes=1)
    await measures.once()
    assert (await change.handovers.handover(log.id)).changed_at == row.changed_at
    counts = await measures.of(NOON, NOON + 8 * HOUR)
    assert (counts.ended, counts.below, counts.below_seconds) == (1, 1, 360.0)
    assert (await measures.of(NOON, NOON + 8 * HOUR, "vip")).ended == 0


async def test_H4_who_stays_for_a_late_relief_keeps_the_line_attended_while_they_are_at_the_desk(
    database: Database,
) -> None:
    change, measures = await opened(database)
    rooms = change.rooms
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    rooms.clock.move(minutes=3)
    await rooms.presence.pause("1001", "break", LI)
    rooms.clock.move(minutes=1)
    await rooms.presence.resume("1001", LI)
    rooms.clock.move(minutes=2)
    await change.here("1002")
    await change.handovers.sign(log.id, "", HAN)
    assert await change.leaves("1001") == ""
    await measures.once()
    row = await change.handovers.handover(log.id)
    assert (row.below_seconds, row.below_by_line) == (60.0, {"orders": 60.0})


async def test_H4_of_who_is_let_go_the_line_is_below_its_minimum_from_then_on(database: Database) -> None:
    change, measures = await opened(database)
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    change.rooms.clock.move(minutes=3)
    await change.handovers.release("1001", "病了", BOSS)
    change.rooms.clock.move(minutes=2)
    assert await change.leaves("1001") == ""
    await measures.once()
    row = await change.handovers.handover(log.id)
    assert (row.state, row.below_seconds) == ("released", 120.0)


async def test_H4_a_relief_in_time_leaves_no_second_and_who_stays_on_is_measured_later(database: Database) -> None:
    change, measures = await opened(database)
    await change.here("1002")
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    change.rooms.clock.move(minutes=3)
    ended = change.rooms.clock()
    await change.handovers.sign(log.id, "", HAN)
    change.rooms.clock.move(hours=4)
    await measures.once()
    row = await change.handovers.handover(log.id)
    assert (row.changed_at, row.below_seconds) == (ended, 0.0)
