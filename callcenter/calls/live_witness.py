"""Completes a call's record with what only the live floor saw, where the files have gaps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.endings import END_NOT_SEEN, LEFT_QUEUE
from callcenter.calls.model import CallRecord, HungUpBy, OfferOutcome, Outcome
from callcenter.calls.sources import Built, Live, Sources

_HOLES: Final = ("line", "queue", "queued_at", "answered_at", "agent", "wait_seconds", "talk_seconds", "late")
_TEXTS: Final = ("caller_number", "caller_name", "called_number")
_OPEN: Final = (None, Outcome.UNKNOWN)


def complete(record: CallRecord, live: Live | None, *, sure: bool) -> CallRecord:
    """Fill the gaps of the record; `sure` when the files hold both the call's beginning and its end.

    What the files contain stays unchanged: they are the more direct witness (decision 0002). Only missing values are
    taken.
    """
    if live is None or sure:
        return record
    seen = live.record
    known = {name: getattr(seen, name) for name in _HOLES if getattr(record, name) is None}
    known |= {name: getattr(seen, name) for name in _TEXTS if not getattr(record, name)}
    filled = replace(record, **known)
    if record.ended_at is None:
        return filled
    if filled.answered_at is not None and record.answered_at is None:
        filled = replace(filled, outcome=Outcome.ANSWERED, reason=None)
    elif record.reason == END_NOT_SEEN and record.outcome is Outcome.ANSWERED and seen.end_known:
        filled = replace(filled, reason=seen.reason)
    elif record.outcome in _OPEN and seen.outcome is not None:
        filled = replace(filled, outcome=seen.outcome, reason=_why(seen))
    if record.hung_up_by in (None, HungUpBy.UNDETERMINED) and seen.hung_up_by is not None:
        filled = replace(filled, hung_up_by=seen.hung_up_by)
    if filled.answered_at and filled.ended_at and filled.talk_seconds is None and filled.end_known:
        filled = replace(filled, talk_seconds=(filled.ended_at - filled.answered_at).total_seconds())
    return filled


def from_live(sources: Sources, queue: Sequence[QueueRow]) -> Built | None:
    """Return the record of a call that CEL never mentions; final once a snapshot no longer has the call."""
    if sources.live is None:
        return None
    seen = sources.live.record
    over = seen.ended_at is not None and any(witness.kind == "gone" for witness in sources.witnesses)
    if not over or seen.outcome is not None:
        return Built(seen, over)
    left = next((LEFT_QUEUE[row.event] for row in reversed(queue) if row.event in LEFT_QUEUE), None)
    outcome, reason = left or (Outcome.UNKNOWN, END_NOT_SEEN)
    offers = tuple(
        replace(offer, outcome=OfferOutcome.UNKNOWN) if offer.outcome is None else offer for offer in seen.offers
    )
    by = seen.hung_up_by or HungUpBy.UNDETERMINED
    return Built(replace(seen, outcome=outcome, reason=reason, hung_up_by=by, offers=offers), over)


def _why(seen: CallRecord) -> str | None:
    """Return where a caller gave up, in the terms of the files."""
    if seen.outcome is not Outcome.ABANDONED:
        return seen.reason
    return "in_queue" if seen.queued_at else "before_queue"
