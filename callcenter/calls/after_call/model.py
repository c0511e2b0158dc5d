"""Defines the state after the present call. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

IDLE: Final = frozenset({"available", "paused", "signed_out"})
"""States of the floor in which the last call and its after-call work are over."""


class NextState(StrEnum):
    PAUSED = "paused"
    SIGNED_OUT = "signed_out"


@dataclass(frozen=True, slots=True)
class AfterCall:
    """What an agent does after the present call; `state` is None where nothing is chosen, or it has been done."""

    agent: str
    state: NextState | None = None
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    despite: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of an agent on the floor."""

    wrap_up_since: datetime | None
    wrap_up_until: datetime | None
    page: str
