"""Tests loans of agents and of skills: the routing follows at once and at the end by itself, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from callcenter.agents.errors import BadSkill, UnknownAgent
from callcenter.errors import Forbidden
from callcenter.facts import DutyChanged, LineCode, QueueCode
from callcenter.routing.errors import UnknownLine, UnknownQueue
from callcenter.routing.loans.errors import LoanExists, LoanNotOne, LoanTime, LoanWithoutSkill, UnknownLoan
from callcenter.routing.loans.model import Lent, with_lent_skills
from callcenter.routing.loans.service import Loans
from callcenter.routing.model import Line, Queue
from callcenter.routing.sync import RoutingSync
from callcenter.storage.database import Database
from callcenter.web.ports import Audience, DeltaKind
from tests.routing.test_sync import FakeQueues
from tests.support.rooms import BOSS, Rooms, person

LILEI, HANMEI = person("1001"), person("1002")
SALES, VIP, ENGLISH = LineCode("sales"), QueueCode("vip"), QueueCode("english")


class Centre:
    """1001 is on duty on `orders`; `sales` has nobody, `english` requires English."""

    def __init__(self, database: Database) -> None:
        self.rooms = rooms = Rooms(database)
        self.queues = FakeQueues()
        self.shown: list[tuple[str, Mapping[str, Any], Audience]] = []
        self.woken = 0
        self.duty: list[DutyChanged] = []
        self.loans = Loans(
            database, rooms.clock, rooms.audit, rooms.agents, rooms.lines, rooms.queues, self.publish, self.wake
        )
        self.sync = RoutingSync(
            self.queues,
            rooms.agents,
            rooms.presence,
            rooms.lines,
            rooms.queues,
            rooms.roster,
            rooms.clock,
            self.duty.append,
            loans=self.loans,
        )

    def publish(self, kind: DeltaKind[Any], data: Any, agents: Audience = None) -> None:
        self.shown.append((kind, data, agents))

    def wake(self) -> None:
        self.woken += 1

    async def members(self) -> set[tuple[str, str]]:
        await self.sync.once()
        return {(queue, member.agent) for (queue, _), member in self.queues.there.items()}

    def later(self, **span: float) -> Any:
        return self.rooms.clock() + timedelta(**span)


@pytest.fixture
async def centre(database: Database) -> Centre:
    centre = Centre(database)
    await centre.rooms.furnish("1001", "1002")
    for code, skill in ((QueueCode("selling"), ""), (VIP, ""), (ENGLISH, "en")):
        await centre.rooms.queues.add(Queue(code, skill=skill, min_level=3 if skill else 1), None)
    await centre.rooms.lines.add(Line(SALES, QueueCode("selling")), None)
    await centre.rooms.on_duty("1001")
    for number in ("1001", "1002"):
        await centre.rooms.presence.sign_in(number, person(number))
    return centre


async def test_an_agent_takes_calls_of_the_line_until_the_loan_ends_by_itself(centre: Centre) -> None:
    assert await centre.members() == {("general", "1001")}
    loan = await centre.loans.lend("1001", Lent(line=SALES), centre.later(hours=2), BOSS)
    assert centre.woken == 1
    assert await centre.members() == {("general", "1001"), ("selling", "1001")}
    assert ("sales", ("1001",)) in centre.duty[-1].duty
    assert await centre.loans.next_end(centre.rooms.clock()) == loan.until
    began = centre.rooms.clock()
    centre.rooms.clock.move(hours=2)
    assert await centre.members() == {("general", "1001")}
    assert await centre.loans.publish_ended(began) == centre.rooms.clock()
    kind, delta, audience = centre.shown[-1]
    assert (kind, delta["ended_at"], delta["ended_by"]) == ("loan", loan.until.isoformat(), "")
    assert audience == frozenset({"1001"})
    assert await centre.loans.of(BOSS) == []
    await centre.loans.end("1001", loan.id, BOSS)


async def test_the_routing_wakes_at_the_end_of_a_loan(centre: Centre) -> None:
    await centre.loans.lend("1002", Lent(queue=VIP), centre.later(minutes=5), BOSS)
    await centre.members()
    assert await centre.sync.next_change(centre.rooms.clock()) == centre.later(minutes=5)


async def test_an_agent_off_duty_is_lent_to_a_queue_and_called_back(centre: Centre) -> None:
    loan = await centre.loans.lend("1002", Lent(queue=VIP), centre.later(hours=1), BOSS)
    assert ("vip", "1002") in await centre.members()
    await centre.loans.end("1002", loan.id, BOSS)
    await centre.loans.end("1002", loan.id, BOSS)
    assert ("vip", "1002") not in await centre.members()
    assert [(delta["ended_by"]) for _, delta, _ in centre.shown] == ["", "boss"]


async def test_R8_a_lent_language_makes_a_speaker_and_without_it_the_loan_is_refused(centre: Centre) -> None:
    with pytest.raises(LoanWithoutSkill) as refused:
        await centre.loans.lend("1001", Lent(queue=ENGLISH), centre.later(hours=1), BOSS)
    assert refused.value.facts["skill"] == "en"
    await centre.loans.lend("1001", Lent(skill="EN", level=4), centre.later(hours=1), BOSS)
    await centre.loans.lend("1001", Lent(queue=ENGLISH), centre.later(hours=2), BOSS)
    assert ("english", "1001") in await centre.members()
    # The language was lent for an hour only.
    centre.rooms.clock.move(minutes=90)
    assert ("english", "1001") not in await centre.members()
    assert (await centre.rooms.agents.agent("1001")).skills == {}


def test_a_lent_level_replaces_the_own_one_of_that_agent_only() -> None:
    assert with_lent_skills({"en": 2}, "1001", []) == {"en": 2}


@pytest.mark.parametrize(
    ("agent", "lent", "minutes", "error"),
    [
        ("1001", Lent(), 5, LoanNotOne),
        ("1001", Lent(line=SALES, queue=VIP), 5, LoanNotOne),
        ("1001", Lent(skill="en"), 5, LoanNotOne),
        ("1001", Lent(line=SALES, level=3), 5, LoanNotOne),
        ("1001", Lent(line=SALES), 0, LoanTime),
        ("1001", Lent(line=SALES), 25 * 60, LoanTime),
        ("1001", Lent(skill="no such thing", level=3), 5, BadSkill),
        ("1001", Lent(line=LineCode("nowhere")), 5, UnknownLine),
        ("1001", Lent(queue=QueueCode("nowhere")), 5, UnknownQueue),
        ("9999", Lent(line=SALES), 5, UnknownAgent),
    ],
)
async def test_what_cannot_be_lent_is_refused(
    centre: Centre, agent: str, lent: Lent, minutes: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await centre.loans.lend(agent, lent, centre.later(minutes=minutes), BOSS)
    assert centre.shown == []


async def test_leaders_lend_and_an_agent_sees_the_own_loans(centre: Centre) -> None:
    with pytest.raises(Forbidden):
        await centre.loans.lend("1001", Lent(line=SALES), centre.later(hours=1), LILEI)
    loan = await centre.loans.lend("1001", Lent(line=SALES), centre.later(hours=1), BOSS)
    with pytest.raises(LoanExists):
        await centre.loans.lend("1001", Lent(line=SALES), centre.later(hours=3), BOSS)
    assert [each.id for each in await centre.loans.of(LILEI)] == [loan.id]
    assert await centre.loans.of(HANMEI) == []
    with pytest.raises(Forbidden):
        await centre.loans.end("1001", loan.id, LILEI)
    with pytest.raises(UnknownLoan):
        await centre.loans.end("1002", loan.id, BOSS)
