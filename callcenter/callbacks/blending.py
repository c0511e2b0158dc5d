"""Return calls between incoming calls: who waits, who is free, and what may no longer wait. Pure.

Callers who wait come first. But in a busy centre somebody always waits: so a return call that is some time past due has
a share of the agents to itself, and one that was promised, or is long past due, only needs an agent. Neither starves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.callbacks.model import Callback


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A line at this instant: callers waiting, agents free to take the next one; and of the whole centre, agents signed
    in and those who hold a return call.
    """

    waiting: int = 0
    free: int = 0
    on_duty: int = 0
    returning: int = 0


@dataclass(frozen=True, slots=True)
class Blending:
    """`most_waiting` callers may wait and `least_free` agents must be free, the asking agent among them.

    `aged_after` its due time a return call may be taken while callers wait, by at most the share `aged_share` of the
    agents signed in, but at least by one of them; a share of 0 keeps it waiting.
    `urgent_before` a promise, and `urgent_after` the due time of anything else, the return call is urgent;
    `urgent_most_waiting` bounds even those, None never stops them.
    """

    most_waiting: int = 0
    least_free: int = 1
    urgent_before: timedelta = timedelta(minutes=5)
    urgent_after: timedelta = timedelta(hours=4)
    urgent_most_waiting: int | None = None
    aged_after: timedelta = timedelta(minutes=30)
    aged_share: float = 0.2


def urgent(item: Callback, now: datetime, rules: Blending) -> bool:
    """A promise is kept to the minute; anything else must not wait for ever."""
    if item.promised:
        return now >= item.due_at - rules.urgent_before
    return now >= item.due_at + rules.urgent_after


def aged(item: Callback, now: datetime, rules: Blending) -> bool:
    """Past due for so long that it gets its turn in a busy centre too."""
    return now >= item.due_at + rules.aged_after


def places(on_duty: int, rules: Blending) -> int:
    """How many agents may hold return calls while callers wait: the share, rounded down, but at least 1."""
    return max(1, int(on_duty * rules.aged_share)) if rules.aged_share > 0 else 0


def room_for(item: Callback, queue: QueueNow, now: datetime, rules: Blending) -> bool:
    """Whether the state of the line's queue leaves room for this return call now."""
    if urgent(item, now, rules):
        return rules.urgent_most_waiting is None or queue.waiting <= rules.urgent_most_waiting
    if aged(item, now, rules) and queue.returning < places(queue.on_duty, rules):
        return True
    # The agent who asks is free, also where they are no member of this line's queue.
    return queue.waiting <= rules.most_waiting and max(queue.free, 1) >= rules.least_free
