"""Tests messages with their receipts, and raised hands with their answers, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from callcenter import facts
from callcenter.agents.errors import UnknownAgent
from callcenter.agents.model import Agent, Phone
from callcenter.calls.effects import AgentNow
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.errors import UnknownLine
from callcenter.routing.model import Line, Queue
from callcenter.storage.database import Database
from callcenter.supervision.hands.errors import HandDown, NoHand, UnknownHand
from callcenter.supervision.hands.service import RaisedHands
from callcenter.supervision.messages.errors import BadMessage, MessageNotAllowed, NobodyToReach, UnknownMessage
from callcenter.supervision.messages.http import TeamMessageShape
from callcenter.supervision.messages.model import Draft
from callcenter.supervision.messages.service import Messages
from callcenter.web.ports import Audience, DeltaKind
from tests.calls.test_floor import CALL, answers, arrives, at, new_floor, play, rings
from tests.support.rooms import BOSS, CHIEF, Rooms, person

LILEI, HANMEI = person("1001"), person("1002")


class Centre:
    def __init__(self, database: Database) -> None:
        self.rooms = Rooms(database)
        self.floor = new_floor()
        self.sent: list[tuple[str, Mapping[str, Any], Audience]] = []
        rooms = self.rooms
        self.messages = Messages(database, rooms.clock, rooms.audit, rooms.agents, rooms.lines, self, self.publish)
        self.hands = RaisedHands(database, rooms.clock, rooms.audit, self, self.publish)

    def publish(self, kind: DeltaKind[Any], data: Any, agents: Audience = None) -> None:
        self.sent.append((kind, data, agents))

    def agents_now(self) -> Mapping[str, AgentNow]:
        return {agent.number: agent for agent in self.floor.agents.all()}

    def on_duty(self, line: str) -> Sequence[str]:
        return [agent for agent in dict(self.floor.duty).get(line, ()) if self.floor.agents.signed_in(agent)]


@pytest.fixture
async def centre(database: Database) -> Centre:
    centre = Centre(database)
    for number in ("1001", "1002", "1003"):
        await centre.rooms.agents.add(Agent(AgentNumber(number), f"坐席{number}", phones=(Phone(number),)), None)
        state = "signed_out" if number == "1003" else "available"
        centre.floor.apply(facts.PresenceChanged(at(0), number, number, number, state, ""))
    for line in ("sales", "orders"):
        await centre.rooms.queues.add(Queue(QueueCode(line)), None)
        await centre.rooms.lines.add(Line(LineCode(line), QueueCode(line)), None)
    centre.floor.apply(facts.DutyChanged(at(0), (("sales", ("1001", "1003")),)))
    return centre


async def test_a_message_reaches_one_agent_who_confirms_it_once(centre: Centre) -> None:
    sent = await centre.messages.write(Draft(" 请补记录 ", agent="1001"), BOSS)
    kind, delta, audience = centre.sent[-1]
    assert (kind, delta["text"], delta["recipients"], delta["read_by"]) == ("message", "请补记录", ["1001"], [])
    assert audience == frozenset({"1001"})
    with pytest.raises(UnknownMessage):
        await centre.messages.read(sent.row.id, HANMEI)
    first = TeamMessageShape.of(await centre.messages.read(sent.row.id, LILEI), LILEI)
    centre.rooms.clock.move(minutes=5)
    again = TeamMessageShape.of(await centre.messages.read(sent.row.id, LILEI), LILEI)
    assert first.read_at == again.read_at is not None
    assert first.receipts == []
    assert [data["read_by"] for _, data, _ in centre.sent] == [[], ["1001"]]
    (seen,) = await centre.messages.page(BOSS, 10)
    assert [(r.agent, r.read_by) for r in TeamMessageShape.of(seen, BOSS).receipts] == [("1001", "agent1001")]
    assert await centre.messages.page(HANMEI, 10) == []


async def test_a_message_to_a_line_or_to_all_reaches_those_who_are_there(centre: Centre) -> None:
    line = await centre.messages.write(Draft("促销改了", line="sales"), BOSS)
    assert [receipt.agent for receipt in line.receipts] == ["1001"]
    everyone = await centre.messages.write(Draft("十点开会", all=True), BOSS)
    assert [receipt.agent for receipt in everyone.receipts] == ["1001", "1002"]
    with pytest.raises(NobodyToReach):
        await centre.messages.write(Draft("有人吗", line="orders"), BOSS)
    centre.rooms.clock.move(minutes=1)
    newest = await centre.messages.write(Draft("散会", all=True), BOSS)
    listed = await centre.messages.page(LILEI, 2)
    assert listed[0].row.id == newest.row.id
    rest = await centre.messages.page(LILEI, 2, (listed[-1].row.at, listed[-1].row.id))
    assert {message.row.id for message in (*listed, *rest)} == {line.row.id, everyone.row.id, newest.row.id}


async def test_agents_write_to_their_leaders_only_and_any_leader_reads_it(centre: Centre) -> None:
    with pytest.raises(MessageNotAllowed):
        await centre.messages.write(Draft("你好", agent="1002"), LILEI)
    sent = await centre.messages.write(Draft("打印机坏了", leaders=True), LILEI)
    assert centre.sent[-1][2] == frozenset({"1001"})
    with pytest.raises(UnknownMessage):
        await centre.messages.read(sent.row.id, HANMEI)
    await centre.messages.read(sent.row.id, BOSS)
    await centre.messages.read(sent.row.id, CHIEF)
    (own,) = await centre.messages.page(LILEI, 10)
    assert [(r.agent, r.read_by) for r in TeamMessageShape.of(own, LILEI).receipts] == [("", "boss")]
    assert [message.row.id for message in await centre.messages.page(CHIEF, 10)] == [sent.row.id]


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft("x"), BadMessage),
        (Draft("x", agent="1001", all=True), BadMessage),
        (Draft("  ", agent="1001"), BadMessage),
        (Draft("x", agent="9999"), UnknownAgent),
        (Draft("x", line="nowhere"), UnknownLine),
    ],
)
async def test_a_message_without_a_text_or_a_known_recipient_is_refused(
    centre: Centre, draft: Draft, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await centre.messages.write(draft, BOSS)
    assert centre.sent == []


async def test_R10_an_agent_raises_a_hand_on_a_call_and_the_first_answer_counts(centre: Centre) -> None:
    play(centre.floor, arrives(), rings(), answers(5))
    up = await centre.hands.hold_up("客户要见经理", LILEI)
    assert (up.call, up.state) == (f"pbx1-{CALL}".replace("pbx1-pbx1", "pbx1"), "raised")
    assert (await centre.hands.hold_up("again", LILEI)).id == up.id
    assert [row.id for row in await centre.hands.open(BOSS)] == [up.id]
    assert await centre.hands.open(HANMEI) == []
    answered = await centre.hands.answer(up.id, "马上来", BOSS)
    assert (answered.state, answered.answered_by, answered.answer) == ("answered", "boss", "马上来")
    with pytest.raises(HandDown):
        await centre.hands.answer(up.id, "", CHIEF)
    with pytest.raises(UnknownHand):
        await centre.hands.answer("none", "", CHIEF)
    assert [data["state"] for _, data, _ in centre.sent] == ["raised", "answered"]
    assert all(audience == frozenset({"1001"}) for _, _, audience in centre.sent)


async def test_a_hand_is_taken_down_by_its_agent(centre: Centre) -> None:
    up = await centre.hands.hold_up("", LILEI)
    await centre.hands.lower(LILEI)
    await centre.hands.lower(LILEI)
    assert await centre.hands.open(BOSS) == []
    assert (await centre.hands.hold_up("", LILEI)).id != up.id
    with pytest.raises(NoHand):
        await centre.hands.hold_up("", BOSS)
