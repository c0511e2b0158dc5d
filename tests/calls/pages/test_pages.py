"""Tests that the floor knows whether an agent's page is open and can ring."""

from __future__ import annotations

from callcenter import facts
from callcenter.calls.effects import AgentChanged, Effect
from tests.calls.test_floor import at, new_floor


def pages(effects: list[Effect]) -> list[str]:
    return [effect.agent.page for effect in effects if isinstance(effect, AgentChanged)]


def seen(seconds: float, *, can_ring: bool = True, closing: bool = False, agent: str = "1001") -> facts.PageSeen:
    return facts.PageSeen(at(seconds), agent, can_ring, closing)


def test_S1_a_page_that_reports_itself_is_published_when_its_state_changes() -> None:
    floor = new_floor()
    assert pages(floor.apply(seen(0))) == ["ready"]
    assert pages(floor.apply(seen(20))) == []
    assert pages(floor.apply(seen(40, can_ring=False))) == ["silent"]
    assert pages(floor.apply(seen(60))) == ["ready"]


def test_S1_a_page_without_a_sign_of_life_is_gone_after_a_minute() -> None:
    floor = new_floor()
    floor.apply(seen(0))
    assert pages(floor.due(at(59))) == []
    assert floor.next_deadline() == at(60)
    assert pages(floor.due(at(60))) == ["gone"]
    assert pages(floor.apply(seen(70))) == ["ready"]


def test_a_page_that_is_closed_is_gone_at_once_and_its_agent_stays_signed_in() -> None:
    floor = new_floor()
    floor.apply(seen(0))
    effects = floor.apply(seen(5, closing=True))
    assert pages(effects) == ["gone"]
    assert [e.agent.state for e in effects if isinstance(e, AgentChanged)] == ["available"]
    assert floor.next_deadline() is None


def test_the_page_of_an_unknown_agent_changes_nothing() -> None:
    assert new_floor().apply(seen(0, agent="9999")) == []
