"""Return calls between incoming calls: who waits, who is free, and what may no longer wait. Pure.

Callers who wait come first; but a return call that was promised, or has waited long, becomes urgent and then only
needs an agent, so that neither starves the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.callbacks.model import Item


@dataclass(frozen=True, slots=True)
class QueueNow:
    """The incoming side of a line at this instant: callers waiting, and agents free to take the next one."""

    waiting: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class Blending:
    """`most_waiting` callers may wait and `least_free` agents must be free, the asking agent among them.

    `urgent_before` a promise, and `urgent_after` the due time of anything else, the return call is urgent;
    `urgent_most_waiting` bounds even those, None never stops them.
    """

    most_waiting: int = 0
    least_free: int = 1
    urgent_before: timedelta = timedelta(minutes=5)
    urgent_after: timedelta = timedelta(hours=4)
    urgent_most_waiting: int | None = None


def urgent(item: Item, now: datetime, rules: Blending) -> bool:
    """A promise is kept to the minute; anything else must not wait for ever."""
    if item.promised:
        return now >= item.due_at - rules.urgent_before
    return now >= item.due_at + rules.urgent_after


def room_for(item: Item, queue: QueueNow, now: datetime, rules: Blending) -> bool:
    """Whether the state of the line's queue leaves room for this return call now."""
    if urgent(item, now, rules):
        return rules.urgent_most_waiting is None or queue.waiting <= rules.urgent_most_waiting
    # The agent who asks is free, also where they are no member of this line's queue.
    return queue.waiting <= rules.most_waiting and max(queue.free, 1) >= rules.least_free
