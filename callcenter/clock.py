"""The only reader of the time; everybody else is given a clock or an instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, always aware and in UTC."""
    return datetime.now(UTC)
