"""Tests the ledger: what becomes a proposal, who decides, what a closed month keeps; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.facts import AgentNumber, CallId
from callcenter.flags.ledger.errors import (
    BadEntry,
    MonthClosed,
    MonthNotOver,
    MonthUndecided,
    NotYourEntry,
    SamePerson,
    UnknownEntry,
)
from callcenter.flags.ledger.exports import LedgerExport, ledger_list
from callcenter.flags.ledger.model import Evidence, LedgerEvent, LedgerState, totals
from callcenter.flags.ledger.queries import FLAG, EntryFilter, EntrySums, LedgerReading
from callcenter.flags.ledger.rows import LedgerEntryRow
from callcenter.flags.ledger.service import Ledger, LedgerDelta
from callcenter.flags.rows import FlagRow
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM, Audit
from callcenter.web.ports import Audience, DeltaKind, Shape
from callcenter.web.roles import Person, Role
from tests.support.rooms import BOSS, NOON, SetClock, person

LI, HAN = person("1001"), person("1002")
OTHER = Person("p3", "other", "另一位主管", frozenset({Role.SUPERVISOR}))
LEADING_LI = Person("p9", "lilei", "李雷", frozenset({Role.SUPERVISOR}), AgentNumber("1001"))
CHANGSHA = ZoneInfo("Asia/Shanghai")
AMOUNTS = {"absent": 3000, "left_post": 2000, "late": 0, "R1": 0, "rude_complaint": 500}


def evidence(id: str = "a", kind: str = "left_post", at: datetime = NOON, minutes: int = 20) -> Evidence:
    return Evidence(id, kind, "D3", "2026-11", "1001", at, {"minutes": minutes})


class Room:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SetClock()
        self.evidence: list[Evidence] = []
        self.published: list[LedgerDelta] = []
        self.reading = LedgerReading(database)
        audit = Audit(database, self.clock)
        sources = [self._source, self.reading.confirmed_flags]
        self.ledger = Ledger(
            database, self.clock, audit, CHANGSHA, AMOUNTS, sources, self._publish, {FLAG: self.reading.standing_flags}
        )

    async def _source(self, since: datetime) -> Sequence[Evidence]:
        return self.evidence

    def _publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> None:
        assert (kind, agents) == ("ledger", frozenset({data["agent"]}))
        self.published.append(data)  # type: ignore[arg-type]

    async def collected(self, *given: Evidence) -> list[LedgerEntryRow]:
        self.evidence = [*given]
        await self.ledger.collect()
        return list(reversed(await self.reading.entries(EntryFilter(), BOSS, 100)))


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)


async def test_D7_evidence_is_proposed_once_with_amount_clause_and_policy_version(room: Room) -> None:
    await room.collected(evidence())
    (row,) = await room.collected(evidence())
    assert (row.state, row.proposed, row.amount, row.clause, row.policy_version) == (
        "proposed",
        2000,
        2000,
        "D3",
        "2026-11",
    )
    assert (row.month, row.facts) == ("2026-11", {"minutes": 20})
    (step,) = (await room.reading.steps([row.id]))[row.id]
    assert (step.event, step.by) == ("propose", "system")
    assert [known.id for known in await room.collected(evidence("b", "C1"))] == [row.id]


async def test_D7_evidence_that_grows_changes_a_proposal_but_no_decision(room: Room) -> None:
    (late,) = await room.collected(evidence("a", "late", minutes=6))
    assert late.amount == 0
    (absent,) = await room.collected(evidence("a", "absent", minutes=30))
    assert (absent.id, absent.kind, absent.amount) == (late.id, "absent", 3000)
    await room.ledger.decide(absent.id, LedgerEvent.CONFIRM, "未请假", BOSS)
    (decided,) = await room.collected(evidence("a", "late", minutes=90))
    assert (decided.kind, decided.facts) == ("absent", {"minutes": 30})


async def test_D7_a_confirmed_flag_becomes_a_proposal_and_a_raised_one_does_not(room: Room) -> None:
    async with room.database.write() as session:
        for id, state, agent in (("f1", "confirmed", "1001"), ("f2", "raised", "1001"), ("f3", "confirmed", None)):
            flag = FlagRow(
                id=id,
                clause="R1",
                policy_version="2026-10",
                raised_at=NOON,
                call=CallId("pbx1-1.1"),
                agent=agent,
                facts={},
                state=state,
                by="boss",
            )
            session.add(flag)
    (row,) = await room.collected()
    assert (row.kind, row.policy_version, row.amount) == ("R1", "2026-10", 0)
    assert row.facts == {"flag": "f1", "call": "pbx1-1.1", "confirmed_by": "boss"}
    async with room.database.write() as session:
        await session.execute(update(FlagRow).where(FlagRow.id == "f2").values(state="confirmed"))
    assert len(await room.collected()) == 2


async def test_D7_a_proposal_is_annulled_with_its_evidence_and_a_decision_is_not(room: Room) -> None:
    flags = [
        FlagRow(
            id=id,
            clause="R1",
            policy_version="2026-10",
            raised_at=NOON,
            call=CallId("pbx1-1.1"),
            agent="1001",
            facts={},
            state="confirmed",
            by="boss",
        )
        for id in ("f1", "f2", "f3")
    ]
    async with room.database.write() as session:
        session.add_all(flags)
    rows = {row.facts["flag"]: row.id for row in await room.collected()}
    await room.ledger.decide(rows["f2"], LedgerEvent.CONFIRM, "属实", BOSS)
    async with room.database.write() as session:
        await session.execute(update(FlagRow).where(FlagRow.id != "f3").values(state="annulled"))
    for _ in range(2):
        states = {row.facts["flag"]: row.state for row in await room.collected()}
        assert states == {"f1": "annulled", "f2": "confirmed", "f3": "proposed"}
    steps = (await room.reading.steps([rows["f1"]]))[rows["f1"]]
    assert [(step.event, step.by_name) for step in steps] == [("propose", SYSTEM.name), ("annul", SYSTEM.name)]
    assert steps[-1].reason


async def test_D7_a_decision_takes_a_reason_and_another_person_and_only_lowers_the_amount(room: Room) -> None:
    (row,) = await room.collected(evidence())
    for by, reason, amount, refusal in (
        (LI, "x", None, NotYourEntry),
        (LEADING_LI, "x", None, NotYourEntry),
        (BOSS, " ", None, BadEntry),
        (BOSS, "x", 2001, BadEntry),
        (BOSS, "x", -1, BadEntry),
    ):
        with pytest.raises(refusal):
            await room.ledger.decide(row.id, LedgerEvent.CONFIRM, reason, by, amount)
    decided = await room.ledger.decide(row.id, LedgerEvent.CONFIRM, "家里急事，减半", BOSS, 1000)
    assert (decided.state, decided.amount, decided.proposed) == ("confirmed", 1000, 2000)
    with pytest.raises(UnknownEntry):
        await room.ledger.decide("0", LedgerEvent.CONFIRM, "x", BOSS)


async def test_D7_the_agent_disputes_and_another_person_settles(room: Room) -> None:
    (row,) = await room.collected(evidence())
    with pytest.raises(IllegalTransition):
        await room.ledger.decide(row.id, LedgerEvent.DISPUTE, "我换班了", LI)
    await room.ledger.decide(row.id, LedgerEvent.CONFIRM, "查实", BOSS)
    with pytest.raises(NotYourEntry):
        await room.ledger.decide(row.id, LedgerEvent.DISPUTE, "他换班了", HAN)
    await room.ledger.decide(row.id, LedgerEvent.DISPUTE, "我换班了", LI)
    for event in (LedgerEvent.SETTLE, LedgerEvent.ANNUL):
        with pytest.raises(SamePerson):
            await room.ledger.decide(row.id, event, "维持", BOSS)
    settled = await room.ledger.decide(row.id, LedgerEvent.SETTLE, "部分属实", OTHER, 500)
    assert (settled.state, settled.amount) == ("settled", 500)
    history = [(step.event, step.by_name, step.amount) for step in (await room.reading.steps([row.id]))[row.id]]
    assert history == [
        ("propose", "system", 2000),
        ("confirm", "主管", 2000),
        ("dispute", "客服", 2000),
        ("settle", "另一位主管", 500),
    ]
    assert [delta["state"] for delta in room.published] == ["proposed", "confirmed", "disputed", "settled"]


async def test_D7_an_agent_sees_only_entries_about_themselves(room: Room) -> None:
    (row,) = await room.collected(evidence())
    assert [seen.id for seen in await room.reading.entries(EntryFilter(agent="1002"), LI, 10)] == [row.id]
    assert await room.reading.entries(EntryFilter(agent="1001"), HAN, 10) == []
    with pytest.raises(UnknownEntry):
        await room.reading.entry(row.id, HAN)


async def test_D7_rude_service_is_proposed_by_hand_once_and_not_by_the_agent(room: Room) -> None:
    rude = Evidence("hand:1", "rude_complaint", "D7", "2026-11", "1001", NOON, {"case": "TS1"})
    with pytest.raises(NotYourEntry):
        await room.ledger.propose(rude, "x", LEADING_LI)
    row = await room.ledger.propose(rude, "客户投诉属实", BOSS)
    assert (row.amount, row.facts) == (500, {"case": "TS1"})
    for wrong, reason in ((rude, "x"), (evidence("n", "unheard_of"), "x"), (evidence("n"), "  ")):
        with pytest.raises(BadEntry):
            await room.ledger.propose(wrong, reason, BOSS)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "2026-11-24T12:00:00Z", "9999-12-31T23:59:59Z"])
async def test_D7_nobody_is_charged_with_what_has_not_happened(room: Room, at: str) -> None:
    """The entry of a future month could not be decided upon before, and the last day of all was an internal error."""
    ahead = evidence("hand:2", "rude_complaint", datetime.fromisoformat(at))
    with pytest.raises(BadEntry) as refused:
        await room.ledger.propose(ahead, "x", BOSS)
    assert refused.value.facts["fault"] == "at"


async def test_D7_a_month_closes_when_all_is_decided_and_nothing_of_it_changes_then(room: Room) -> None:
    first, second, third = await room.collected(
        evidence("a"), evidence("b", "absent", NOON + timedelta(1)), evidence("c", "late", NOON + timedelta(2))
    )
    with pytest.raises(MonthNotOver):
        await room.ledger.close("2026-11", BOSS)
    room.clock.at = datetime(2026, 12, 1, 0, 0, tzinfo=CHANGSHA)
    await room.ledger.decide(first.id, LedgerEvent.CONFIRM, "查实", BOSS, 1500)
    await room.ledger.decide(second.id, LedgerEvent.ANNUL, "已请假", BOSS)
    with pytest.raises(MonthUndecided):
        await room.ledger.close("2026-11", BOSS)
    await room.ledger.decide(third.id, LedgerEvent.CONFIRM, "提醒", BOSS)
    results = await asyncio.gather(*(room.ledger.close("2026-11", BOSS) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(result, CallCentreError) for result in results) == [False, True]
    closed, rows = await room.reading.month("2026-11")
    assert closed is not None
    assert (closed.totals, closed.entries, len(closed.sha256)) == ({"1001": 1500}, 3, 64)
    for by, event in ((LI, LedgerEvent.DISPUTE), (BOSS, LedgerEvent.ANNUL)):
        with pytest.raises(MonthClosed):
            await room.ledger.decide(first.id, event, "太晚", by)
    await room.collected(evidence("d", "absent", NOON))
    assert [(row.month, row.at) for row in await room.reading.entries(EntryFilter(month="2026-12"), BOSS, 9)] == [
        ("2026-12", NOON)
    ]
    assert [row.id for row in (await room.reading.month("2026-11"))[1]] == [row.id for row in rows]


async def test_D7_what_is_proposed_or_disputed_while_a_month_closes_is_never_caught_in_it(room: Room) -> None:
    for month in range(1, 7):
        at = datetime(2026, month, 15, 12, tzinfo=CHANGSHA)
        room.clock.at = datetime(2026, 12, 1, tzinfo=CHANGSHA)
        first = await room.ledger.propose(evidence(f"first{month}", at=at), "查实", BOSS)
        await room.ledger.decide(first.id, LedgerEvent.CONFIRM, "查实", BOSS)
        late = [evidence(f"late{month}-{number}", at=at) for number in range(4)]
        results = await asyncio.gather(
            room.ledger.close(f"2026-{month:02}", BOSS),
            room.ledger.decide(first.id, LedgerEvent.DISPUTE, "不服", LI),
            room.ledger.decide(first.id, LedgerEvent.DISPUTE, "不服", LI),
            *(room.ledger.propose(item, "后来才知道", BOSS) for item in late),
            return_exceptions=True,
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        assert all(isinstance(result, CallCentreError) for result in failed), failed
        closed, rows = await room.reading.month(f"2026-{month:02}")
        undecided = [row for row in rows if row.state in ("proposed", "disputed")]
        assert closed is None or undecided == []
        assert sum(result is not None and not isinstance(result, BaseException) for result in results[1:3]) <= 1


async def test_D7_the_payrolls_list_has_what_is_deducted_in_yuan(room: Room) -> None:
    first, second = await room.collected(evidence("a"), evidence("b", "absent", NOON + timedelta(1)))
    await room.ledger.decide(first.id, LedgerEvent.CONFIRM, "查实", BOSS, 1550)
    pages = [page async for page in ledger_list(room.reading).pages(LedgerExport(month="2026-11"))]
    rows = {row[0]: row for page in pages for row in page}
    assert [rows[first.id][place] for place in (1, 4, 8, 9, 10, 11)] == [
        "1001",
        "left_post",
        20.0,
        15.5,
        "主管",
        "查实",
    ]
    assert rows[second.id][9] == 0


def test_only_confirmed_and_settled_entries_are_deducted() -> None:
    states = {state: state in (LedgerState.CONFIRMED, LedgerState.SETTLED) for state in LedgerState}
    for state, counts in states.items():
        assert totals([("1001", state, 500), ("1002", LedgerState.CONFIRMED, 0)]) == ({"1001": 500} if counts else {})


async def test_D7_the_sums_of_a_month_and_of_days_are_those_of_their_entries(room: Room) -> None:
    """By month of the payroll, and by the days on which it happened; an entry in dispute is not deducted."""
    days = [NOON - timedelta(days=number) for number in range(4)]
    rows = await room.collected(*(evidence(str(number), at=at) for number, at in enumerate(days)))
    for row, amount in zip(rows, (2000, 500, 1500), strict=False):
        await room.ledger.decide(row.id, LedgerEvent.CONFIRM, "属实", BOSS, amount)
    await room.ledger.decide(rows[0].id, LedgerEvent.DISPUTE, "不服", LI)
    month = EntryFilter(month="2026-11")
    assert await room.reading.sums(month) == {"1001": EntrySums(entries=4, undecided=2, deducted=2000)}
    assert await room.reading.sums(EntryFilter(month="2026-10")) == {}
    span = EntryFilter(span=(days[2], days[0]))
    inside = await room.reading.entries(span, BOSS, 10)
    assert {row.at for row in inside} == {days[1], days[2]}
    deducted = sum(row.amount for row in inside if row.state == "confirmed")
    assert (await room.reading.sums(span))["1001"] == EntrySums(2, 0, deducted)
    assert await room.reading.closing("2026-11") is None
