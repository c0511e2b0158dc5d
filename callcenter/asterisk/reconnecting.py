"""How long to wait before the next try to reach Asterisk."""

from __future__ import annotations

import random
from typing import Final

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
REFUSED_WAIT: Final = 60.0
NEAR_WAIT: Final = 3.5
"""The longest wait for an Asterisk on this machine: below five seconds with jitter, as no one sees an attack here."""


def waits(wait: float, *, near: bool = False) -> float:
    """Return the next wait before a retry: doubled, with a limit."""
    return min(wait * 2, NEAR_WAIT if near else LONGEST_WAIT)


def rest_seconds(wait: float, *, refused: bool = False, near: bool = False) -> float:
    """Return how long to wait before the next try, jittered so that many clients do not reconnect at once.

    A refused login waits long because it looks like an attack on a network; not where Asterisk is on this machine.
    """
    longest = NEAR_WAIT if near else REFUSED_WAIT
    return (longest if refused else wait) * random.uniform(0.7, 1.3)
