"""Tests that an action is stored before it is sent and settled by what came of it, on both databases."""

from __future__ import annotations

import json

import pytest

from callcenter.asterisk.ami_errors import AmiRefused, AmiTimeout
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.errors import CallOver
from callcenter.calls.control.model import Act
from callcenter.facts import AgentNumber, CallId
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents, IntentState
from callcenter.web.roles import Person, Role
from tests.support.rooms import Rooms

AGENT = Person("p1", "lilei", "李雷", frozenset({Role.AGENT}), AgentNumber("1001"))
CALL = "pbx1-1.1"


def acts_of(database: Database) -> tuple[Acts, Intents]:
    rooms = Rooms(database)
    intents = Intents(database, rooms.clock)
    return Acts(database, rooms.clock, intents, rooms.audit), intents


async def test_the_action_and_its_intent_are_stored_before_anything_is_sent(database: Database) -> None:
    acts, intents = acts_of(database)
    before: list[str] = []

    async def send(intent: str) -> None:
        before.extend([row.outcome for row in await acts.of_call(CallId(CALL))])
        before.extend([row.id for row in await intents.page(IntentState.NOTED, 10)])
        assert before == ["noted", intent]

    row = await acts.perform(Act.HANG_UP, lambda _: CALL, AGENT, send, "abusive")
    assert before
    assert (row.outcome, row.reason, row.agent) == ("done", "abusive", "1001")
    assert [findings.outcome for findings in await acts.of_call(CallId(CALL))] == ["done"]
    assert await intents.counts() == {"done": 1}


@pytest.mark.parametrize(
    ("error", "raised", "outcome"),
    [
        (AmiRefused("No such channel"), CallOver, "refused"),
        (AmiRefused("Permission denied"), AmiRefused, "refused"),
        (AmiTimeout("no answer"), AmiTimeout, "unknown"),
    ],
)
async def test_what_the_pbx_answers_settles_it_and_nothing_is_sent_again(
    database: Database, error: Exception, raised: type[Exception], outcome: str
) -> None:
    acts, intents = acts_of(database)
    sent: list[str] = []

    async def send(intent: str) -> None:
        sent.append(intent)
        raise error

    with pytest.raises(raised):
        await acts.perform(Act.HOLD, lambda _: CALL, AGENT, send)
    assert len(sent) == 1
    assert [row.outcome for row in await acts.of_call(CallId(CALL))] == [outcome]
    assert await intents.counts() == {outcome: 1}


async def test_an_action_is_in_the_audit_with_its_reason(database: Database) -> None:
    rooms = Rooms(database)
    acts = Acts(database, rooms.clock, Intents(database, rooms.clock), rooms.audit)

    async def send(_: str) -> None:
        return None

    await acts.perform(Act.DECLINE, lambda _: CALL, AGENT, send, "equipment")
    newest = (await rooms.audit.page(10))[0]
    assert (newest.action, newest.subject) == ("call.decline", f"call/{CALL}")
    assert json.loads(newest.facts) == {"reason": "equipment"}
