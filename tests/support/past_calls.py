"""Writes past calls into a database, as they stand on record after their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change
from callcenter.calls.store import save as put
from callcenter.facts import linkedid_of
from callcenter.storage.database import Database

TALK, GAP = timedelta(seconds=180), timedelta(seconds=90)
BUSY_WAIT = 90.0
"""Seconds between the ends of two calls while two agents serve without a break."""


def past_call(line: str, queued: datetime, answered: datetime, ended: datetime, pbx: str = "pbx1") -> CallRecord:
    return CallRecord(
        pbx=pbx,
        linkedid=linkedid_of(f"{pbx}-{queued.timestamp():.3f}"),
        direction=Direction.INBOUND,
        line=line,
        queue=line,
        caller_number="13900000001",
        caller_name="",
        called_number="073188880001",
        arrived_at=queued,
        queued_at=queued,
        answered_at=answered,
        ended_at=ended,
        outcome=Outcome.ANSWERED,
    )


def busy_hour(
    line: str, start: datetime, calls: int = 30, pbx: str = "pbx1", uneven: timedelta = timedelta(0)
) -> Iterator[CallRecord]:
    """Two agents serve without a break for 45 minutes, and each caller has two others before them.

    With `uneven` callers wait so much longer and shorter by turns.
    """
    for number in range(calls):
        answered = start + GAP * number
        waited = 3 * GAP - timedelta(seconds=1) + (uneven if number % 2 == 0 else -uneven)
        yield past_call(line, answered - waited, answered, answered + TALK, pbx)


async def save(database: Database, records: Iterable[CallRecord]) -> None:
    rules = RingRules()
    changes = [Change(None, record, rules, "1", "files", final=True) for record in records]
    async with database.write() as session:
        await put(session, changes)
