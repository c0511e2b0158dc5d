"""Runs the live floor as its only writer: one queue of facts in; effects out to the feed and the storage backlog.

The floor never waits: the feed never blocks, and effects to be stored are in a bounded backlog in which a newer state
of a call replaces the older one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol, assert_never

import structlog

from callcenter.calls import deltas
from callcenter.calls.agent_state import AgentState
from callcenter.calls.backlog import Backlog
from callcenter.calls.deltas import Snapshot
from callcenter.calls.effects import (
    AgentChanged,
    AgentNow,
    AgentOffered,
    AutoPause,
    CallChanged,
    CallEnded,
    CodeDialled,
    DutyShown,
    Effect,
    FlagRaised,
    FloorCompared,
    LegWitnessed,
    LinkShown,
    MembersSeen,
    NumberSeen,
    PbxSeen,
    QueueChanged,
    SupervisorFound,
    SupervisorSeen,
)
from callcenter.calls.floor import Floor
from callcenter.calls.model import CallRecord
from callcenter.clock import Clock
from callcenter.facts import DutyChanged, Fact, FloorSeen, Linkedid, LinkProven, PresenceChanged
from callcenter.web.ports import Audience, DeltaKind, Notify, Shape

log = structlog.get_logger(__name__)

FACTS: Final = 5000
BURST: Final = 100
"""Facts after which the floor is shown, however many are waiting: about five calls from ring to end."""
SHOWN_FOR: Final = timedelta(seconds=0.1)
"""A state that lasted longer is shown, however late the service is: a phone that rang and was answered did ring."""
DUTY = (DutyChanged, PresenceChanged)
ALONE: Final = (FloorSeen, LinkProven, *DUTY)
"""Facts after which there is more to do than to show the floor."""
SHOWN = (CallChanged, CallEnded, AgentChanged, QueueChanged, LinkShown)


class LiveFeed(Protocol):
    """Publishes the floor to its clients; must never block."""

    def publish(self, kind: DeltaKind[Shape], data: Shape, agents: Audience = None) -> int: ...

    def replace(self, snapshot: Mapping[str, object]) -> int: ...


class LiveFloor:
    """Owns the floor. `submit` enqueues a fact; `run` is the only task that changes state."""

    def __init__(
        self,
        floor: Floor,
        feed: LiveFeed,
        clock: Clock,
        replan: Notify,
        prove: Notify | None = None,
    ) -> None:
        """`prove` requests a LinkProven from the link; without a link the end of the queue itself is the proof."""
        self.floor = floor
        self.facts: asyncio.Queue[Fact] = asyncio.Queue(FACTS)
        self.backlog = Backlog()
        self.faults = 0
        self._feed = feed
        self._clock = clock
        self._replan = replan
        self._prove = prove or self._prove_by_the_queue
        self._asked = False
        self._delay = timedelta()
        """Delay of the newest proof: transport time plus the offset between the PBX's clock and ours."""
        self._wrapping: set[str] = set()
        self.on_duty_changed: list[Notify] = []
        """Called when who is on duty or signed in may have changed."""
        self.on_number: list[Callable[[NumberSeen], object]] = []
        """Called when the number of the other party becomes known; must never block."""
        self.on_offered: list[Callable[[AgentOffered], object]] = []
        """Called when a queue calls an agent's phone; must never block."""
        self.on_change: list[Notify] = []
        self.on_agent: list[Callable[[AgentNow], object]] = []
        self.on_supervisor: list[Callable[[SupervisorSeen | SupervisorFound], object]] = []
        """Called when anything, an agent, or a supervisor on a call has changed; must never block."""
        self.on_phone_code: list[Callable[[CodeDialled], object]] = []
        """Called when an agent has dialled a code; must never block."""

    async def submit(self, fact: Fact) -> None:
        await self.facts.put(fact)

    def submit_soon(self, fact: Fact) -> None:
        """Enqueue a fact without waiting, for callers that must not block; such facts are few.

        The queue never fills with those: it only fills with PBX facts, whose sender waits. Should it be full anyway,
        the new fact is the newest truth and the next snapshot corrects one lost PBX fact, so the oldest is dropped.
        """
        if self.facts.full():
            self.facts.get_nowait()
            self.facts.task_done()
            self.faults += 1
        self.facts.put_nowait(fact)

    def current(self) -> bool:
        return self.floor.link.connected

    def agents_now(self) -> dict[str, AgentNow]:
        return {agent.number: agent for agent in self.floor.agents.all()}

    def numbers_of(self, agent: str) -> set[str]:
        """Return the numbers of the calls that ring this agent's phone, are theirs, or were just now."""
        return {
            number
            for call in self.floor.calls.values()
            if agent == call.agent or any(offer.agent == agent for offer in call.offers.values())
            for number in (call.caller_number, call.called_number)
        }

    def record_of(self, linkedid: Linkedid) -> CallRecord | None:
        """A call that is live or has only just ended."""
        call = self.floor.calls.get(linkedid)
        return None if call is None else call.record()

    def record_by_id(self, call: str) -> CallRecord | None:
        """The same, by the call's id in the API."""
        live = (linkedid for linkedid in self.floor.calls if self.floor.id_of(linkedid) == call)
        return next((self.record_of(linkedid) for linkedid in live), None)

    def snapshot(self) -> Snapshot:
        return deltas.snapshot(self.floor.now())

    async def run(self) -> None:
        """Apply facts and process deadlines until cancelled.

        The clock only triggers a request. A deadline is processed once the link has proven that everything until then
        has arrived: after a stall facts wait here, in the reader and in the socket, and an answer among them cancels
        the deadline.
        """
        while True:
            due = self.floor.next_deadline()
            self._ask(due)
            fact = await self._next(due)
            if fact is not None:
                self._apply(fact)

    def _ask(self, due: datetime | None) -> None:
        """Request a proof once a deadline has passed by the clock; without an answer the link's own pings bring one."""
        if due is not None and not self._asked and due <= self._clock() - self._delay:
            self._asked = True
            self._prove()

    def _prove_by_the_queue(self) -> None:
        if self.facts.full():
            self._asked = False
            return
        self.facts.put_nowait(LinkProven(self._clock()))

    def on_duty(self, line: str) -> list[str]:
        """Return the agents who are on duty for a line and signed in."""
        duty = dict(self.floor.duty).get(line, ())
        return [agent for agent in duty if self.floor.agents.signed_in(agent)]

    def just_missed(self) -> set[str]:
        """Return the agents whose phones have just rung in vain, whom the routing plan puts behind the others."""
        return self.floor.ring_rule.just_missed(self._clock())

    def wrapping_up(self) -> set[str]:
        """Return the agents in after-call work, whom the routing plan keeps paused."""
        return set(self._wrapping)

    def _watch_wrap_up(self, agent: AgentNow) -> None:
        wraps = agent.state == AgentState.WRAP_UP or agent.after_call != ""
        if wraps != (agent.number in self._wrapping):
            if wraps:
                self._wrapping.add(agent.number)
            else:
                self._wrapping.discard(agent.number)
            self._replan()

    def _apply(self, fact: Fact) -> None:
        """Apply a fact and those that arrived with it: Asterisk writes many at once, and what they end in is shown."""
        taken, began = 1, fact.at
        self._take(partial(self.floor.take, fact), type(fact).__name__)
        while not isinstance(fact, ALONE) and taken < BURST and not self.facts.empty():
            before, fact, taken = fact, self.facts.get_nowait(), taken + 1
            if fact.at - began > SHOWN_FOR:
                self._take(partial(self.floor.changes, before.at), "changes")
                began = fact.at
            self._take(partial(self.floor.take, fact), type(fact).__name__)
        self._take(partial(self.floor.changes, fact.at), "changes")
        self._after(fact)
        for _ in range(taken):
            self.facts.task_done()

    def _after(self, fact: Fact) -> None:
        """What follows a fact that ends a burst."""
        if isinstance(fact, LinkProven):
            self._asked, self._delay = False, self._clock() - fact.at
            self._take(partial(self.floor.due, fact.at), "due")
        if isinstance(fact, FloorSeen):
            # Requests on an earlier connection are never answered.
            self._asked = False
            # After a gap any part of a client's picture may be wrong, so every client gets a complete one.
            self._feed.replace(self.snapshot())
        if isinstance(fact, DUTY):
            self._notify(self.on_duty_changed)

    def _notify(self, listeners: Sequence[Notify]) -> None:
        for listener in listeners:
            listener()

    async def _next(self, due: datetime | None) -> Fact | None:
        """Return the next fact, or None when a deadline came first."""
        if not self.facts.empty():
            return self.facts.get_nowait()
        ahead = 1.0 if due is None or self._asked else (due - (self._clock() - self._delay)).total_seconds()
        seconds = max(0.0, min(1.0, ahead))
        try:
            async with asyncio.timeout(seconds):
                return await self.facts.get()
        except TimeoutError:
            return None

    def _take(self, work: Callable[[], list[Effect]], name: str) -> None:
        """Apply one fact; an error must not end the floor.

        It is counted and logged with its kind, and the next is applied.
        """
        try:
            effects = work()
        except Exception:
            self.faults += 1
            log.exception("floor_fault", fact=name)
            return
        for effect in effects:
            self._perform(effect)
        if any(isinstance(effect, SHOWN) for effect in effects):
            self._notify(self.on_change)

    def _perform(self, effect: Effect) -> None:
        """The one place where effects are dispatched: to the feed, to the storage backlog, to the routing."""
        match effect:
            case CallChanged(record, customer_id, held_since, muted, kept_since):
                self._feed.publish(deltas.CALL, deltas.call(record, customer_id, held_since, muted, kept_since))
            case CallEnded(record, customer_id):
                self.backlog.put(effect)
                self._feed.publish(deltas.CALL, deltas.call(record, customer_id))
            case NumberSeen():
                for listener in self.on_number:
                    listener(effect)
            case AgentOffered():
                for listen in self.on_offered:
                    listen(effect)
            case SupervisorSeen() | SupervisorFound():
                for hear in self.on_supervisor:
                    hear(effect)
            case CodeDialled():
                for act in self.on_phone_code:
                    act(effect)
            case AgentChanged(agent):
                for look in self.on_agent:
                    look(agent)
                self._feed.publish(deltas.AGENT, deltas.agent(agent))
                self._watch_wrap_up(agent)
            case QueueChanged(queue):
                self._feed.publish(deltas.QUEUE, deltas.queue(queue))
            case FlagRaised(flag):
                self.backlog.put(effect)
                delta = deltas.flag(flag)
                self._feed.publish(deltas.FLAG, delta, deltas.flag_audience(delta))
            case DutyShown(duty):
                self._feed.publish(deltas.DUTY, deltas.duty(duty))
            case LinkShown():
                self._feed.publish(deltas.LINK, deltas.link(effect))
            case MembersSeen():
                self._replan()
            case LegWitnessed() | AutoPause() | FloorCompared() | PbxSeen():
                self.backlog.put(effect)
            case _:
                assert_never(effect)
