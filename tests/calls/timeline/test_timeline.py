"""Tests the line of an agent's day: it equals presence and records, and what nobody knows is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from callcenter.agents.errors import NotYourPresence, UnknownAgent
from callcenter.calls.after_call.model import Kept
from callcenter.calls.agent_state import AgentState
from callcenter.calls.effects import AgentNow
from callcenter.calls.model import CallRecord, Direction, Leg, Offer, OfferOutcome
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.timeline.model import Change, Span, SpanState, line_of, presences, rings, talks, wrap_ups
from callcenter.calls.timeline.rows import AgentWrapUpRow, note_wrap_up
from callcenter.calls.timeline.service import Timelines
from callcenter.facts import CallId, Uniqueid, linkedid_of
from callcenter.settings.policy import PolicySettings
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, Rooms, person

LILEI, HANMEI = person("1001"), person("1002")
ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime(2026, 11, 24, tzinfo=ZONE)
S = SpanState


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def line(spans: list[Span]) -> list[tuple[str, float, float]]:
    return [
        (span.state.value, (span.start - DAY).total_seconds() / 60, (span.end - DAY).total_seconds() / 60)
        for span in spans
    ]


def test_before_the_first_thing_that_is_known_the_state_is_unknown() -> None:
    assert line(presences([Change(at(10), S.AVAILABLE)], at(0), at(20))) == [("unknown", 0, 10), ("available", 10, 20)]
    earlier = [Change(at(-60), S.PAUSED, "meal", "boss"), Change(at(5), S.SIGNED_OUT)]
    spans = presences(earlier, at(0), at(20))
    assert line(spans) == [("paused", 0, 5), ("signed_out", 5, 20)]
    assert (spans[0].reason, spans[0].by) == ("meal", "boss")
    assert line(presences([], at(0), at(20))) == [("unknown", 0, 20)]


def test_a_later_layer_lies_over_an_earlier_one_and_nothing_is_left_out() -> None:
    base = presences([Change(at(0), S.AVAILABLE)], at(0), at(60))
    ring, talk = Span(at(10), at(11), S.RINGING), Span(at(11), at(20), S.ON_CALL, call="c1")
    whole = line_of(at(0), at(60), [base, [Span(at(20), at(22), S.WRAP_UP)], [ring], [talk]])
    assert line(whole) == [
        ("available", 0, 10),
        ("ringing", 10, 11),
        ("on_call", 11, 20),
        ("wrap_up", 20, 22),
        ("available", 22, 60),
    ]
    assert line(line_of(at(0), at(5), [[Span(at(-5), at(3), S.ON_CALL)]])) == [("on_call", 0, 3), ("unknown", 3, 5)]


def test_a_wrap_up_whose_end_was_not_seen_is_unknown_until_the_next_thing_that_is_known() -> None:
    rows = [(at(5), at(7)), (at(10), None), (at(50), None)]
    now = Span(at(50), at(60), S.WRAP_UP)
    assert line(wrap_ups(rows, [at(0), at(30), at(60)], now)) == [
        ("wrap_up", 5, 7),
        ("unknown", 10, 30),
        ("wrap_up", 50, 60),
    ]


def call(**values: Any) -> CallRecord:
    leg = Leg(Uniqueid("u2"), "PJSIP/1001-1", "agent", at(10), at(11), at(20), 16, "1001", 540.0)
    other = Leg(Uniqueid("u3"), "PJSIP/1002-1", "agent", at(10), None, at(11), 26, "1002", None)
    return CallRecord(
        **{
            "pbx": "pbx1",
            "linkedid": linkedid_of("pbx1-1.1"),
            "direction": Direction.INBOUND,
            "line": "food",
            "queue": "food",
            "caller_number": "",
            "caller_name": "",
            "called_number": "",
            "arrived_at": at(9),
            "legs": (leg, other),
            "ended_at": at(20),
            **values,
        }
    )


def test_rings_and_conversations_are_those_of_the_records() -> None:
    offer = Offer(Uniqueid("u2"), "1001", "1001", "food", at(10), at(10.1), at(11), 1, False, OfferOutcome.ANSWERED)
    (ring,) = rings("1001", [("c1", offer)])
    assert (ring.start, ring.end, ring.outcome, ring.call) == (at(10.1), at(11), "answered", "c1")
    assert rings("1002", [("c1", offer)]) == []
    assert line(talks("1001", [call()])) == [("on_call", 11, 20)]
    assert talks("1002", [call()]) == []


class Centre:
    def __init__(self, database: Database) -> None:
        self.rooms = Rooms(database)
        self.now: dict[str, AgentNow] = {}
        calls = CallService(database, "pbx1", RuleBook.of(PolicySettings()))
        self.timelines = Timelines(
            database, self.rooms.clock, ZONE, self.rooms.agents, self.rooms.presence, calls, self
        )

    def agents_now(self) -> Mapping[str, AgentNow]:
        return self.now


@pytest.fixture
async def centre(database: Database) -> Centre:
    centre = Centre(database)
    centre.rooms.clock.at = at(-60).astimezone(UTC)
    await centre.rooms.furnish("1001")
    await centre.rooms.presence.sign_in("1001", LILEI)
    return centre


async def test_a_day_follows_presence_wrap_ups_and_the_present_moment(centre: Centre, database: Database) -> None:
    clock, presence = centre.rooms.clock, centre.rooms.presence
    clock.at = at(30).astimezone(UTC)
    await presence.pause("1001", "meal", BOSS, "go")
    clock.at = at(60).astimezone(UTC)
    await presence.resume("1001", LILEI)
    async with database.write() as session:
        session.add(AgentWrapUpRow(agent="1001", began_at=at(70), ended_at=at(72)))
    clock.at = at(100).astimezone(UTC)
    centre.now["1001"] = AgentNow(
        "1001", "李雷", "1001", AgentState.ON_CALL, "", at(95), CallId("pbx1-9.9"), reachable=True
    )
    day = await centre.timelines.of("1001", DAY.date(), LILEI)
    assert line(day.spans) == [
        ("available", 0, 30),
        ("paused", 30, 60),
        ("available", 60, 70),
        ("wrap_up", 70, 72),
        ("available", 72, 95),
        ("on_call", 95, 100),
    ]
    assert [(span.reason, span.by) for span in day.spans if span.state is S.PAUSED] == [("meal", "boss")]
    assert (day.start, day.end, day.spans[-1].call) == (at(0), at(100), "pbx1-9.9")
    assert day.wrap_ups_since == at(70)
    assert (await centre.timelines.of("1001", date(2026, 11, 20), BOSS)).spans[0].state is S.UNKNOWN
    assert (await centre.timelines.of("1001", date(2026, 12, 20), BOSS)).spans == []


async def test_agents_see_their_own_day_only(centre: Centre) -> None:
    with pytest.raises(NotYourPresence):
        await centre.timelines.of("1001", DAY.date(), HANMEI)
    with pytest.raises(UnknownAgent):
        await centre.timelines.of("9999", DAY.date(), BOSS)


async def test_a_wrap_up_is_kept_with_its_end_and_never_beyond_its_deadline(database: Database) -> None:
    idle, first = Kept(None, None, "ready"), Kept(at(10), at(12), "ready")
    second = Kept(at(20), at(22), "ready")

    async def change(before: Kept, after: Kept, since: datetime) -> list[tuple[datetime, datetime | None]]:
        async with database.write() as session:
            await note_wrap_up(session, "1001", before, after, since)
            rows = await session.scalars(select(AgentWrapUpRow).order_by(AgentWrapUpRow.began_at))
            return [(row.began_at, row.ended_at) for row in rows]

    assert await change(idle, first, at(10)) == [(at(10), None)]
    # The same again, and a longer deadline, begin nothing.
    assert await change(first, replace(first, wrap_up_until=at(15)), at(10)) == [(at(10), None)]
    assert await change(first, idle, at(11)) == [(at(10), at(11))]
    await change(idle, second, at(20))
    # The service was away when it ended.
    assert await change(second, idle, at(90)) == [(at(10), at(11)), (at(20), at(22))]
