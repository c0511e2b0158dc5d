"""Sets what all tests of a process share: how property tests choose their examples, and how passwords are hashed.

Examples are deterministic in CI, random and many in `make fuzz`.

A test that finds a fault by luck must not decide whether a change is merged. So the default profile `ci` derives its
examples from the test itself; what a fuzzing run finds is kept as an `@example(...)` of its test, which every run tries
first. `HYPOTHESIS_PROFILE=unit` tries a fifth of them, for `make unit`; `fuzz` chooses at random, fifty times as many,
and keeps failures in `var/hypothesis`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from callcenter.web.passwords import Passwords

PROFILE: Final = os.environ.get("HYPOTHESIS_PROFILE", "ci")
TIMES: Final = {"unit": 0.2, "ci": 1, "fuzz": 50}
KEPT: Final = Path(__file__).parents[2] / "var" / "hypothesis"


def examples(count: int) -> int:
    """How many examples a test tries now that tries `count` in CI: `@settings(max_examples=examples(60))`."""
    return max(1, int(count * TIMES[PROFILE]))


def use_profile() -> None:
    settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
    settings.register_profile("unit", settings.get_profile("ci"), max_examples=examples(100))
    settings.register_profile(
        "fuzz",
        derandomize=False,
        deadline=None,
        print_blob=True,
        max_examples=examples(100),
        database=DirectoryBasedExampleDatabase(KEPT),
    )
    settings.load_profile(PROFILE)


def use_cheap_hashes() -> None:
    """The strength of the hash is not under test, and a real one takes a tenth of a second of two processors."""
    Passwords.default = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
