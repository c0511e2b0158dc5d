"""Plans shifts with OR-Tools CP-SAT (extra `planning`). Blocking; `process` runs it in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations, product
from typing import Any, Final

from callcenter.roster.planner.model import (
    DAY,
    REFUSED,
    RELAXABLE,
    UNFAIR,
    Plan,
    Problem,
    Rule,
    available,
    clash,
    cost,
    covers,
)

MIN_SECONDS: Final = 0.3
WORKERS: Final = 2
Vars = dict[tuple[int, int], Any]
"""A variable for each worker and option."""
NEAR: Final = 2
"""Shifts further apart than this many days cannot clash."""
Better = Callable[[Plan, int, int], None]
"""Called with each better plan, its cost and the lower bound of the cost."""


def installed() -> bool:
    return find_spec("ortools") is not None


def solve(problem: Problem, seconds: float, better: Better, hint: Plan | None = None) -> Plan | None:
    """The best plan in the time given, which may leave demands uncovered; None where even that is impossible.

    Coverage is solved first and kept, then the fewest hours, then fairness and wishes: no one works a shift more than
    is needed only to make the figures equal.
    """
    cp: Any = import_module("ortools.sat.python.cp_model")
    model, began = cp.CpModel(), time.monotonic()
    has = {
        (place, option): model.new_bool_var(f"x{place}_{option}")
        for place in range(len(problem.workers))
        for option in range(len(problem.options))
    }
    for place in range(len(problem.workers)):
        _worker(model, problem, place, has)
    minutes = [var * (problem.options[option].end - problem.options[option].start) for (_, option), var in has.items()]
    aims = (
        (0.4, _coverage(model, problem, has)),
        (0.4, minutes),
        (1.0, [*_fairness(model, problem, has), *_wishes(model, problem, has)]),
    )
    watch, plan = _watch(cp, problem, has, better), hint
    for share, parts in aims:
        left = seconds - (time.monotonic() - began)
        step = _step(cp, model, sum(parts), has, plan, max(MIN_SECONDS, left * share), watch)
        if step is None:
            break
        reached, plan = step
        if parts:
            model.add(sum(parts) <= reached)
    return plan


def _watch(cp: Any, problem: Problem, has: Vars, better: Better) -> Any:
    class Watch(cp.CpSolverSolutionCallback):  # type: ignore[misc]
        def on_solution_callback(self) -> None:
            plan = _plan(problem, lambda var: bool(self.boolean_value(var)), has)
            better(plan, round(self.objective_value), round(self.best_objective_bound))

    return Watch()


def _step(
    cp: Any, model: Any, aim: Any, has: Vars, hint: Plan | None, seconds: float, watch: Any
) -> tuple[int, Plan] | None:
    """Minimise one aim; the least value that was reached, with its plan."""
    model.minimize(aim)
    model.clear_hints()
    if hint is not None:
        for (place, option), var in has.items():
            model.add_hint(var, option in hint[place])
    solver = cp.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = WORKERS
    if solver.solve(model, watch) not in (cp.OPTIMAL, cp.FEASIBLE):
        return None
    places = 1 + max((place for place, _ in has), default=-1)
    chosen: list[set[int]] = [set() for _ in range(places)]
    for (place, option), var in has.items():
        if solver.boolean_value(var):
            chosen[place].add(option)
    return round(solver.objective_value), tuple(frozenset(options) for options in chosen)


def _plan(problem: Problem, value: Callable[[Any], bool], has: Vars) -> Plan:
    return tuple(
        frozenset(option for option in range(len(problem.options)) if value(has[place, option]))
        for place in range(len(problem.workers))
    )


def _worker(model: Any, problem: Problem, place: int, has: Vars) -> None:
    worker, options = problem.workers[place], problem.options
    for o, option in enumerate(options):
        away = problem.holds(Rule.AVAILABLE) and not available(worker, option)
        if away or any(clash(problem, (option.start, option.end), busy) for busy in worker.busy):
            model.add(has[place, o] == 0)
    for day in range(problem.days):
        model.add_at_most_one(has[place, o] for o, option in enumerate(options) if option.day == day)
    for first, second in _clashing(problem):
        model.add_bool_or(~has[place, first], ~has[place, second])
    if problem.holds(Rule.WEEK_HOURS):
        _weeks(model, problem, place, has)
    if problem.holds(Rule.RUN_DAYS):
        _runs(model, problem, place, has)


def _clashing(problem: Problem) -> list[tuple[int, int]]:
    return [
        (first, second)
        for (first, earlier), (second, later) in combinations(enumerate(problem.options), 2)
        if 0 < abs(later.day - earlier.day) <= NEAR
        and clash(problem, (earlier.start, earlier.end), (later.start, later.end))
    ]


def _weeks(model: Any, problem: Problem, place: int, has: Vars) -> None:
    for week in {problem.week_of(option.start) for option in problem.options}:
        here = [(o, option) for o, option in enumerate(problem.options) if problem.week_of(option.start) == week]
        before = sum(end - start for start, end in problem.workers[place].busy if problem.week_of(start) == week)
        most = max(problem.week_minutes - before, 0)
        model.add(sum(has[place, o] * (option.end - option.start) for o, option in here) <= most)


def _runs(model: Any, problem: Problem, place: int, has: Vars) -> None:
    length = problem.run_days + 1
    worked = {start // DAY for start, _ in problem.workers[place].busy}
    for first in range(-problem.run_days, problem.days):
        days = range(first, first + length)
        free = [o for o, option in enumerate(problem.options) if option.day in days and option.day not in worked]
        # One shift a day, so the shifts of the days are the days.
        model.add(sum(has[place, o] for o in free) <= max(0, length - 1 - sum(day in worked for day in days)))


def _coverage(model: Any, problem: Problem, has: Vars) -> list[Any]:
    costs = []
    for index, demand in enumerate(problem.demands):
        places = range(len(problem.workers)) if demand.among is None else demand.among
        options = [o for o, option in enumerate(problem.options) if covers(option, demand)]
        here = sum(has[place, option] for place, option in product(places, options))
        missing = model.new_int_var(0, demand.agents, f"m{index}")
        model.add(here + missing >= demand.agents)
        costs.append(missing * (demand.end - demand.start))
    return costs


def _fairness(model: Any, problem: Problem, has: Vars) -> list[Any]:
    costs = []
    nights = [o for o, option in enumerate(problem.options) if option.night]
    weekends = [o for o, option in enumerate(problem.options) if option.weekend]
    for name, before, mine in (
        ("n", [worker.nights for worker in problem.workers], nights),
        ("w", [worker.weekends for worker in problem.workers], weekends),
    ):
        if not mine or not problem.workers:
            continue
        top = max(before) + problem.days
        most, least = model.new_int_var(0, top, f"{name}max"), model.new_int_var(0, top, f"{name}min")
        for place, earlier in enumerate(before):
            own = earlier + sum(has[place, o] for o in mine)
            model.add(own <= most)
            model.add(own >= least)
        costs.append((most - least) * UNFAIR)
    return costs


def _wishes(model: Any, problem: Problem, has: Vars) -> list[Any]:
    costs: list[Any] = []
    for index, wish in enumerate(problem.wishes):
        granted = model.new_bool_var(f"g{index}")
        own = [has[wish.worker, option] for option in wish.options]
        if wish.weight > 0:
            model.add(sum(own) >= granted)
        else:
            for var in own:
                model.add_implication(var, ~granted)
        costs.append((1 - granted) * abs(wish.weight) * REFUSED)
    return costs


def clashing_rules(problem: Problem, missing: int, seconds: float) -> list[Rule]:
    """The rules each of which, given up alone, leaves fewer demands uncovered than `missing`."""
    result = []
    for rule in RELAXABLE:
        plan = solve(replace(problem, relaxed=(rule,), wishes=()), seconds / len(RELAXABLE), _nothing)
        if plan is not None and cost(problem, plan).missing < missing:
            result.append(rule)
    return result


def _nothing(plan: Plan, cost: int, bound: int) -> None:
    """No progress is reported."""
