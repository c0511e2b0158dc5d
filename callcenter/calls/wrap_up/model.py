"""Decides how long a wrap-up may be extended. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.calls.wrap_up.errors import WrapUpTooLong

LONGEST: Final = timedelta(minutes=15)
"""Counted from the beginning of the wrap-up; after that a pause with its own reason is the honest state."""


class ExtendReason(StrEnum):
    RECORD = "record"
    CASE = "case"
    CALLING_BACK = "calling_back"
    DIFFICULT_CALL = "difficult_call"
    OTHER = "other"


def extended(since: datetime, until: datetime, seconds: int) -> datetime:
    """The new deadline. Raises WrapUpTooLong."""
    later = until + timedelta(seconds=seconds)
    if later - since > LONGEST:
        raise WrapUpTooLong("a wrap-up does not last longer; pause instead", most=int(LONGEST.total_seconds()))
    return later
