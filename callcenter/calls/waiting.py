"""Tracks the queues of the live floor: who waits since when, and which members could be rung. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from callcenter.calls.effects import QueueChanged, QueueNow
from callcenter.facts import CallId, FloorSeen, MemberSeen, Uniqueid

NOT_IN_USE: Final = 1
"""Asterisk's device state of a member that could be rung now (QueueMemberStatus)."""

IN_USE: Final = frozenset({2, 3, 6, 7, 8})
"""In use, busy, ringing, ringing in use, on hold."""
NEXT: Final = 20
"""So many of those who are served next are named; the place of those further back changes with every caller."""
WRAP_UP: Final = "acw"
"""The pause reason of after-call work (routing/plan.py)."""


class Waiting:
    """Callers and members by queue; `changes` returns each change once. `call_of` gives the call of a caller."""

    def __init__(self, call_of: Callable[[Uniqueid], CallId] = CallId) -> None:
        self._call_of = call_of
        self._callers: dict[str, dict[Uniqueid, datetime]] = {}
        """By queue, in the order in which app_queue serves them."""
        self._members: dict[str, dict[str, MemberSeen]] = {}
        # Counted as members change: with hundreds of them, counting at each event would dominate the floor's work.
        self._free: dict[str, int] = {}
        self._touched: set[str] = set()

    def joined(self, queue: str, caller: Uniqueid, at: datetime, position: int = 0) -> None:
        """`position` is app_queue's, counted from 1, where it is known: a customer of standing goes before others."""
        callers = self._callers.setdefault(queue, {})
        callers.pop(caller, None)
        if 0 < position <= len(callers):
            entries = list(callers.items())
            callers = self._callers[queue] = dict([*entries[: position - 1], (caller, at), *entries[position - 1 :]])
        callers[caller] = at
        self._touched.add(queue)

    def ordered(self, queue: str, callers: tuple[Uniqueid, ...]) -> None:
        """app_queue's order after it was changed by hand; who has come since stands behind them."""
        known = self._callers.get(queue, {})
        first = {caller: known[caller] for caller in callers if caller in known}
        self._callers[queue] = first | {caller: at for caller, at in known.items() if caller not in first}
        self._touched.add(queue)

    def left(self, queue: str, caller: Uniqueid) -> None:
        # The end of a call names the line's queue only, wherever beside it the caller waited.
        for name in self._beside(queue):
            self._callers[name].pop(caller, None)
        self._touched.add(queue)

    def member(self, seen: MemberSeen) -> bool:
        """Store the current state of a member; True when it is new, or its pause or penalty has changed."""
        members = self._members.setdefault(seen.queue, {})
        before = members.get(seen.interface)
        members[seen.interface] = seen
        self._count(seen.queue, before, seen)
        return before is None or (before.paused, before.penalty) != (seen.paused, seen.penalty)

    def member_gone(self, queue: str, interface: str) -> None:
        self._count(queue, self._members.get(queue, {}).pop(interface, None), None)

    def replace(self, seen: FloorSeen) -> None:
        """Apply a complete snapshot: what it does not name is gone."""
        self._callers = {queue: {} for queue in seen.queues}
        self._members, self._free = {}, {}
        for member in seen.members:
            self.member(member)
        for entry in seen.entries:
            waited = timedelta(seconds=entry.waited_seconds)
            self.joined(entry.queue, entry.caller, seen.at - waited, entry.position)
        self._touched.update(self._callers)

    def now(self, queue: str) -> QueueNow:
        """The queue with those who wait beside it, for a speaker or their own agent (routing/ladder.py)."""
        waiting = [at for name in self._beside(queue) for at in self._callers[name].values()]
        following = tuple(map(self._call_of, islice(self._in_turn(queue), NEXT)))
        return QueueNow(queue, len(waiting), min(waiting, default=None), self._free.get(queue, 0), following)

    def _beside(self, queue: str) -> list[str]:
        """The names of a queue and of those beside it, which continue its name after a dot."""
        return [name for name in self._callers if name == queue or name.startswith(f"{queue}.")]

    def staff(self, queue: str) -> tuple[int, int]:
        """How many members serve a caller, after-call work included, and how many are free."""
        members = self._members.get(queue, {}).values()
        working = ((member.status in IN_USE and not member.paused) or member.reason == WRAP_UP for member in members)
        return sum(working), self._free.get(queue, 0)

    def callers(self, queue: str) -> int:
        """How many wait in a queue and in the ladders beside it, whose names continue after a dot."""
        return sum(
            len(callers) for name, callers in self._callers.items() if name == queue or name.startswith(f"{queue}.")
        )

    def any(self) -> bool:
        """Whether a caller waits anywhere."""
        return any(self._callers.values())

    def places(self, queue: str) -> dict[Uniqueid, int]:
        """The place of each caller in a queue and in the ladders beside it, 1 being the next."""
        return {caller: place for place, caller in enumerate(self._in_turn(queue), 1)}

    def _in_turn(self, queue: str) -> Iterator[Uniqueid]:
        """The callers of a queue and of the ladders beside it in the order in which they are served.

        Within a queue app_queue's order counts; of the first callers of each, the one who has waited longest is served
        first (force_longest_waiting_caller).
        """
        lists = [
            deque(callers.items())
            for name, callers in self._callers.items()
            if callers and (name == queue or name.startswith(f"{queue}."))
        ]
        while lists:
            first = min(lists, key=lambda callers: callers[0][1])
            yield first.popleft()[0]
            if not first:
                lists.remove(first)

    def all(self) -> list[QueueNow]:
        return [self.now(queue) for queue in sorted({base_of(name) for name in (*self._callers, *self._members)})]

    def changes(self) -> list[QueueChanged]:
        """Return the queues that changed since the last call."""
        changed = [QueueChanged(self.now(queue)) for queue in sorted(set(map(base_of, self._touched)))]
        self._touched.clear()
        return changed

    def _count(self, queue: str, before: MemberSeen | None, after: MemberSeen | None) -> None:
        more = _free(after) - _free(before)
        self._free[queue] = self._free.get(queue, 0) + more
        if more or before is None or after is None:
            self._touched.add(queue)


def base_of(queue: str) -> str:
    """The queue that a name in Asterisk belongs to."""
    return queue.partition(".")[0]


def _free(member: MemberSeen | None) -> bool:
    return member is not None and not member.paused and member.status == NOT_IN_USE
