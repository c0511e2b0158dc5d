"""Runs benchmarks (`python -m benchmarks [NAME ...]`), shows a table, appends JSON lines to var/bench/latest.jsonl.

`voice.zh` runs a part of `voice`: the benchmark's module names its parts.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import typer

from benchmarks.result import Result

# Name -> module; a module's `run(name)` (or `run()`) gives the results, async or not. A module with parts lists them
# in PARTS; its `run` gets the name that was asked for.
BENCHMARKS: Final = {
    "reception": "benchmarks.reception",
    "routing_20cps": "benchmarks.reception",
    "routing_60cps": "benchmarks.reception",
    "ami_decode": "benchmarks.ami_decode",
    "live_push": "benchmarks.live_push",
    "pop": "benchmarks.pop",
    "pop_10_minutes": "benchmarks.pop",
    "ring_flag": "benchmarks.ring_flag",
    "recovery": "benchmarks.recovery",
    "callbacks_10k": "benchmarks.callbacks",
    "cost_per_call": "benchmarks.cost_per_call",
    "recording_60": "benchmarks.recordings",
    "speech": "benchmarks.speech",
    "history": "benchmarks.history",
    "large_import": "benchmarks.large_import",
    "rollups": "benchmarks.rollups",
    "flood": "benchmarks.flood",
    "start": "benchmarks.start",
    "expected_wait": "benchmarks.expected_wait",
    "voice": "benchmarks.voice",
}
LATEST: Final = Path("var/bench/latest.jsonl")


def module_of(name: str) -> Any:
    return importlib.import_module(BENCHMARKS[name.partition(".")[0]])


def known(name: str) -> bool:
    """Whether there is such a benchmark, or part of one."""
    if "." not in name:
        return name in BENCHMARKS
    parts = getattr(module_of(name), "PARTS", ()) if name.partition(".")[0] in BENCHMARKS else ()
    return any(f"{part}.".startswith(f"{name}.") for part in parts)


def results_of(name: str) -> list[Result]:
    """Run one benchmark, or a part of it."""
    run = module_of(name).run
    result = run(name) if inspect.signature(run).parameters else run()
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    return [result] if isinstance(result, Result) else list(result)


def row(result: Result) -> str:
    baseline = "-" if result.baseline is None else f"{result.baseline:,.2f}"
    ratio = "-" if result.ratio is None else f"{result.ratio:.2f}"
    return f"{result.name:<28}{result.value:>14,.2f} {result.unit:<10}{baseline:>14}{ratio:>8}  {result.target}"


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if not known(name)]
    if unknown:
        typer.echo(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", err=True)
        return 2
    typer.echo(f"{'name':<28}{'value':>14} {'unit':<10}{'baseline':>14}{'ratio':>8}  target")
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    missing = failed = 0
    with LATEST.open("w", encoding="utf-8") as file:
        for name in names or BENCHMARKS:
            try:
                results = results_of(name)
            except ModuleNotFoundError as absent:
                typer.echo(f"{name:<28} not here: {absent.name}", err=True)
                missing += 1
                continue
            for result in results:
                typer.echo(row(result))
                if result.limit is not None and result.value > result.limit:
                    typer.echo(f"{result.name} is above {result.limit}", err=True)
                    failed += 1
                file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
    return 1 if missing or failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
