"""Runs pytest and, when few tests failed, their files once more alone.

Real calls and browsers on a loaded machine fail now and then for lack of processor time: a telephone that gets none for
a second loses sound and signalling. A fault of the program fails the second time too. What passes only the second time
is listed, because it may still be a fault. The tests of a file may be one story of one centre, each with what those
before it left, so a file runs again from its beginning.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MOST = 12
"""More failures than this are not bad luck."""
FAILED = 1
"""pytest's exit code when tests ran and some failed."""


def failures(folder: Path) -> list[str]:
    """The tests that failed in the last run, as pytest keeps them in its cache."""
    try:
        return list(json.loads((folder / ".pytest_cache/v/cache/lastfailed").read_text()))
    except FileNotFoundError:
        return []


def selection(arguments: Sequence[str]) -> Sequence[str]:
    """The part of pytest's arguments that selects tests by marker."""
    return arguments[arguments.index("-m") :][:2] if "-m" in arguments else ()


def run(first: Sequence[str], folder: Path, most: int = MOST) -> int:
    """Run pytest with these arguments in `folder`; return its exit code, or that of the second try."""
    pytest = [sys.executable, "-m", "pytest"]
    code = subprocess.run([*pytest, *first], cwd=folder, check=False).returncode
    again = failures(folder) if code == FAILED else []
    if not 0 < len(again) <= most:
        return code
    _print(f"{len(again)} failed; once more, alone:", again)
    files = sorted({test.partition("::")[0] for test in again})
    code = subprocess.run([*pytest, "-p", "no:xdist", *selection(first), *files], cwd=folder, check=False).returncode
    if code == 0:
        _print("Passed only the second time (a loaded machine, or a fault that shows seldom):", again)
    return code


def _print(head: str, tests: Sequence[str]) -> None:
    sys.stdout.write("\n" + "\n  ".join([head, *tests]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], Path.cwd()))
