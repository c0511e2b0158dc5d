"""Runs pytest for groups of tests at the same time and, when few tests failed, those once more alone.

    python -m tests.support.second_try -n 4 -m pbx --beside -n 2 -m "not pbx"

Tests with real calls mostly wait: while they do, the groups behind `--beside` compute, at a lower priority, because a
telephone needs its processor time at once. Their output is shown when they have ended.

Real calls and browsers on a loaded machine fail now and then for lack of processor time: a telephone that gets none for
a second loses sound and signalling. A fault of the program fails the second time too. What passes only the second time
is listed, because it may still be a fault.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

BESIDE: Final = "--beside"
NICE: Final = ("nice", "-n", "10")
MOST: Final = 12
"""More failures than this are not bad luck."""
FAILED: Final = 1
"""pytest's exit code when tests ran and some failed."""
PYTEST: Final = (sys.executable, "-m", "pytest")


def groups_of(arguments: Sequence[str]) -> list[list[str]]:
    """The arguments of each group: the first one's, then those behind each `--beside`."""
    groups: list[list[str]] = [[]]
    for argument in arguments:
        if argument == BESIDE:
            groups.append([])
        else:
            groups[-1].append(argument)
    return groups


def failures(cache: Path) -> list[str]:
    """The tests that failed in the last run, as pytest keeps them in its cache."""
    try:
        return list(json.loads((cache / "v/cache/lastfailed").read_text()))
    except FileNotFoundError:
        return []


def run(groups: Sequence[Sequence[str]], folder: Path, most: int = MOST) -> int:
    """Run pytest with each group's arguments in `folder`.

    Returns 0 when all passed, at the second try at the latest, and otherwise the exit code of the worst group.
    """
    caches = [folder / ".pytest_cache" / str(place) for place in range(len(groups))]
    commands = [
        [*PYTEST, "-o", f"cache_dir={cache}", "--cache-clear", *group]
        for cache, group in zip(caches, groups, strict=True)
    ]
    with ExitStack() as stack:
        others = [stack.enter_context(_beside(command, folder)) for command in commands[1:]]
        codes = [subprocess.run(commands[0], cwd=folder, check=False).returncode]
        for process, output in others:
            codes.append(process.wait())
            output.seek(0)
            _write(output.read().decode(errors="replace"))
    again = [test for cache in caches for test in failures(cache)]
    if max(codes) != FAILED or not 0 < len(again) <= most:
        return max(codes)
    _list(f"{len(again)} failed; once more, alone:", again)
    code = subprocess.run([*PYTEST, "-p", "no:xdist", *again], cwd=folder, check=False).returncode
    if code == 0:
        _list("Passed only the second time (a loaded machine, or a fault that shows seldom):", again)
    return code


@contextmanager
def _beside(command: Sequence[str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The command at a lower priority, and the file that receives its output; ended when the block is left early."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([*NICE, *command], cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process, output
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()


def _list(head: str, tests: Sequence[str]) -> None:
    _write("\n" + "\n  ".join([head, *tests]) + "\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run(groups_of(sys.argv[1:]), Path.cwd()))
