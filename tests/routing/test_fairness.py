"""R11, shown by simulation: on one line the time to the answer does not depend on who calls; priority ages.

The simulation serves callers by the real plan and the real place in the queue; its random numbers are seeded, so its
figures are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean

import pytest

from callcenter.asterisk.render.ahead import place
from callcenter.facts import AgentNumber, LineCode, QueueCode
from callcenter.routing.ladder import openings
from callcenter.routing.model import Line, Queue
from callcenter.routing.plan import DutyAgent, plan
from ivr.reception import PRIORITY, Standing
from tests.support.queue_simulation import Served, SimCaller, poisson, simulate

pytestmark = pytest.mark.lengthy

HOUR = 3600.0
PRIORITY_SECONDS = 30
DIALECT = "xiang-changsha"
QUEUE = Queue(QueueCode("general"), dialects=(DIALECT,))
AGENTS = [
    DutyAgent(AgentNumber(str(number)), f"PJSIP/{number}", {DIALECT: 5} if number < 1004 else {})
    for number in range(1001, 1013)
]
OPENS = {f"general.{DIALECT}": openings(5, 3, 5.0)}


def penalties() -> dict[str, dict[str, int]]:
    members = plan(
        {LineCode("orders"): [agent.number for agent in AGENTS]},
        AGENTS,
        [Line(LineCode("orders"), QueueCode("general"))],
        [QUEUE],
    )
    result: dict[str, dict[str, int]] = {}
    for member in members:
        result.setdefault(member.queue, {})[member.agent] = member.penalty
    return result


def day(seed: int, kind_of: Callable[[Random], str], load: float = 0.95) -> list[Served]:
    """Eight hours of calls of three minutes at this load; kinds are drawn independently of everything else.

    Callers of the kind `own` have an agent of their own, any of the twelve.
    """
    random, kinds = Random(seed), Random(seed + 10_000)
    callers = []
    for number, at in enumerate(poisson(random, load * len(AGENTS) / 180, 8 * HOUR)):
        kind = kind_of(kinds)
        points = PRIORITY.get(Standing(kind), 0) if kind in set(Standing) else 0
        queue = f"general.{DIALECT}" if kind == "dialect" else "general"
        talks = random.lognormvariate(4.9, 0.75)
        own = kinds.choice(AGENTS).number if kind == "own" else ""
        prio = place(int(at), points, PRIORITY_SECONDS)
        callers.append(SimCaller(str(number), at, talks, prio, queue, kind, own=own))
    return simulate(callers, penalties(), OPENS)


def waits(served: Sequence[Served], kind: str) -> list[float]:
    return [call.waited for call in served if call.caller.kind == kind]


def shuffled_difference(served: Sequence[Served], kind: str, rounds: int = 400) -> float:
    """The share of random relabellings whose difference of mean waits is at least the one that is seen."""
    values = [call.waited for call in served]
    marks = [call.caller.kind == kind for call in served]

    def difference(of: Sequence[bool]) -> float:
        mine = [value for value, mark in zip(values, of, strict=True) if mark]
        others = [value for value, mark in zip(values, of, strict=True) if not mark]
        return abs(fmean(mine) - fmean(others))

    seen, random = difference(marks), Random(1)
    return sum(difference(random.sample(marks, len(marks))) >= seen for _ in range(rounds)) / rounds


@pytest.mark.parametrize("kind", ["known", "hidden", "complained_before"])
def test_R11_the_wait_does_not_depend_on_who_calls(kind: str) -> None:
    served = [
        call for seed in range(3) for call in day(seed, lambda random: random.choice([kind, "unknown", "unknown"]))
    ]
    assert len(waits(served, kind)) > 1000
    assert fmean(waits(served, "unknown")) > 5, "the line is busy enough for a difference to show"
    assert shuffled_difference(served, kind) > 0.05


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_R11_callers_with_an_agent_of_their_own_wait_no_less_and_make_no_one_wait_longer(share: float) -> None:
    served = [
        call for seed in range(3) for call in day(seed, lambda random: "own" if random.random() < share else "unknown")
    ]
    assert shuffled_difference(served, "own") > 0.05
    theirs = [call for call in served if call.caller.kind == "own" and call.free]
    assert fmean(call.agent == call.caller.own for call in theirs) > 2 / len(AGENTS), "free own agents take them"
    everyone = [call for seed in range(3) for call in day(seed, lambda random: "unknown")]
    assert abs(fmean(call.waited for call in served) - fmean(call.waited for call in everyone)) < 1


def test_a_difference_between_kinds_of_callers_would_be_seen() -> None:
    """The check itself: a kind that goes ahead by half a minute is found out."""
    served = day(1, lambda random: random.choice(["vip", "unknown", "unknown"]))
    assert shuffled_difference(served, "vip") < 0.01


def test_R11_a_dialect_ladder_costs_its_callers_at_most_the_last_ring_and_others_nothing() -> None:
    with_ladder = day(3, lambda random: "dialect" if random.random() < 0.2 else "unknown", load=0.8)
    without = day(3, lambda random: "unknown", load=0.8)
    longest_rung = OPENS[f"general.{DIALECT}"][-1]
    assert fmean(waits(with_ladder, "dialect")) <= fmean(waits(with_ladder, "unknown")) + longest_rung
    assert abs(fmean(waits(with_ladder, "unknown")) - fmean(waits(without, "unknown"))) < longest_rung


def test_R8_dialect_callers_are_mostly_served_by_speakers_and_all_of_them_are_served() -> None:
    served = day(4, lambda random: "dialect" if random.random() < 0.1 else "unknown", load=0.7)
    speakers = {"1001", "1002", "1003"}
    of_dialect = [call for call in served if call.caller.kind == "dialect"]
    others = [call for call in served if call.caller.kind == "unknown"]
    share = fmean(call.agent in speakers for call in of_dialect)
    assert share > 2 * fmean(call.agent in speakers for call in others)
    assert all(call.agent is not None for call in served)


SPILL = Queue(QueueCode("spill"))
TWO_LINES = [Line(LineCode("orders"), QueueCode("general")), Line(LineCode("help"), QueueCode("spill"))]


def overflowing(seed: int, kinds: Sequence[str]) -> list[Served]:
    """Eight hours of two lines: callers of `orders`, which is overloaded, go on to `help` after two minutes."""
    duty = {
        LineCode("orders"): [agent.number for agent in AGENTS[:6]],
        LineCode("help"): [agent.number for agent in AGENTS[6:]],
    }
    members: dict[str, dict[str, int]] = {}
    for member in plan(duty, AGENTS, TWO_LINES, [Queue(QueueCode("general")), SPILL]):
        members.setdefault(member.queue, {})[member.agent] = member.penalty
    random, draw = Random(seed), Random(seed + 10_000)
    callers = []
    for queue, load in (("general", 1.2), ("spill", 0.6)):
        for number, at in enumerate(poisson(random, load * 6 / 180, 8 * HOUR)):
            kind, talks = f"{queue}-{draw.choice(kinds)}", random.lognormvariate(4.9, 0.75)
            prio = place(int(at), 0, PRIORITY_SECONDS)
            callers.append(SimCaller(f"{queue}{number}", at, talks, prio, queue, kind))
    return simulate(callers, members, {}, {"general": (120.0, "spill")})


@pytest.mark.parametrize("kind", ["known", "hidden", "complained_before"])
def test_R11_the_wait_of_a_line_that_overflows_does_not_depend_on_who_calls(kind: str) -> None:
    served = [call for seed in range(3) for call in overflowing(seed, [kind, "unknown", "unknown"])]
    over = [call for call in served if call.waited > 120]
    assert len(over) > 200, "many callers go on to the other line"
    for queue in ("general", "spill"):
        of_line = [call for call in served if call.caller.kind.startswith(queue)]
        assert shuffled_difference(of_line, f"{queue}-{kind}") > 0.05


def test_R11_callers_who_overflow_keep_their_age_on_the_other_line() -> None:
    served = overflowing(7, ["unknown"])
    helpers = {agent.number for agent in AGENTS[6:]}
    taken = [call for call in served if call.agent in helpers]
    for call in taken:
        waiting = [other for other in taken if _joined(other) <= call.left < other.left]
        assert all(call.caller.arrives <= other.caller.arrives + 1 for other in waiting)


def _joined(call: Served) -> float:
    """When the caller came to the queue of the line that others overflow to."""
    return call.caller.arrives + (120.0 if call.caller.kind.startswith("general") else 0.0)


def test_no_one_starves_however_many_vips_call() -> None:
    """No ordinary caller is passed by a VIP who called later than the VIP's minutes allow."""
    served = day(5, lambda random: "vip" if random.random() < 0.7 else "ordinary", load=1.05)
    ahead = PRIORITY[Standing.VIP] * PRIORITY_SECONDS
    ordinary = [call for call in served if call.caller.kind == "ordinary"]
    vips = [call for call in served if call.caller.kind == "vip"]
    assert max(call.waited for call in ordinary) > ahead, "the line is overloaded for long"
    for call in ordinary:
        passed_by = [vip for vip in vips if vip.caller.arrives > call.caller.arrives and vip.left < call.left]
        assert all(vip.caller.arrives - call.caller.arrives <= ahead + 1 for vip in passed_by)
