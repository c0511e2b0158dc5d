"""Tests that property tests choose the same examples each time, unless a fuzzing run is requested."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.lengthy
LOOK = """
from tests.support.profiles import examples, use_profile
use_profile()
from hypothesis import given, settings, strategies as st
seen = []
@given(st.integers())
def collect(number): seen.append(number)
collect()
print(settings().derandomize, examples(10), hash(tuple(seen)))
"""


def chosen(profile: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        env={"HYPOTHESIS_PROFILE": profile, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_in_ci_two_runs_try_the_same_examples() -> None:
    first, second = chosen("ci"), chosen("ci")

    assert first == second
    assert first[:2] == ["True", "10"]


def test_a_unit_run_tries_a_fifth_of_the_examples() -> None:
    assert chosen("unit")[:2] == ["True", "2"]


@pytest.mark.timeout(120)
def test_a_fuzzing_run_is_random_and_long() -> None:
    first, second = chosen("fuzz"), chosen("fuzz")

    assert first[:2] == ["False", "500"]
    assert first[2] != second[2]


def test_a_profile_that_does_not_exist_is_refused() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        chosen("unknown")
