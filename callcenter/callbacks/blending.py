"""Decides when return calls may go out between incoming calls, from the callers waiting and the agents free. Pure.

Waiting callers come first. In a busy centre some caller is always waiting, so a return call that is long enough past
due gets a share of the agents reserved for it, and a promised or long overdue one only needs a free agent. Neither kind
starves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.callbacks.model import Callback


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """The state of a line now: callers waiting and agents free to take the next one; and for the whole centre, agents
    signed in and agents who hold a return call.
    """

    waiting: int = 0
    free: int = 0
    on_duty: int = 0
    returning: int = 0


@dataclass(frozen=True, slots=True)
class Blending:
    """At most `most_waiting` callers may wait and at least `least_free` agents, with the asking one, must be free.

    `aged_after` its due time a return call may be taken while callers wait, by at most the share `aged_share` of the
    agents signed in, but at least by one of them; with a share of 0 it keeps waiting. `urgent_before` a promise, and
    `urgent_after` the due time of anything else, the return call is urgent; `urgent_most_waiting` limits even those,
    None means no limit.
    """

    most_waiting: int = 0
    least_free: int = 1
    urgent_before: timedelta = timedelta(minutes=5)
    urgent_after: timedelta = timedelta(hours=4)
    urgent_most_waiting: int | None = None
    aged_after: timedelta = timedelta(minutes=30)
    aged_share: float = 0.2


def urgent(item: Callback, now: datetime, rules: Blending) -> bool:
    """A promise is kept to the minute; anything else must not wait forever."""
    if item.promised:
        return now >= item.due_at - rules.urgent_before
    return now >= item.due_at + rules.urgent_after


def aged(item: Callback, now: datetime, rules: Blending) -> bool:
    """Whether it is so long past due that it gets its turn in a busy centre too."""
    return now >= item.due_at + rules.aged_after


def places(on_duty: int, rules: Blending) -> int:
    """How many agents may hold return calls while callers wait: the share, rounded down, but at least 1."""
    return max(1, int(on_duty * rules.aged_share)) if rules.aged_share > 0 else 0


def room_for(item: Callback, queue: QueueLoad, now: datetime, rules: Blending) -> bool:
    """Whether the state of the line's queue leaves room for this return call now."""
    if urgent(item, now, rules):
        return rules.urgent_most_waiting is None or queue.waiting <= rules.urgent_most_waiting
    if aged(item, now, rules) and queue.returning < places(queue.on_duty, rules):
        return True
    # The asking agent counts as free even when they are not a member of this line's queue.
    return queue.waiting <= rules.most_waiting and max(queue.free, 1) >= rules.least_free
