"""Computes the live floor: applies one fact at a time and returns effects, never acts itself. Pure.

Facts come in any order and may be repeated: Asterisk documents no order between kinds of AMI event, and a snapshot
repeats events. So a call's picture is derived from all facts seen (live_call.py), and applying a fact is idempotent.
Deadlines (third ring, end of wrap-up) are values compared with the clock that is passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from callcenter import facts
from callcenter.calls import centre_facts, channel_facts, link_facts, phone_facts, queue_facts
from callcenter.calls.effects import CallChanged, CallEnded, Effect, FlagRaised, FloorCompared, FloorNow, NumberSeen
from callcenter.calls.floor_state import FloorState, Handler
from callcenter.calls.live_call import LiveCall
from callcenter.calls.model import CallRecord
from callcenter.calls.rules import RuleBook
from callcenter.facts import Linkedid

KEPT: Final = timedelta(seconds=60)
"""How long an ended call is kept for late facts.

app_queue publishes AgentComplete when its own subscription learns of the hang-up (apps/app_queue.c: handle_hangup), so
it may follow the Hangup event of the last channel.
"""
COMPARE: Final = timedelta(seconds=30)
"""How often the open records are compared with the live calls, in addition to every snapshot."""
HANDLERS: Final[Mapping[type[object], Handler]] = {
    **channel_facts.HANDLERS,
    **queue_facts.HANDLERS,
    **phone_facts.HANDLERS,
    **link_facts.HANDLERS,
    **centre_facts.HANDLERS,
}


class Floor(FloorState):
    """Applies facts to the state and computes what follows from them."""

    def __init__(self, pbx: str, rules: RuleBook) -> None:
        super().__init__(pbx, rules)
        self._over: deque[Linkedid] = deque()
        """Ended calls in the order of their ends; the oldest are dropped first."""

    def apply(self, fact: facts.Fact) -> list[Effect]:
        """Apply one fact and return its effects."""
        return self.take(fact) + self.changes(fact.at)

    def take(self, fact: facts.Fact) -> list[Effect]:
        """Apply one fact and return what it does at once; `changes` then gives the state after one or several facts."""
        effects: list[Effect] = []
        earlier, self.touched = self.touched, set()
        # A fact may be applied after a flag's deadline: an answer on ring 4 must not hide the flag.
        linkedid: Linkedid | None = getattr(fact, "linkedid", None)
        if linkedid is not None and self.ring_rule.is_due(linkedid, fact.at):
            self._flag_late(self.calls[linkedid], fact.at, effects)
        try:
            HANDLERS[type(fact)](self, fact, effects)
        finally:
            # Sorted for the same reason as in `changes`.
            for linkedid in sorted(self.touched & self.calls.keys()):
                self._remember(self.calls[linkedid])
            self.touched |= earlier
        self.agents.settle(fact.at)
        return effects

    def due(self, now: datetime) -> list[Effect]:
        """Process what is due by `now`: late flags, ends of wrap-up, calls to drop.

        All facts until `now` must have been applied: the clock may be ahead of them, a proof of the link is not.
        """
        effects: list[Effect] = []
        for linkedid in self.ring_rule.due(now):
            self._flag_late(self.calls[linkedid], now, effects)
        while self._over and now - self.calls[self._over[0]].gone_at > KEPT:
            self._drop(self.calls[self._over.popleft()])
        self.agents.due(now)
        # Compared as of COMPARE ago: a call that began since then may not have its row yet, and a call that ended
        # since then may not have its final record. Neither is a difference.
        if self.link.connected and self.compared_at is not None and now - self.compared_at >= 2 * COMPARE:
            self.compared_at = now - COMPARE
            effects.append(FloorCompared(self._living(), self.compared_at))
        return effects + self.changes(now)

    def _living(self) -> frozenset[Linkedid]:
        return frozenset(linkedid for linkedid, call in self.calls.items() if call.ended_at is None)

    def next_deadline(self) -> datetime | None:
        """The earliest instant at which `due` has an effect."""
        return min([*self.ring_rule.deadlines(), *self.agents.deadlines()], default=None)

    def now(self) -> FloorNow:
        """Return the whole floor for a new client of the live feed; flags are kept by the feed."""
        living = (call for call in self.calls.values() if call.ended_at is None)
        return FloorNow(
            calls=tuple(_changed(call, call.record()) for call in living),
            agents=tuple(self.agents.all()),
            queues=tuple(self.waiting.all()),
            duty=self.duty,
            link=self.link,
        )

    def _remember(self, call: LiveCall) -> None:
        """Store the next deadline of this call and, once it is over, its place among those to be dropped."""
        self.ring_rule.watch(call)
        if call.ended_at is not None and not call.over:
            call.over = True
            self._over.append(call.linkedid)

    def _flag_late(self, call: LiveCall, now: datetime, effects: list[Effect]) -> None:
        effects += [FlagRaised(flag) for flag in self.ring_rule.raised(call, self.id_of(call.linkedid), now)]
        self._remember(call)

    def _drop(self, call: LiveCall) -> None:
        del self.calls[call.linkedid]
        self.ring_rule.drop(call.linkedid)
        for uniqueid in (*call.open, *call.closed, *call.offers):
            self.call_of.pop(uniqueid, None)

    def changes(self, at: datetime) -> list[Effect]:
        """Return the current state of the calls, queues and agents that were touched since the last time."""
        # Sorted, so that equal facts give equal effects: replays and tests compare them.
        touched = [self.calls[linkedid] for linkedid in sorted(self.touched) if linkedid in self.calls]
        effects: list[Effect] = []
        for call in touched:
            record = call.record()
            over = CallEnded(record, call.customer_id, call.whole)
            effects.append(over if call.ended_at else _changed(call, record))
            if call.other_number and call.other_number != call.number_seen:
                call.number_seen = call.other_number
                effects.append(NumberSeen(call.linkedid, call.other_number))
        self.touched.clear()
        return effects + self.waiting.changes() + list(self.agents.changes(at))


def _changed(call: LiveCall, record: CallRecord) -> CallChanged:
    return CallChanged(
        record, call.customer_id, min(call.held.values(), default=None), bool(call.muted), call.kept_since
    )
