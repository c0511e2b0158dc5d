"""R8: which language a missed caller needs, and when a speaker of it is next on duty, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from callcenter.agents.model import Agent, Phone
from callcenter.callbacks.jobs import Needed
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.centre.speakers import DialectSpeakers, no_speaker_sounds
from callcenter.customers.model import Customer
from callcenter.facts import AgentNumber, LineCode, Linkedid, QueueCode, Uniqueid
from callcenter.roster.model import Shift
from callcenter.routing.model import Line, Queue
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, CHIEF, Rooms

DIALECT = "xiang-changsha"
NUMBER = "13974812346"


async def room(database: Database) -> tuple[Rooms, DialectSpeakers]:
    rooms = Rooms(database)
    await rooms.furnish("1002")
    await rooms.agents.add(Agent(AgentNumber("1001"), "客服1001", phones=(Phone("1001"),), skills={DIALECT: 4}), CHIEF)
    await rooms.queues.change(
        Queue(QueueCode("general"), dialects=("Xiang-Changsha", "en"), no_speaker="callback"), CHIEF
    )
    await rooms.customers.add(Customer("周", (NUMBER,), DIALECT), None)
    speakers = DialectSpeakers(rooms.lines, rooms.queues, rooms.agents, rooms.roster, rooms.customers, rooms.clock)
    return rooms, speakers


def call(rooms: Rooms, number: str = NUMBER, line: str | None = "orders", dialect: str = "") -> CallRecord:
    at = rooms.clock()
    linkedid = Linkedid(Uniqueid("pbx1-1700000001.1"))
    return CallRecord(
        "pbx1",
        linkedid,
        Direction.INBOUND,
        line,
        "general",
        number,
        "",
        "4008001234",
        at,
        ended_at=at,
        outcome=Outcome.CLOSED,
        dialect=dialect,
    )


async def test_R8_a_return_call_is_due_when_the_next_speaker_comes_on_duty(database: Database) -> None:
    rooms, speakers = await room(database)
    assert await speakers.needed(call(rooms)) == Needed(DIALECT), "no shift is planned: as soon as one takes it"
    start = rooms.clock() + timedelta(hours=20)
    await rooms.roster.add(Shift(AgentNumber("1001"), LineCode("orders"), start, start + timedelta(hours=8)), BOSS)
    await rooms.on_duty("1002")
    assert await speakers.needed(call(rooms)) == Needed(DIALECT, start), "who is on duty now does not speak it"
    rooms.clock.move(hours=21)
    assert await speakers.needed(call(rooms)) == Needed(DIALECT)


async def test_the_language_that_was_chosen_by_key_comes_before_the_one_on_file(database: Database) -> None:
    rooms, speakers = await room(database)
    assert await speakers.needed(call(rooms, dialect="en")) == Needed("en")
    assert await speakers.needed(call(rooms, "13974812347", dialect="Xiang-Changsha")) == Needed(DIALECT)


async def test_anyone_may_call_back_where_the_queue_has_no_speakers_of_it(database: Database) -> None:
    rooms, speakers = await room(database)
    assert await speakers.needed(call(rooms, "13974812347")) is None
    assert await speakers.needed(call(rooms, dialect="yue")) is None
    assert await speakers.needed(call(rooms, line=None)) is None
    await rooms.queues.change(Queue(QueueCode("general")), CHIEF)
    assert await speakers.needed(call(rooms)) is None


async def test_R8_a_return_call_of_a_queue_with_a_required_language_is_for_its_speakers(database: Database) -> None:
    rooms, speakers = await room(database)
    await rooms.queues.change(Queue(QueueCode("general"), skill=DIALECT, min_level=3), CHIEF)
    start = rooms.clock() + timedelta(hours=20)
    await rooms.roster.add(Shift(AgentNumber("1001"), LineCode("orders"), start, start + timedelta(hours=8)), BOSS)
    await rooms.on_duty("1002")
    assert await speakers.needed(call(rooms, "13974812347")) == Needed(DIALECT, start)


def test_the_caller_hears_which_dialect_or_only_that_they_are_called_back() -> None:
    queue = Queue(QueueCode("general"), dialects=(DIALECT,), no_speaker="callback")
    known = no_speaker_sounds(queue, DIALECT, ())
    assert any("dialect_xiang_changsha" in sound for sound in known)
    assert no_speaker_sounds(queue, "min-fuzhou", ()) == ("zh/cc/wished",)
    english = Line(LineCode("service"), QueueCode("general"), language="en")
    assert {sound[:3] for sound in no_speaker_sounds(queue, DIALECT, [english])} == {"zh/"}, "no words they must guess"
    mandarin = replace(english, language="zh-CN")
    assert {sound[:3] for sound in no_speaker_sounds(queue, "en", [mandarin])} == {"en/"}
    assert no_speaker_sounds(queue, "vip", ()) == ()
    assert no_speaker_sounds(replace(queue, no_speaker="anyone"), DIALECT, ()) == ()
