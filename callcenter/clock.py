"""The only reader of the system time; all other code is given a clock or an instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The current instant, always timezone-aware and in UTC."""
    return datetime.now(UTC)
