"""How long a party of a call was on hold. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from callcenter.calls.model import CallRecord
from callcenter.calls.sources import Live


def hold_seconds(record: CallRecord, live: Live | None) -> float | None:
    """Seconds of the talk in which a party was on hold; holds that overlap count once.

    Only AMI reports holds. So it is None unless the link was up from the call's first event to its last, and for a call
    that was not answered or whose end was not observed.
    """
    start, end = record.answered_at, record.survey_asked_at or record.ended_at
    if start is None or end is None or not record.end_known or live is None or not live.whole:
        return None
    held, until = timedelta(), start
    for hold in sorted(record.holds, key=lambda hold: hold.started_at):
        began, ended = max(hold.started_at, until), _ended(hold.ended_at, end)
        if began < ended:
            held += ended - began
            until = ended
    return round(held.total_seconds(), 3)


def _ended(at: datetime | None, end: datetime) -> datetime:
    return end if at is None else min(at, end)
