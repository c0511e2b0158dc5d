"""Holds the state of the live floor, and the few steps that several kinds of fact share. Pure.

The handlers of facts (channel_facts, queue_facts, phone_facts, link_facts, centre_facts) change it; floor.py derives
the effects from it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias, TypeVar, cast

from callcenter import facts
from callcenter.calls.effects import Duty, Effect, LinkShown
from callcenter.calls.live_call import LiveCall, LiveOffer
from callcenter.calls.model import Direction, call_id
from callcenter.calls.presence import LiveAgents
from callcenter.calls.ring_rule import RingRule
from callcenter.calls.rules import RuleBook
from callcenter.calls.waiting import Waiting
from callcenter.facts import PHONES, CallId, Linkedid, Uniqueid, linkedid_of

INBOUND: Final = "cc-inbound"
Effects: TypeAlias = list[Effect]
Kind = TypeVar("Kind", bound=facts.Fact)


class FloorState:
    """All live calls, agents and queues of one PBX."""

    def __init__(self, pbx: str, rules: RuleBook) -> None:
        self.pbx = pbx
        self.rules = rules
        self.calls: dict[Linkedid, LiveCall] = {}
        self.agents = LiveAgents(rules.wrap_up_seconds)
        self.waiting = Waiting(lambda caller: self.id_of(self.call_of.get(caller, linkedid_of(caller))))
        self.ring_rule = RingRule(rules.policy_version, rules.misses_before_pause)
        self.duty: Duty = ()
        self.duty_known = False
        """False until the roster has published it: until then an empty duty is unknown, not empty."""
        self.link = LinkShown(False, None)
        self.compared_at: datetime | None = None
        self.call_of: dict[Uniqueid, Linkedid] = {}
        """Channel -> call: some events name only the channel, and a transfer moves channels."""
        self.placed: dict[Linkedid, facts.CallPlaced] = {}
        """Calls that an agent has started and whose first channel has not been seen yet."""
        self.supervised: dict[Linkedid, CallId] = {}
        """The call that each supervisor's channel belongs to."""
        self.touched: set[Linkedid] = set()
        """The calls changed since the effects were last computed."""

    def begin(
        self, linkedid: Linkedid, context: str, exten: str, channel: str, number: str, name: str, at: datetime
    ) -> LiveCall:
        direction = Direction.INBOUND if context == INBOUND else Direction.OUTBOUND
        if context == PHONES and exten in self.agents.phones():
            direction = Direction.INTERNAL
        call = LiveCall(
            pbx=self.pbx,
            linkedid=linkedid,
            direction=direction,
            caller=linkedid,
            caller_number=number,
            caller_name=name,
            called_number=exten,
            arrived_at=at,
            limit=self.rules.ring.limit,
            cadence=self.rules.ring.cadence,
        )
        if context == PHONES:
            call.agent = self.agents.agent_of_channel(channel)
        self.calls[linkedid] = call
        if placed := self.placed.pop(linkedid, None):
            self.place(call, placed)
        return call

    def place(self, call: LiveCall, placed: facts.CallPlaced) -> None:
        """Set what the service knows about a call that an agent started."""
        call.called_number = placed.number
        call.direction = Direction.INTERNAL if placed.number in self.agents.phones() else Direction.OUTBOUND
        if placed.line is not None:
            self.belongs(call, placed.line)

    def known(self, linkedid: Linkedid, caller: Uniqueid, at: datetime) -> LiveCall:
        """Return the call, created here when its first events were not seen."""
        call = self.calls.get(linkedid) or self.begin(linkedid, INBOUND, "", "", "", "", at)
        if caller not in call.closed:
            call.open.add(caller)
            self.call_of[caller] = linkedid
        return call

    def offer(self, call: LiveCall, leg: Uniqueid, at: datetime) -> LiveOffer:
        self.call_of[leg] = call.linkedid
        return call.offers.setdefault(leg, LiveOffer(leg, "", "", call.queue or "", at))

    def belongs(self, call: LiveCall, line: str) -> None:
        """Assign the call to this line, whose cadence counts its rings."""
        own = self.rules.for_line(line)
        call.line, call.cadence, call.hears_ring = line, own.cadence, own.hears_ring

    def id_of(self, linkedid: Linkedid) -> CallId:
        """The call of this Linkedid; a supervisor's channel belongs to the call that it joins."""
        return self.supervised.get(linkedid) or call_id(self.pbx, linkedid)


Handler: TypeAlias = Callable[[FloorState, facts.Fact, Effects], None]


def on(kind: type[Kind], handler: Callable[[FloorState, Kind, Effects], None]) -> tuple[type[object], Handler]:
    """Return a row of a handler table; the type checker verifies that the handler takes this kind of fact."""
    return kind, cast(Handler, handler)
