"""Tests that the floor knows whether an agent's page is open and can ring."""

from __future__ import annotations

from callcenter import facts
from callcenter.calls.effects import AgentChanged, Effect
from tests.calls.test_floor import at, floor


def pages(effects: list[Effect]) -> list[str]:
    return [effect.agent.page for effect in effects if isinstance(effect, AgentChanged)]


def seen(seconds: float, *, can_ring: bool = True, closing: bool = False, agent: str = "1001") -> facts.PageSeen:
    return facts.PageSeen(at(seconds), agent, can_ring, closing)


def test_S1_a_page_that_reports_itself_is_published_when_its_state_changes() -> None:
    made = floor()
    assert pages(made.apply(seen(0))) == ["ready"]
    assert pages(made.apply(seen(20))) == []
    assert pages(made.apply(seen(40, can_ring=False))) == ["silent"]
    assert pages(made.apply(seen(60))) == ["ready"]


def test_S1_a_page_without_a_sign_of_life_is_gone_after_a_minute() -> None:
    made = floor()
    made.apply(seen(0))
    assert pages(made.due(at(59))) == []
    assert made.next_deadline() == at(60)
    assert pages(made.due(at(60))) == ["gone"]
    assert pages(made.apply(seen(70))) == ["ready"]


def test_a_page_that_is_closed_is_gone_at_once_and_its_agent_stays_signed_in() -> None:
    made = floor()
    made.apply(seen(0))
    effects = made.apply(seen(5, closing=True))
    assert pages(effects) == ["gone"]
    assert [e.agent.state for e in effects if isinstance(e, AgentChanged)] == ["available"]
    assert made.next_deadline() is None


def test_the_page_of_an_unknown_agent_changes_nothing() -> None:
    assert floor().apply(seen(0, agent="9999")) == []
