"""Tests the figures of scores (S2, F4): counts and intervals, not bare averages."""

from __future__ import annotations

import pytest

from callcenter.scorecards.figures import Graded, figures, grouped, mean


def card(agent: str, total: float | None, *, failed: bool = False, month: str = "2026-11", team: str = "a") -> Graded:
    passed = None if total is None else total >= 80 and not failed
    share = {} if total is None else {"courtesy": total / 100}
    return Graded(agent, team, "service_call", month, total, passed, failed, share, share)


def test_a_mean_of_few_scores_has_a_wide_interval() -> None:
    """Student's example of the text-book: mean 80, deviation 10, n = 4: 80 +- 3.182 * 10 / 2."""
    result = mean([70, 70, 90, 90])
    assert (result.count, result.mean, result.median) == (4, 80, 80)
    half = 3.182 * (400 / 3) ** 0.5 / 2
    assert result.low == pytest.approx(80 - half, abs=0.01)
    assert result.high == pytest.approx(80 + half, abs=0.01)
    assert mean([75.0]).low is None
    assert mean([]).mean is None


def test_many_cards_come_near_the_normal_distribution() -> None:
    result = mean([70, 90] * 50)
    assert result.low is not None
    assert (80 - result.low) * 100**0.5 / ((100 * 100 / 99) ** 0.5) == pytest.approx(1.984, abs=0.01)


def test_figures_by_agent_team_month_section_and_item() -> None:
    cards = [card("1001", 90), card("1001", 70, month="2026-10"), card("1002", 0, failed=True, team="b")]
    assert (figures(cards).passed.hits, figures(cards).passed.count, figures(cards).failed.hits) == (1, 3, 1)
    assert {name: entry.points.mean for name, entry in grouped(cards, "agent").items()} == {"1001": 80, "1002": 0}
    assert {name: entry.points.count for name, entry in grouped(cards, "team").items()} == {"a": 2, "b": 1}
    assert list(grouped(cards, "month")) == ["2026-10", "2026-11"]
    assert grouped(cards, "section")["service_call.courtesy"].points.count == 3
    assert list(grouped(cards, "item")) == ["service_call.courtesy"]


def test_a_card_on_which_nothing_applied_is_no_zero() -> None:
    result = figures([card("1001", None), card("1001", 100)])
    assert (result.points.mean, result.passed.count) == (100, 1)
