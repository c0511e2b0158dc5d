"""Plans in a process of its own, so that planning neither blocks the service nor outlives a cancellation.

`python -m callcenter.roster.planner.process SECONDS` reads a problem as JSON from stdin and writes lines of JSON: the
progress, then the plan.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from callcenter.errors import Unavailable
from callcenter.kit.secret_files import without_secrets
from callcenter.roster.planner import solver
from callcenter.roster.planner.model import (
    Demand,
    Option,
    Plan,
    Problem,
    Rule,
    Wish,
    Worker,
    cost,
)
from callcenter.roster.planner.plain.model import plain_plan

ROOT: Final = Path(__file__).parents[3]
LONGEST_LINE: Final = 16 * 2**20
SHARE: Final = 0.7
"""How much of the time the plan itself may take; the rest is for naming the rules that clash."""


class PlanningFailed(Unavailable):
    """The planner's process ended without a plan."""

    code = "roster_planning_failed"


@dataclass(frozen=True, slots=True)
class Planned:
    """`by` is `cp_sat` or `plain`; `missing` counts uncovered agent minutes, `clashes` the rules that cause them."""

    plan: Plan
    by: str
    missing: int
    clashes: tuple[Rule, ...] = ()


def encoded(problem: Problem) -> bytes:
    return json.dumps(asdict(problem)).encode()


def decoded(data: bytes) -> Problem:
    given: dict[str, Any] = json.loads(data)
    return Problem(
        days=given["days"],
        weekday=given["weekday"],
        workers=tuple(
            Worker(
                worker["number"],
                tuple((start, end) for start, end in worker["busy"]),
                tuple((start, end) for start, end in worker["away"]),
                worker["nights"],
                worker["weekends"],
            )
            for worker in given["workers"]
        ),
        options=tuple(Option(**option) for option in given["options"]),
        demands=tuple(
            Demand(demand["start"], demand["end"], demand["agents"], _tuple(demand["among"]))
            for demand in given["demands"]
        ),
        wishes=tuple(Wish(wish["worker"], tuple(wish["options"]), wish["weight"]) for wish in given["wishes"]),
        rest=given["rest"],
        week_minutes=given["week_minutes"],
        run_days=given["run_days"],
        relaxed=tuple(Rule(rule) for rule in given["relaxed"]),
    )


def _tuple(values: list[int] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values)


def planned(problem: Problem, seconds: float, report: Any) -> Planned:
    """The plain plan first, then a better one where CP-SAT is installed. Blocking."""
    plain = plain_plan(problem)
    report({"missing": cost(problem, plain).missing, "cost": None, "bound": None})
    if not solver.installed():
        return Planned(plain, "plain", cost(problem, plain).missing)

    def better(plan: Plan, cost_of_plan: int, bound: int) -> None:
        report({"missing": cost(problem, plan).missing, "cost": cost_of_plan, "bound": bound})

    solved = solver.solve(problem, seconds * SHARE, better, plain)
    # In too little time the solver may not reach what the plain planner found.
    plan = min(plain if solved is None else solved, plain, key=lambda plan: cost(problem, plan).order)
    missing = cost(problem, plan).missing
    clashes = solver.clashing_rules(problem, missing, seconds * (1 - SHARE)) if missing else []
    return Planned(plan, "cp_sat", missing, tuple(clashes))


@asynccontextmanager
async def planning(problem: Problem, seconds: float) -> AsyncIterator[AsyncIterator[Any]]:
    """The lines of a planner's process, which ends with the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        f"{seconds:g}",
        cwd=ROOT,
        env=without_secrets(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE,
    )
    feeding = asyncio.create_task(_feed(child, encoded(problem)))
    try:
        yield _lines(child)
    finally:
        if child.returncode is None:
            child.kill()
        await feeding
        # Reading to the end lets the transport close; otherwise it would stay open until the loop ends.
        assert child.stdout is not None
        while await child.stdout.read(LONGEST_LINE):
            pass
        await child.wait()


async def _feed(child: asyncio.subprocess.Process, data: bytes) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(data)
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return


async def _lines(child: asyncio.subprocess.Process) -> AsyncIterator[Any]:
    assert child.stdout is not None
    while line := await child.stdout.readline():
        yield json.loads(line)


def result_of(line: Mapping[str, Any]) -> Planned:
    plan = tuple(frozenset(options) for options in line["plan"])
    return Planned(plan, line["by"], line["missing"], tuple(Rule(rule) for rule in line["clashes"]))


def main() -> None:
    os.nice(10)
    problem = decoded(sys.stdin.buffer.read())

    def report(line: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    done = planned(problem, float(sys.argv[1]), report)
    plan = [sorted(options) for options in done.plan]
    report({"plan": plan, "by": done.by, "missing": done.missing, "clashes": list(done.clashes)})


if __name__ == "__main__":
    main()
