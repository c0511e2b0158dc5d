"""Tests adherence and shrinkage against a recount minute by minute, and from real presence; both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.agents.model import PresenceState
from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.adherence.model import Adherence, adherence_of, stayed_seconds
from callcenter.roster.adherence.service import AdherenceReports
from callcenter.roster.coverage import Away
from callcenter.roster.errors import BadRange
from callcenter.roster.handover.model import OVERSTAY
from callcenter.roster.model import Shift
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, Rooms, person

START = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
HORIZON = 60
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
spans = st.tuples(st.integers(-10, HORIZON), st.integers(1, 40)).map(
    lambda span: (START + span[0] * MINUTE, START + (span[0] + span[1]) * MINUTE)
)
changes = st.lists(
    st.tuples(st.integers(-10, HORIZON), st.sampled_from(PresenceState)), max_size=6, unique_by=lambda change: change[0]
).map(lambda given: [(START + at * MINUTE, state) for at, state in sorted(given, key=lambda change: change[0])])


Span = tuple[datetime, datetime]
Change = tuple[datetime, PresenceState]
shifts_of, leaves_of = st.lists(spans, max_size=3), st.lists(spans, max_size=2)


@given(shifts_of, leaves_of, changes)
def test_the_seconds_are_those_of_a_recount_minute_by_minute(
    shifts: list[Span],
    leaves: list[Span],
    states: list[Change],
) -> None:
    result = adherence_of(
        [Shift(AgentNumber("1001"), LineCode("orders"), *span) for span in shifts],
        [Away("1001", *span) for span in leaves],
        states,
        START,
        START + HORIZON * MINUTE,
    )
    expected = Adherence()
    for minute in range(HORIZON):
        at = START + minute * MINUTE
        if not any(begins <= at < ends for begins, ends in shifts):
            continue
        on_leave = any(begins <= at < ends for begins, ends in leaves)
        state = next((state for since, state in reversed(states) if since <= at), PresenceState.SIGNED_OUT)
        here = not on_leave and state is not PresenceState.SIGNED_OUT
        paused = here and state is PresenceState.PAUSED
        expected += Adherence(60, 60 * on_leave, 60 * here, 60 * paused)
    assert result == expected


async def test_adherence_and_shrinkage_of_a_day_so_far(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    reports = AdherenceReports(rooms.clock, rooms.presence, rooms.roster)
    start = rooms.clock()
    await rooms.on_duty("1001", hours=4)
    await rooms.presence.sign_in("1001", person("1001"))
    rooms.clock.move(minutes=60)
    await rooms.presence.pause("1001", "meal", person("1001"))
    rooms.clock.move(minutes=30)
    await rooms.presence.resume("1001", person("1001"))
    rooms.clock.move(minutes=30)
    await rooms.presence.sign_out("1001", person("1001"))
    rooms.clock.move(minutes=60)
    result = await reports.of(start, start + timedelta(days=1))
    assert result == {"1001": Adherence(3 * 3600, 0, 2 * 3600, 1800)}
    assert result["1001"].adherence == pytest.approx(2 / 3)
    assert result["1001"].shrinkage == pytest.approx(0.5)
    assert await reports.of(start, start + timedelta(days=1), "others") == {}
    with pytest.raises(BadRange):
        await reports.of(start, start)


async def test_nothing_is_planned_for_an_agent_after_the_instant_at_which_they_left(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001")
    reports = AdherenceReports(rooms.clock, rooms.presence, rooms.roster)
    start = rooms.clock()
    for hours in (0, 24, 48):
        await rooms.roster.add(
            Shift(AgentNumber("1001"), LineCode("orders"), start + hours * HOUR, start + (hours + 4) * HOUR), BOSS
        )
    await rooms.presence.sign_in("1001", person("1001"))
    rooms.clock.move(hours=3)
    agent = await rooms.agents.agent("1001")
    await rooms.agents.change(replace(agent, active=False), BOSS)
    assert (await rooms.presence.presence("1001")).state is PresenceState.SIGNED_OUT
    rooms.clock.move(hours=33)
    day = timedelta(days=1)
    assert await reports.of(start, start + 2 * day) == {"1001": Adherence(3 * 3600, 0, 3 * 3600)}
    await rooms.agents.change(agent, BOSS)
    assert (await rooms.presence.presence("1001")).state is PresenceState.SIGNED_OUT, "who is back signs in"
    rooms.clock.move(hours=36)
    assert await reports.of(start + 2 * day, start + 3 * day) == {"1001": Adherence(4 * 3600)}
    assert await reports.of(start, start + 3 * day) == {"1001": Adherence(7 * 3600, 0, 3 * 3600)}
    assert await rooms.agents.gone(["1001"]) == {"1001": [(start + 3 * HOUR, start + 36 * HOUR)]}


BERLIN = ZoneInfo("Europe/Berlin")
CLOCKS_GO_BACK = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
"""The first 02:30 of that night; an hour later it is 02:30 once more."""


@given(shifts_of, st.lists(spans, max_size=2), changes, st.integers(-10, HORIZON))
def test_D3_H1_the_time_after_a_shift_is_that_of_a_recount_minute_by_minute(
    shifts: list[Span], elsewhere: list[Span], states: list[Change], ends_after: int
) -> None:
    own = [Shift(AgentNumber("1001"), LineCode("orders"), *span) for span in shifts]
    others = [Shift(AgentNumber("1001"), LineCode("vip"), *span) for span in elsewhere]
    end = START + ends_after * MINUTE

    def here(at: datetime) -> bool:
        state = next((state for since, state in reversed(states) if since <= at), PresenceState.SIGNED_OUT)
        return state is not PresenceState.SIGNED_OUT

    expected, staying = 0, False
    for minute in range(-10, ends_after):
        at = START + minute * MINUTE
        planned = any(begins <= at < ends for begins, ends in (*shifts, *elsewhere))
        ended = any(ends == at for _, ends in shifts) and here(at - MINUTE)
        staying = here(at) and not planned and (staying or ended)
        expected += 60 * (staying and minute >= 0)
    assert stayed_seconds(own, [*own, *others], states, START, max(end, START)) == expected


async def test_D3_H1_who_stays_after_the_shift_is_counted_beside_it_over_midnight_and_a_clock_change(
    database: Database,
) -> None:
    """A night shift until the first 02:30; the agent stays an hour and a half, half an hour of it after the month."""
    rooms = Rooms(database)
    await rooms.furnish("1001", "1002")
    reports = AdherenceReports(rooms.clock, rooms.presence, rooms.roster)
    ends = CLOCKS_GO_BACK.astimezone(UTC)
    rooms.clock.at = ends - timedelta(hours=8)
    await rooms.on_duty("1001", hours=8)
    await rooms.presence.sign_in("1001", person("1001"))
    rooms.clock.move(hours=9, minutes=30)
    await rooms.presence.sign_out("1001", person("1001"))
    rooms.clock.move(hours=24)
    middle = ends + timedelta(hours=1)
    first = await reports.of(ends - timedelta(hours=8), middle)
    assert first == {"1001": Adherence(8 * 3600, 0, 8 * 3600, 0, stayed=3600)}
    assert (first["1001"].adherence, first["1001"].overtime) == (1.0, 0)
    later = await reports.of(middle, middle + timedelta(hours=12))
    assert later == {"1001": Adherence(stayed=1800)}
    assert await reports.of(middle, middle + timedelta(hours=12), "vip") == {}
    assert await reports.of(middle + HORIZON * MINUTE, middle + timedelta(hours=12)) == {}


async def test_H1_who_forgets_to_sign_out_did_not_stay_all_night(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish("1001")
    reports = AdherenceReports(rooms.clock, rooms.presence, rooms.roster)
    start = rooms.clock()
    await rooms.on_duty("1001", hours=4)
    await rooms.presence.sign_in("1001", person("1001"))
    rooms.clock.move(hours=20)
    result = await reports.of(start, start + timedelta(days=1))
    assert result["1001"].stayed == OVERSTAY.total_seconds()
