"""The live floor: one set of facts, applied one at a time; it answers with effects and never acts itself. Pure.

Facts come in any order and may come twice; a call's picture is derived from all that was seen (live_call.py). Instants
on which something is due (third ring, end of wrap-up) are values compared with the clock that is passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from callcenter import facts
from callcenter.calls.effects import (
    AutoPause,
    CallChanged,
    CallEnded,
    Duty,
    DutyShown,
    Effect,
    FlagRaised,
    FloorCompared,
    FloorNow,
    LegWitnessed,
    LinkShown,
    MembersSeen,
    NumberSeen,
    PbxSeen,
)
from callcenter.calls.endings import STOPPING
from callcenter.calls.live_call import LiveCall, LiveOffer, leg_of
from callcenter.calls.model import Direction, Transfer, call_id
from callcenter.calls.presence import Desk
from callcenter.calls.ring_rule import RingRule
from callcenter.calls.rules import RuleBook
from callcenter.calls.waiting import Waiting

INBOUND = "cc-inbound"
PHONES = "cc-phones"
UP = 6
"""Asterisk's channel state of a channel that was answered (AST_STATE_UP)."""
REMEMBERED = timedelta(seconds=60)
"""How long an ended call is kept for facts that come late."""
COMPARE: Final = timedelta(seconds=30)
"""How often the open records are compared with the calls that live, beside every snapshot."""


class Floor:
    """All live calls, agents and queues of one PBX."""

    def __init__(self, pbx: str, rules: RuleBook) -> None:
        self.pbx = pbx
        self.rules = rules
        self.calls: dict[str, LiveCall] = {}
        self.desk = Desk(rules.wrap_up_seconds)
        self.waiting = Waiting()
        self.ring_rule = RingRule(rules.policy_version, rules.misses_before_pause)
        self.duty: Duty = ()
        self.duty_known = False
        """False until the roster has spoken: that nobody is on duty is then not yet known either."""
        self.link = LinkShown(False, None)
        self._call_of: dict[str, str] = {}
        self._touched: set[str] = set()
        self._compared: datetime | None = None
        self._over: deque[str] = deque()
        """Ended calls in the order of their ends, which are forgotten from the left."""

    def apply(self, fact: facts.Fact) -> list[Effect]:
        """Take one fact in and return what follows from it."""
        effects: list[Effect] = []
        # A fact may be taken in after the instant on which a flag was due: an answer on ring 4 must not hide it.
        linkedid = getattr(fact, "linkedid", "")
        if self.ring_rule.is_due(linkedid, fact.at):
            self._flag_late(self.calls[linkedid], fact.at, effects)
        APPLY[type(fact)](self, fact, effects)
        return effects + self._changes(fact.at)

    def due(self, now: datetime) -> list[Effect]:
        """What has become due by `now`: late flags, ends of wrap-up, calls to forget.

        All facts until `now` must have been applied: the clock may be ahead of them, a proof of the link is not.
        """
        effects: list[Effect] = []
        for linkedid in self.ring_rule.due(now):
            self._flag_late(self.calls[linkedid], now, effects)
        while self._over and now - self.calls[self._over[0]].gone_at > REMEMBERED:
            self._forget(self.calls[self._over.popleft()])
        self.desk.due(now)
        if self.link.connected and self._compared is not None and now - self._compared >= 2 * COMPARE:
            self._compared = now - COMPARE
            effects.append(FloorCompared(self._living(), self._compared))
        return effects + self._changes(now)

    def _living(self) -> frozenset[str]:
        return frozenset(linkedid for linkedid, call in self.calls.items() if call.ended_at is None)

    def next_deadline(self) -> datetime | None:
        """The earliest instant at which `due` will have something to say."""
        return min([*self.ring_rule.deadlines(), *self.desk.deadlines()], default=None)

    def now(self) -> FloorNow:
        """Everything that a new client of the live feed must know of the floor; flags are kept by the feed."""
        living = (call for call in self.calls.values() if call.ended_at is None)
        return FloorNow(
            calls=tuple(CallChanged(call.record(), call.customer_id) for call in living),
            agents=tuple(self.desk.all()),
            queues=tuple(self.waiting.all()),
            duty=self.duty,
            link=self.link,
        )

    # What each kind of fact means.

    def _opened(self, f: facts.ChannelOpened, _: list[Effect]) -> None:
        if f.uniqueid == f.linkedid and f.linkedid not in self.calls:
            self._begin(f.linkedid, f.context, f.exten, f.channel, f.caller_number, f.caller_name, f.at).whole = True
        call = self.calls.get(f.linkedid)
        if call is not None and f.uniqueid not in call.closed:
            call.open.add(f.uniqueid)
            self._call_of[f.uniqueid] = f.linkedid
        root = f.uniqueid == f.linkedid and f.context == PHONES
        if call is None or f.uniqueid not in call.closed:
            self.desk.channel_opened(f.uniqueid, f.channel, self._name(f.linkedid), root)
        self._touched.add(f.linkedid)

    def _begin(
        self, linkedid: str, context: str, exten: str, channel: str, number: str, name: str, at: datetime
    ) -> LiveCall:
        direction = Direction.INBOUND if context == INBOUND else Direction.OUTBOUND
        if context == PHONES and exten in self.desk.phones():
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
            call.agent = self.desk.agent_of_channel(channel)
        self.calls[linkedid] = call
        return call

    def _answered(self, f: facts.ChannelAnswered, _: list[Effect]) -> None:
        self.desk.channel_up(f.uniqueid)
        call = self.calls.get(f.linkedid)
        if call is not None and f.uniqueid in call.offers:
            call.offers[f.uniqueid].taken_up(f.at)
            self._touched.add(f.linkedid)
        # The first channel rings only where we called it: the agent's own phone, before the customer's (return calls).
        if call is not None and f.uniqueid == f.linkedid and (seen := call.offers.get(f.uniqueid)):
            seen.connected_at = seen.connected_at or f.at
            self._touched.add(f.linkedid)

    def _line(self, f: facts.LineEntered, _: list[Effect]) -> None:
        if call := self.calls.get(f.linkedid):
            self._belongs(call, f.line)
            self._touched.add(f.linkedid)

    def _belongs(self, call: LiveCall, line: str) -> None:
        """The call came by this line, whose rings are counted by its own cadence."""
        own = self.rules.for_line(line)
        call.line, call.cadence, call.hears_ring = line, own.cadence, own.hears_ring

    def _queued(self, f: facts.CallerQueued, _: list[Effect]) -> None:
        call = self._known(f.linkedid, f.caller, f.at)
        call.caller_number, call.caller_name = f.caller_number or call.caller_number, f.caller_name or call.caller_name
        if f.line:
            self._belongs(call, f.line)
        call.queue, call.queued_at = f.queue, call.queued_at or f.at
        if call.left_queue_at is not None and call.left_queue_at < f.at:
            # Back in a queue: the dialplan let the caller hear the same ringing in between.
            call.left_queue_at = None
        call.heard_since = call.heard_since or f.at
        call.limit = self.rules.limit_of_queue(f.queue)
        if call.left_queue_at is None or call.left_queue_at < f.at:
            self.waiting.joined(f.queue, f.caller, f.at)
        self._touched.add(f.linkedid)

    def _left(self, f: facts.CallerLeftQueue, _: list[Effect]) -> None:
        self.waiting.left(f.queue, f.caller)
        if call := self.calls.get(f.linkedid):
            call.left_queue_at = f.at
            self._touched.add(f.linkedid)

    def _abandoned(self, f: facts.CallerAbandoned, effects: list[Effect]) -> None:
        if call := self.calls.get(f.linkedid):
            call.abandoned_at = f.at
        self._left(facts.CallerLeftQueue(f.at, f.linkedid, f.caller, f.queue), effects)

    def _called(self, f: facts.PhoneCalled, _: list[Effect]) -> None:
        call = self._known(f.linkedid, f.caller, f.at)
        seen = self._offer(call, f.leg, f.at)
        seen.agent, seen.queue, seen.offered_at = f.agent, f.queue, min(f.at, seen.offered_at)
        seen.phone = f.interface.partition("/")[2]
        self._touched.add(f.linkedid)

    def _offer(self, call: LiveCall, leg: str, at: datetime) -> LiveOffer:
        self._call_of[leg] = call.linkedid
        return call.offers.setdefault(leg, LiveOffer(leg, "", "", call.queue or "", at))

    def _rang(self, f: facts.PhoneRang, effects: list[Effect]) -> None:
        call = self.calls.get(f.linkedid)
        self.desk.channel_rang(f.leg)
        ours = f.leg == f.linkedid
        if call is None or not (ours or call.direction is Direction.INBOUND):
            return
        seen = self._offer(call, f.leg, f.at)
        if ours and call.agent:
            seen.agent, seen.phone = call.agent, self.desk.phone_of(call.agent)
        if seen.rang_at is None:
            seen.rang_at = f.at
            effects.append(LegWitnessed(f.linkedid, f.leg, f.at))
            self._touched.add(f.linkedid)

    def _dial_ended(self, f: facts.DialEnded, _: list[Effect]) -> None:
        if (call := self.calls.get(f.linkedid)) and (seen := call.offers.get(f.leg)):
            seen.status = f.status
            if f.status == "ANSWER":
                seen.taken_up(f.at)
            else:
                seen.ended_at = seen.ended_at or f.at
            self._touched.add(f.linkedid)

    def _missed(self, f: facts.PhoneMissed, _: list[Effect]) -> None:
        if (call := self.calls.get(f.linkedid)) and (seen := call.offers.get(f.leg)):
            seen.gave_up = True
            seen.ended_at = seen.ended_at or f.at
            self._touched.add(f.linkedid)

    def _connected(self, f: facts.AgentConnected, _: list[Effect]) -> None:
        call = self._known(f.linkedid, f.caller, f.at)
        seen = self._offer(call, f.leg, f.at)
        seen.agent, seen.connected_at = f.agent, f.at
        seen.taken_up(f.at)
        call.answered_at, call.agent, call.agent_leg = call.answered_at or f.at, f.agent, f.leg
        if f.leg not in call.closed:
            self.desk.connected(f.agent, f.leg, self._name(f.linkedid))
        self.ring_rule.answered(f.agent)
        self._touched.add(f.linkedid)

    def _finished(self, f: facts.AgentFinished, _: list[Effect]) -> None:
        linkedid = f.linkedid or self._call_of.get(f.leg, "")
        if call := self.calls.get(linkedid):
            call.finished = f.reason
            self._touched.add(linkedid)
        self.desk.finished(f.agent, f.leg or leg_of(self.calls.values(), f.agent), f.at)

    def _hangup(self, f: facts.HangupRequested, _: list[Effect]) -> None:
        if call := self.calls.get(f.linkedid):
            call.hangups.setdefault(f.uniqueid, f.at)
            self._touched.add(f.linkedid)

    def _closed(self, f: facts.ChannelClosed, effects: list[Effect]) -> None:
        self.desk.channel_closed(f.uniqueid, f.at)
        linkedid = self._call_of.pop(f.uniqueid, f.linkedid)
        call = self.calls.get(linkedid)
        if call is None:
            return
        again = f.uniqueid in call.closed
        call.open.discard(f.uniqueid)
        call.closed.add(f.uniqueid)
        call.causes[f.uniqueid] = f.cause
        call.last_closed_at = max(call.last_closed_at or f.at, f.at)
        if seen := call.offers.get(f.uniqueid):
            seen.cause, seen.ended_at = f.cause, seen.ended_at or f.at
            if not again and self.ring_rule.is_one_too_many(call.offer(seen)):
                effects.append(AutoPause(seen.agent, "missed"))
        if f.uniqueid == call.caller and call.queue:
            self.waiting.left(call.queue, call.caller)
        if not call.open and not call.lost:
            call.ended_at = call.last_closed_at
        self._touched.add(linkedid)

    def _held(self, f: facts.ChannelHeld, effects: list[Effect]) -> None:
        effects.append(LegWitnessed(f.linkedid, f.uniqueid, f.at, "held"))

    def _resumed(self, f: facts.ChannelResumed, effects: list[Effect]) -> None:
        effects.append(LegWitnessed(f.linkedid, f.uniqueid, f.at, "resumed"))

    def _transferred(self, f: facts.CallTransferred, _: list[Effect]) -> None:
        if call := self.calls.get(f.linkedid):
            transfer = Transfer(f.at, f.kind, f.by, f.target)
            if transfer not in call.transfers:
                call.transfers.append(transfer)
            self._touched.add(f.linkedid)

    def _member(self, f: facts.MemberSeen, effects: list[Effect]) -> None:
        if self.waiting.member(f):
            effects.append(MembersSeen())

    def _gone(self, f: facts.MemberGone, effects: list[Effect]) -> None:
        self.waiting.member_gone(f.queue, f.interface)
        effects.append(MembersSeen())

    def _device(self, f: facts.DeviceChanged, _: list[Effect]) -> None:
        self.desk.device(f.device, f.state)

    def _seen(self, f: facts.FloorSeen, effects: list[Effect]) -> None:
        """Replace what we believed: calls that are gone end as lost to sight, calls that we did not know appear."""
        alive = {channel.uniqueid for channel in f.channels}
        for call in self.calls.values():
            if call.ended_at is None and (f.restarted or not call.open & alive):
                call.ended_at, call.lost = f.at, True
                self._touched.add(call.linkedid)
            elif call.ended_at is None:
                call.open &= alive
                self._end_rings_out_of_sight(call, f)
        for channel in f.channels:
            arrived = f.at - timedelta(seconds=channel.seconds)
            if channel.linkedid not in self.calls and channel.uniqueid == channel.linkedid:
                ours = channel.context.startswith("cc-") and channel.context != PHONES
                call = self._begin(
                    channel.linkedid,
                    INBOUND if ours else channel.context,
                    channel.exten,
                    channel.channel,
                    channel.caller_number,
                    channel.caller_name,
                    arrived,
                )
                call.line = channel.account or None
            if known := self.calls.get(channel.linkedid):
                known.open.add(channel.uniqueid)
                self._call_of[channel.uniqueid] = channel.linkedid
            self._touched.add(channel.linkedid)
        self._place_in_queues(f)
        self.desk.seen(f.channels, f.devices, {c.linkedid: self._name(c.linkedid) for c in f.channels}, f.at)
        self.link = LinkShown(True, f.at)
        living = frozenset(channel.linkedid for channel in f.channels)
        self._compared = f.at
        effects += [self.link, MembersSeen(), FloorCompared(living, f.at)]

    def _end_rings_out_of_sight(self, call: LiveCall, f: facts.FloorSeen) -> None:
        """A phone that rang and now is up or gone stopped ringing at an instant that only the files know."""
        ringing = {channel.uniqueid for channel in f.channels if channel.state != UP}
        for seen in call.offers.values():
            over = (seen.up_at, seen.connected_at, seen.ended_at) != (None, None, None)
            if seen.rang_at is not None and not over and seen.leg not in ringing:
                seen.unseen = True

    def _place_in_queues(self, f: facts.FloorSeen) -> None:
        self.waiting.replace(f)
        for entry in f.entries:
            call = self.calls.get(self._call_of.get(entry.caller, ""))
            if call is not None and call.queued_at is None:
                call.queue, call.queued_at = entry.queue, f.at - timedelta(seconds=entry.waited_seconds)
                call.heard_since = call.queued_at

    def _lost(self, f: facts.LinkLost, effects: list[Effect]) -> None:
        # A link that fell silent before it broke proves nothing of the time in between.
        seen = self.link.since if self.link.stale and self.link.since else f.at
        self.link = LinkShown(False, f.at)
        for call in self.calls.values():
            call.whole = call.whole and call.ended_at is not None
        effects += [self.link, PbxSeen(seen, "seen")]

    def _stopping(self, f: facts.PbxStopping, effects: list[Effect]) -> None:
        """Calls that ended just now by nobody's hand were ended by Asterisk's own end."""
        for call in self.calls.values():
            if call.ended_at is not None and not call.hangups and f.at - call.ended_at <= STOPPING:
                call.stopped = True
                self._touched.add(call.linkedid)
        effects.append(PbxSeen(f.at, "stopped"))

    def _stale(self, f: facts.LinkStale, effects: list[Effect]) -> None:
        self.link = LinkShown(False, f.at, stale=True)
        effects.append(self.link)

    def _proven(self, f: facts.LinkProven, effects: list[Effect]) -> None:
        if self.link.stale:
            self.link = LinkShown(True, f.at)
            effects.append(self.link)

    def _presence(self, f: facts.PresenceChanged, _: list[Effect]) -> None:
        self.desk.said(f)

    def _customer(self, f: facts.CustomerFound, _: list[Effect]) -> None:
        call = self.calls.get(f.call)
        if call is not None and call.other_number == f.number:
            call.customer_id = f.customer_id
            self._touched.add(f.call)

    def _duty(self, f: facts.DutyChanged, effects: list[Effect]) -> None:
        self.duty_known = True
        if f.duty != self.duty:
            self.duty = f.duty
            effects.append(DutyShown(f.duty))

    # What follows.

    def _known(self, linkedid: str, caller: str, at: datetime) -> LiveCall:
        """The call, begun here when its first events were not seen."""
        call = self.calls.get(linkedid) or self._begin(linkedid, INBOUND, "", "", "", "", at)
        if caller not in call.closed:
            call.open.add(caller)
            self._call_of[caller] = linkedid
        return call

    def _remember(self, call: LiveCall) -> None:
        """Keep the next instant of this call and, once it is over, its place among those to be forgotten."""
        self.ring_rule.watch(call)
        if call.ended_at is not None and not call.over:
            call.over = True
            self._over.append(call.linkedid)

    def _flag_late(self, call: LiveCall, now: datetime, effects: list[Effect]) -> None:
        effects += [FlagRaised(flag) for flag in self.ring_rule.raised(call, self._name(call.linkedid), now)]
        self._remember(call)

    def _forget(self, call: LiveCall) -> None:
        del self.calls[call.linkedid]
        self.ring_rule.forget(call.linkedid)
        for uniqueid in (*call.open, *call.closed, *call.offers):
            self._call_of.pop(uniqueid, None)

    def _name(self, linkedid: str) -> str:
        return call_id(self.pbx, linkedid)

    def _changes(self, at: datetime) -> list[Effect]:
        """What the touched calls, queues and agents look like now."""
        touched = [self.calls[linkedid] for linkedid in sorted(self._touched) if linkedid in self.calls]
        for call in touched:
            self._remember(call)
        effects: list[Effect] = []
        for call in touched:
            record = call.record()
            over = CallEnded(record, call.customer_id, call.whole)
            effects.append(over if call.ended_at else CallChanged(record, call.customer_id))
            if call.other_number and call.other_number != call.number_seen:
                call.number_seen = call.other_number
                effects.append(NumberSeen(call.linkedid, call.other_number))
        self._touched.clear()
        return effects + self.waiting.changes() + list(self.desk.changes(at))


APPLY: Mapping[type[object], Callable[..., None]] = {
    facts.ChannelOpened: Floor._opened,
    facts.ChannelAnswered: Floor._answered,
    facts.LineEntered: Floor._line,
    facts.CallerQueued: Floor._queued,
    facts.CallerLeftQueue: Floor._left,
    facts.CallerAbandoned: Floor._abandoned,
    facts.PhoneCalled: Floor._called,
    facts.PhoneRang: Floor._rang,
    facts.DialEnded: Floor._dial_ended,
    facts.PhoneMissed: Floor._missed,
    facts.AgentConnected: Floor._connected,
    facts.AgentFinished: Floor._finished,
    facts.HangupRequested: Floor._hangup,
    facts.ChannelClosed: Floor._closed,
    facts.ChannelHeld: Floor._held,
    facts.ChannelResumed: Floor._resumed,
    facts.CallTransferred: Floor._transferred,
    facts.MemberSeen: Floor._member,
    facts.MemberGone: Floor._gone,
    facts.DeviceChanged: Floor._device,
    facts.FloorSeen: Floor._seen,
    facts.LinkLost: Floor._lost,
    facts.LinkStale: Floor._stale,
    facts.LinkProven: Floor._proven,
    facts.PbxStopping: Floor._stopping,
    facts.PresenceChanged: Floor._presence,
    facts.DutyChanged: Floor._duty,
    facts.CustomerFound: Floor._customer,
}
