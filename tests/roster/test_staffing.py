"""Tests Erlang B, C and A against published values, against a simulation that shares no formula, and their limits."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Generator
from dataclasses import dataclass

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from callcenter.roster.errors import BadLoad
from callcenter.roster.staffing.model import Load, agents_needed, erlang_b, erlang_c, outcome, rostered


@pytest.mark.parametrize(("agents", "erlangs"), [(1, 0.0101), (5, 1.361), (10, 4.461), (20, 12.031), (50, 37.901)])
def test_the_published_table_of_erlang_b_at_one_per_cent(agents: int, erlangs: float) -> None:
    assert erlang_b(agents, erlangs) == pytest.approx(0.01, abs=5e-5)


def test_the_published_example_of_erlang_c() -> None:
    # The example of many textbooks and calculators: 100 calls in half an hour of 180 s each, 80 % within 20 s.
    load = Load(100, 180)
    result = outcome(load, 14, 20)
    assert load.erlangs == pytest.approx(10)
    assert (round(result.waits, 3), round(result.service_level, 3)) == (0.174, 0.888)
    assert (round(result.mean_wait or 0, 1), round(result.occupancy, 3)) == (7.8, 0.714)
    assert agents_needed(load, 0.8, 20).agents == 14
    assert outcome(load, 13, 20).service_level < 0.8


def test_the_published_comparison_of_erlang_a_and_erlang_c() -> None:
    # Garnett, Mandelbaum, Reiman (2002), introduction: 48 calls a minute, 1 minute each, 50 agents, patience 2 minutes.
    patient = outcome(Load(48, 60, 60), 50, 20)
    assert (round(patient.mean_wait or 0, 1), round(patient.occupancy, 2)) == (20.8, 0.96)
    impatient = outcome(Load(48, 60, 60, patience=120), 50, 20)
    assert (round(impatient.abandons, 3), round(impatient.mean_wait or 0, 1)) == (0.031, 3.7)
    assert round(impatient.occupancy, 2) == 0.93


Process = Generator[simpy.Event, object, None]


@dataclass(frozen=True)
class Seen:
    """Shares of all callers after the first ones."""

    level: float
    waits: float
    abandons: float
    mean_wait: float


def simulate(load: Load, agents: int, within: float, callers: int, seed: int) -> Seen:
    """SimPy's own queue, call by call with drawn times: callers wait for an agent until their patience ends."""
    draw, world = random.Random(seed), simpy.Environment()
    team, warm = simpy.Resource(world, agents), callers // 10
    waits: list[tuple[float, bool]] = []

    def caller(number: int) -> Process:
        arrived = world.now
        patience = math.inf if load.patience is None else draw.expovariate(1 / load.patience)
        with team.request() as asked:
            # A caller whom an agent can take at once does not give up, however short their patience is.
            yield asked if asked.triggered or load.patience is None else asked | world.timeout(patience)
            if number >= warm:
                waits.append((world.now - arrived, asked.triggered))
            if asked.triggered:
                yield world.timeout(draw.expovariate(1 / load.handling))

    def arrivals() -> Process:
        for number in range(callers + warm):
            yield world.timeout(draw.expovariate(load.calls / load.interval))
            world.process(caller(number))

    world.process(arrivals())
    world.run()
    return Seen(
        level=sum(answered and wait <= within for wait, answered in waits) / callers,
        waits=sum(wait > 0 for wait, _ in waits) / callers,
        abandons=sum(not answered for _, answered in waits) / callers,
        mean_wait=sum(wait for wait, _ in waits) / callers,
    )


@pytest.mark.parametrize(
    ("load", "agents", "within"),
    [
        (Load(100, 180), 14, 20.0),
        (Load(20, 240), 4, 15.0),
        (Load(100, 180, patience=60), 11, 20.0),
        (Load(100, 180, patience=30), 7, 15.0),
        (Load(12, 300, patience=300), 2, 60.0),
    ],
)
def test_the_formulas_agree_with_a_simulation(load: Load, agents: int, within: float) -> None:
    result, runs = outcome(load, agents, within), [simulate(load, agents, within, 30_000, seed) for seed in range(4)]

    def mean(name: str) -> float:
        return float(sum(getattr(run, name) for run in runs)) / len(runs)

    assert mean("level") == pytest.approx(result.service_level, abs=0.02)
    assert mean("waits") == pytest.approx(result.waits, abs=0.02)
    assert mean("abandons") == pytest.approx(result.abandons, abs=0.01)
    assert mean("mean_wait") == pytest.approx(result.mean_wait, rel=0.1, abs=0.3)


LOADS = st.builds(
    Load, st.floats(0.1, 500), st.floats(10, 900), st.just(1800.0), st.one_of(st.none(), st.floats(1, 2000))
)


@given(LOADS, st.integers(1, 300), st.floats(0, 300))
def test_more_agents_never_make_it_worse_and_shares_are_shares(load: Load, agents: int, within: float) -> None:
    fewer, more = outcome(load, agents, within), outcome(load, agents + 1, within)
    for result in (fewer, more):
        shares = (result.service_level, result.waits, result.abandons, result.occupancy)
        assert all(-1e-9 <= share <= 1 + 1e-9 for share in shares)
        assert result.service_level >= 1 - result.waits - 1e-9
    assert more.service_level >= fewer.service_level - 1e-9
    assert more.abandons <= fewer.abandons + 1e-9
    if fewer.mean_wait is not None:
        assert (more.mean_wait or 0) <= fewer.mean_wait + 1e-6


@given(LOADS, st.floats(0.05, 0.99), st.floats(1, 120))
def test_the_fewest_agents_reach_the_goal_and_one_fewer_does_not(load: Load, goal: float, within: float) -> None:
    needed = agents_needed(load, goal, within)
    assert needed.service_level >= goal
    assert needed.agents == 0 or outcome(load, needed.agents - 1, within).service_level < goal


def test_great_patience_makes_erlang_a_erlang_c_and_none_makes_it_erlang_b() -> None:
    patient, endless = outcome(Load(100, 180, patience=1e6), 12, 20), outcome(Load(100, 180), 12, 20)
    assert patient.service_level == pytest.approx(endless.service_level, abs=1e-3)
    impatient = outcome(Load(100, 180, patience=0.01), 12, 20)
    assert impatient.abandons == pytest.approx(erlang_b(12, 10), abs=1e-3)


def test_a_load_that_reaches_the_agents_has_no_end_with_erlang_c_and_has_one_with_erlang_a() -> None:
    endless = outcome(Load(100, 180), 10, 20)
    assert (endless.service_level, endless.mean_wait, endless.occupancy) == (0.0, None, 1.0)
    assert erlang_c(10, 10) == 1.0
    assert 0 < outcome(Load(100, 180, patience=60), 5, 20).abandons < 1
    assert outcome(Load(0, 180), 0, 20).service_level == 1.0
    assert outcome(Load(10, 180, patience=60), 0, 20).abandons == 1.0


def test_shrinkage_is_added_and_impossible_numbers_are_refused() -> None:
    assert [rostered(14, share) for share in (0, 0.3, 0.5)] == [14, 20, 28]
    for load, agents, within in (
        (Load(-1, 180), 5, 20.0),
        (Load(math.nan, 180), 5, 20.0),
        (Load(10, 0), 5, 20.0),
        (Load(10, 180), 2001, 20.0),
        (Load(10, 180), 5, math.inf),
        (Load(1e6, 1e5), 5, 20.0),
    ):
        with pytest.raises(BadLoad):
            outcome(load, agents, within)
    for goal in (0.0, 1.0):
        with pytest.raises(BadLoad):
            agents_needed(Load(10, 180), goal, 20)
    with pytest.raises(BadLoad):
        rostered(5, 1.0)


def test_a_great_centre_is_computed_without_overflow() -> None:
    for load, agents in itertools.product((Load(9000, 360), Load(9000, 360, patience=90)), (1790, 1810, 2000)):
        assert 0 <= outcome(load, agents, 120).service_level <= 1
