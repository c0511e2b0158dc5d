"""The block list: a reason and an end for each number, evidence that stays, and numbers that always get through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, save
from callcenter.customers.numbers import BadNumber
from callcenter.errors import CallCentreError
from callcenter.facts import Linkedid, Uniqueid
from callcenter.routing.blocks.errors import BadBlock, BlockExists, BlockLifted, NotBlockable, UnknownBlock
from callcenter.routing.blocks.model import Block
from callcenter.routing.blocks.service import BlockService
from callcenter.routing.errors import UnknownLine
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, NOON, Rooms

NUMBER = "13974812346"


async def room(database: Database) -> tuple[Rooms, BlockService]:
    rooms = Rooms(database)
    await rooms.furnish("1001")
    blocks = BlockService(
        database,
        rooms.clock,
        rooms.audit,
        rooms.customers,
        rooms.lines,
        lambda: rooms.changes.append("blocks"),
        ("110", "119", "120", "122", "13800000110"),
    )
    return rooms, blocks


def block(rooms: Rooms, number: str = NUMBER, **values: Any) -> Block:
    end = rooms.clock() + timedelta(days=30)
    return replace(Block(number, "辱骂客服", ends_at=end), **values)


async def test_a_block_holds_until_its_end_in_every_spelling_of_the_number(database: Database) -> None:
    rooms, blocks = await room(database)
    added = await blocks.add(block(rooms, "139 7481-2346"), BOSS)
    assert (added.number, added.added_by, added.line) == (f"+86{NUMBER}", "boss", "")
    for spelling in (NUMBER, f"0{NUMBER}", f"+86{NUMBER}", f"0086{NUMBER}"):
        assert await blocks.blocks_caller(spelling, "orders")
    assert not await blocks.blocks_caller("13974812347", "orders")
    assert not await blocks.blocks_caller("anonymous", "orders")
    rooms.clock.move(days=30)
    assert not await blocks.blocks_caller(NUMBER, "orders")
    assert await blocks.holding() == []
    assert "blocks" in rooms.changes


async def test_a_block_of_one_line_leaves_the_others_open(database: Database) -> None:
    rooms, blocks = await room(database)
    await blocks.add(block(rooms, line="orders"), BOSS)
    assert await blocks.blocks_caller(NUMBER, "orders")
    assert not await blocks.blocks_caller(NUMBER, "complaints")
    with pytest.raises(UnknownLine):
        await blocks.add(block(rooms, line="nowhere"), BOSS)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"reason": "  "}, "reason"),
        ({"ends_at": None}, "no_end"),
        ({"no_end_reason": "法院裁定"}, "both"),
        ({"ends_at": NOON - timedelta(days=1)}, "past"),
    ],
)
async def test_a_block_states_a_reason_and_an_end_or_why_it_has_none(
    database: Database, values: dict[str, Any], fault: str
) -> None:
    rooms, blocks = await room(database)
    with pytest.raises(BadBlock) as refused:
        await blocks.add(block(rooms, **values), BOSS)
    assert refused.value.facts["fault"] == fault
    await blocks.add(block(rooms, ends_at=None, no_end_reason="法院裁定"), BOSS)
    rooms.clock.move(days=4000)
    assert await blocks.blocks_caller(NUMBER, "orders")


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("110", NotBlockable),
        ("12345", NotBlockable),
        ("1001", NotBlockable),
        ("13800000110", NotBlockable),
        ("400-800-1234", NotBlockable),
        ("anonymous", BadNumber),
        ("", BadNumber),
        ("周先生", BadNumber),
    ],
)
async def test_emergency_hidden_and_own_numbers_cannot_be_blocked(
    database: Database, number: str, refusal: type[CallCentreError]
) -> None:
    rooms, blocks = await room(database)
    with pytest.raises(refusal):
        await blocks.add(block(rooms, number), BOSS)
    assert await blocks.blocks() == []


async def test_a_lifted_block_stays_as_evidence_and_the_number_may_be_blocked_again(database: Database) -> None:
    rooms, blocks = await room(database)
    first = await blocks.add(block(rooms), BOSS)
    with pytest.raises(BlockExists):
        await blocks.add(block(rooms, f"+86{NUMBER}"), BOSS)
    lifted = await blocks.lift(first.id, "已道歉", BOSS)
    assert (lifted.lifted_by, lifted.lift_reason) == ("boss", "已道歉")
    assert not await blocks.blocks_caller(NUMBER, "orders")
    with pytest.raises(BlockLifted):
        await blocks.lift(first.id, "再次", BOSS)
    with pytest.raises(UnknownBlock):
        await blocks.lift("none", "x", BOSS)
    with pytest.raises(BadBlock):
        await blocks.lift(first.id, " ", BOSS)
    rooms.clock.move(minutes=1)
    second = await blocks.add(block(rooms), BOSS)
    assert [entry.id for entry in await blocks.blocks(number=NUMBER)] == [second.id, first.id]
    assert [entry.id for entry in await blocks.blocks(active=True)] == [second.id]
    assert second.added_at is not None
    assert [entry.id for entry in await blocks.blocks(after=(second.added_at, second.id))] == [first.id]


async def test_supervisors_see_how_often_a_block_turned_a_caller_away(database: Database) -> None:
    rooms, blocks = await room(database)
    whole, line = await blocks.add(block(rooms), BOSS), await blocks.add(block(rooms, line="orders"), BOSS)
    at = rooms.clock() + timedelta(minutes=5)

    def call(place: int, number: str, reason: str, of_line: str = "orders", earlier: float = 0) -> CallRecord:
        arrived = at + timedelta(minutes=place) - timedelta(hours=earlier)
        linkedid = Linkedid(Uniqueid(f"pbx1-17000000{place:02}.1"))
        return CallRecord(
            "pbx1",
            linkedid,
            Direction.INBOUND,
            of_line,
            of_line,
            number,
            "",
            "4008001234",
            arrived,
            ended_at=arrived,
            outcome=Outcome.CLOSED,
            reason=reason,
        )

    records = [
        call(1, NUMBER, "blocked"),
        call(2, f"+86{NUMBER}", "blocked", "complaints"),
        call(3, NUMBER, "outside_hours"),
        call(4, "13974812399", "blocked"),
        call(5, NUMBER, "blocked", earlier=2),
    ]
    rules = RingRules(3, cadence_of("cn"))
    async with database.write() as session:
        await save(session, [Change(None, record, rules, "2026-11", "files", True) for record in records])
    hits = await blocks.hits([whole, line])
    assert (hits[whole.id].count, hits[whole.id].last_at) == (2, at + timedelta(minutes=2))
    assert hits[line.id].count == 1
