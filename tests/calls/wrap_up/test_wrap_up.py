"""Tests the wrap-up: its deadline lives on the server, its agent or a leader extends or ends it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from callcenter import facts
from callcenter.agents.errors import NotYourPresence
from callcenter.calls.effects import AgentNow
from callcenter.calls.wrap_up.errors import NotWrappingUp, WrapUpTooLong
from callcenter.calls.wrap_up.model import ExtendReason, extended
from callcenter.calls.wrap_up.service import WrapUps
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from callcenter.web.roles import Person, Role
from tests.calls.test_floor import CALL, answers, arrives, at, ends, new_floor, play, rings
from tests.support.rooms import BOSS, Rooms

AGENT = Person("p1", "lilei", "李雷", frozenset({Role.AGENT}), AgentNumber("1001"))
OTHER = Person("p2", "hanmei", "韩梅", frozenset({Role.AGENT}), AgentNumber("1002"))


class WrappingFloor:
    """A real floor in the wrap-up of agent 1001; facts are applied at once."""

    def __init__(self) -> None:
        self.floor = new_floor()
        play(self.floor, arrives(), rings(), answers(5), ends(CALL, "caller"))

    def agents_now(self) -> Mapping[str, AgentNow]:
        return {agent.number: agent for agent in self.floor.agents.all()}

    def submit_soon(self, fact: facts.Fact) -> None:
        self.floor.apply(fact)

    @property
    def state(self) -> str:
        return self.agents_now()["1001"].state


def wrap_ups(database: Database) -> tuple[WrapUps, WrappingFloor]:
    rooms, live = Rooms(database), WrappingFloor()
    return WrapUps(rooms.clock, rooms.audit, live), live


def test_a_wrap_up_is_extended_to_fifteen_minutes_in_all() -> None:
    assert extended(at(0), at(60), 120) == at(180)
    assert extended(at(0), at(600), 300) == at(900)
    with pytest.raises(WrapUpTooLong):
        extended(at(0), at(600), 301)


async def test_the_deadline_of_a_wrap_up_is_shown_and_moves(database: Database) -> None:
    service, live = wrap_ups(database)
    first = live.agents_now()["1001"].wrap_up_until
    assert first is not None
    until = await service.extend("1001", 120, ExtendReason.RECORD, AGENT)
    assert until == first + timedelta(seconds=120)
    live.floor.due(first)
    assert live.state == "wrap_up"
    live.floor.due(until)
    assert live.state == "available"
    assert live.agents_now()["1001"].wrap_up_until is None


async def test_a_wrap_up_is_ended_by_its_agent_or_a_leader_and_by_no_colleague(database: Database) -> None:
    service, live = wrap_ups(database)
    with pytest.raises(NotYourPresence):
        await service.finish("1001", OTHER)
    assert live.state == "wrap_up"
    await service.finish("1001", BOSS)
    assert live.state == "available"
    with pytest.raises(NotWrappingUp):
        await service.finish("1001", AGENT)
    with pytest.raises(NotWrappingUp):
        await service.extend("1001", 60, ExtendReason.CASE, AGENT)


async def test_a_wrap_up_that_has_ended_does_not_begin_again_by_a_late_extension(database: Database) -> None:
    _, live = wrap_ups(database)
    live.floor.due(at(1000))
    live.submit_soon(facts.WrapUpChanged(at(1001), "1001", at(2000)))
    assert live.state == "available"
