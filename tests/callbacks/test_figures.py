"""Tests the figures of return calls: small samples are shown with their uncertainty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks.dashboard.figures import CallbackFacts, figures, grouped
from callcenter.callbacks.model import UNCOUNTED, Result
from callcenter.callbacks.outreach.sampling import Served, sample
from callcenter.calls.reports.definitions import FIGURES
from callcenter.kit.proportions import share

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


def facts_of(
    *results: Result, agent: str = "1001", mark: int | None = None, late: float = 0, promised: bool = False
) -> CallbackFacts:
    tries = tuple((AT + timedelta(minutes=late), result) for result in results)
    return CallbackFacts(agent, "orders", "abandoned", promised, AT, results[-1] if results else None, mark, tries)


def test_a_wilson_interval_is_that_of_the_textbook() -> None:
    entry = share(9, 10)
    assert entry.low == pytest.approx(0.5958, abs=1e-3)
    assert entry.high == pytest.approx(0.9821, abs=1e-3)
    assert share(0, 0).share is None


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_its_share_and_narrows_with_the_count(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    entry, more = share(hits, count), share(hits * 10, count * 10)
    assert entry.low is not None
    assert entry.high is not None
    assert entry.share is not None
    assert more.low is not None
    assert more.high is not None
    assert 0 <= entry.low <= entry.share + 1e-4
    assert entry.share - 1e-4 <= entry.high <= 1
    assert more.high - more.low <= entry.high - entry.low + 1e-9


def test_F4_contact_attempts_promises_and_satisfaction_of_a_period() -> None:
    result = figures(
        [
            facts_of(Result.BUSY, Result.CONFIRMED, mark=5, promised=True),
            facts_of(Result.NO_ANSWER, Result.NO_ANSWER, Result.VOICEMAIL, promised=True, late=30),
            facts_of(Result.AGENT_NO_ANSWER, Result.PROBLEM, mark=2),
            facts_of(Result.NOT_SENT),
        ]
    )
    assert (result.items, result.dials) == (4, 6)
    assert (result.contact.hits, result.contact.count) == (2, 3)
    assert result.tries_per_success == 3.0
    assert (result.kept.hits, result.kept.count) == (1, 2)
    assert (result.confirmed.hits, result.confirmed.count) == (1, 2)
    assert (result.satisfied.hits, result.satisfied.count, result.satisfaction) == (1, 2, 3.5)
    assert result.marks == (0, 1, 0, 0, 1)


minutes = st.integers(-30, 30)
returned = st.builds(
    lambda due, tries, promised, ended: CallbackFacts(
        "1001", "orders", "abandoned", promised, AT + timedelta(minutes=due), ended, None,
        tuple((AT + timedelta(minutes=at), result) for at, result in tries),
    ),
    minutes,
    st.lists(st.tuples(minutes, st.none() | st.sampled_from(Result)), max_size=3),
    st.booleans(),
    st.none() | st.sampled_from(Result),
)  # fmt: skip


@given(st.lists(returned, max_size=12))
def test_S1_promises_kept_are_those_of_a_plain_recount_and_of_their_definition(items: list[CallbackFacts]) -> None:
    hits = promises = 0
    for item in items:
        dialled = [at for at, result in item.tries if result is not None and result not in UNCOUNTED]
        if not item.promised or (not dialled and item.result is None):
            continue
        promises += 1
        # A dial under way is one too: its result is not known yet.
        begun = [at for at, result in item.tries if result not in UNCOUNTED]
        hits += any(at <= item.due_at + timedelta(minutes=5) for at in begun)
    result = figures(items).kept
    assert (result.hits, result.count) == (hits, promises)
    value = FIGURES["promises_kept"].of({"kept": hits, "promises": promises})
    assert result.share == (None if value is None else pytest.approx(value, abs=1e-4))


def test_figures_by_agent_list_every_agent() -> None:
    result = grouped([facts_of(Result.CONFIRMED), facts_of(Result.BUSY, agent="1002")], "agent")
    assert {name: entry.contact.hits for name, entry in result.items()} == {"1001": 1, "1002": 0}


@given(st.permutations([Served(f"call{n}", f"c{n % 7}", f"100{n % 3}") for n in range(30)]))
def test_a_sample_is_reproducible_keeps_quotas_and_asks_no_customer_twice(served: list[Served]) -> None:
    drawn = sample(served, 5, 2, "seed")
    assert drawn == sample(sorted(served, key=lambda candidate: candidate.id), 5, 2, "seed")
    assert len({chosen.customer for chosen in drawn}) == len(drawn) == 5
    assert all(sum(chosen.agent == agent for chosen in drawn) <= 2 for agent in ("1000", "1001", "1002"))
    assert drawn != sample(served, 5, 2, "another seed")
