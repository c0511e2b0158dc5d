"""Computes the state of each agent on the floor from declared presence and phone activity. Pure.

`signed_out`, `available` and `paused` are declared; `ringing`, `on_call` and `wrap_up` are observed and take
precedence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter import facts
from callcenter.calls.agent_state import AgentState, LiveAgent, LiveChannel
from callcenter.calls.effects import AgentChanged, AgentNow
from callcenter.calls.phone_calls import is_supervising, phone_calls
from callcenter.facts import CallId, Linkedid, Uniqueid

AWAY = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})
PAGE_GONE: Final = timedelta(seconds=60)


class PageState(StrEnum):
    """`none`: no page was open since the service started; `silent`: it is open and cannot ring."""

    NONE = "none"
    READY = "ready"
    SILENT = "silent"
    GONE = "gone"


class LiveAgents:
    """All agents by number. Wrap-up follows a queue call only; a private call leaves no after-call work."""

    def __init__(self, wrap_up_seconds: int) -> None:
        self._wrap_up = timedelta(seconds=wrap_up_seconds)
        self._agents: dict[str, LiveAgent] = {}
        self._phones: dict[str, str] = {}
        self._channels: dict[Uniqueid, LiveChannel] = {}
        self._devices: dict[str, str] = {}
        self._wrap_until: dict[str, datetime] = {}
        """Only those in after-call work: they are few, and this is checked after every event."""
        self._pages: dict[str, PageState] = {}
        self._page_until: dict[str, datetime] = {}
        """When a page counts as gone unless it reports again."""
        self._after: dict[str, tuple[str, str]] = {}
        """State and reason that agents have chosen for after the present call."""
        self._restored: dict[str, facts.AgentRestored] = {}
        self._changed: set[str] = set()
        self._settled: set[str] = set()
        """The agents whose changes have not been returned yet."""

    def phones(self) -> Mapping[str, str]:
        """Phone -> agent number."""
        return self._phones

    def phone_of(self, number: str) -> str:
        """The agent's phone; empty for an unknown agent."""
        agent = self._agents.get(number)
        return agent.phone if agent else ""

    def agent_of_channel(self, channel: str) -> str | None:
        """The agent who owns the phone of a channel such as `PJSIP/1001-0000002a`."""
        name = channel.rpartition("-")[0].partition("/")[2]
        return self._phones.get(name)

    def signed_in(self, number: str) -> bool:
        """Whether this agent has signed in, available or paused."""
        agent = self._agents.get(number)
        return agent is not None and agent.declared is not AgentState.SIGNED_OUT

    def declared(self, fact: facts.PresenceChanged) -> None:
        state = AgentState(fact.state)
        agent = self._agents.get(fact.agent)
        if agent is None:
            agent = self._agents[fact.agent] = LiveAgent(fact.agent, fact.name, fact.phone, state, fact.reason, fact.at)
        elif (agent.declared, agent.reason) != (state, fact.reason):
            if agent.declared is AgentState.PAUSED or state is not AgentState.AVAILABLE:
                self._wrap_until.pop(agent.number, None)
            agent.declared, agent.reason = state, fact.reason
        agent.name, agent.phone, agent.set_by = fact.name, fact.phone, fact.set_by
        self._changed.add(agent.number)
        if restored := self._restored.pop(fact.agent, None):
            self.restored(restored)
        self._phones = {phone: number for phone, number in self._phones.items() if number != fact.agent}
        self._phones[fact.phone] = fact.agent
        agent.reachable = self._devices.get(f"PJSIP/{fact.phone}", "UNAVAILABLE") not in AWAY

    def channel_opened(self, uniqueid: Uniqueid, channel: str, call: CallId, root: bool) -> None:
        number = self.agent_of_channel(channel)
        if number is not None and uniqueid not in self._channels:
            self._add(number, uniqueid, call).root = root

    def _add(self, number: str, uniqueid: Uniqueid, call: CallId) -> LiveChannel:
        channel = LiveChannel(number, call)
        self._channels[uniqueid] = channel
        agent = self._agents[number]
        agent.channels[uniqueid] = channel
        self._changed.add(number)
        return channel

    def placed(self, uniqueid: Uniqueid, call: CallId) -> None:
        """A channel that a snapshot has shown belongs to this call."""
        channel = self._channels.get(uniqueid)
        if channel is not None and channel.call != call:
            channel.call = call
            self._changed.add(channel.agent)

    def channel_up(self, uniqueid: Uniqueid) -> None:
        if channel := self._channels.get(uniqueid):
            channel.up = True
            self._changed.add(channel.agent)

    def channel_rang(self, uniqueid: Uniqueid) -> None:
        if channel := self._channels.get(uniqueid):
            channel.rang = True
            self._changed.add(channel.agent)

    def connected(self, number: str, leg: Uniqueid, call: CallId) -> None:
        if number not in self._agents:
            return
        channels = self._channels.get(leg) or self._add(number, leg, call)
        channels.up = channels.from_queue = True
        self._changed.add(number)

    def is_on(self, uniqueid: Uniqueid, phone: str) -> bool:
        """Whether a channel is this phone's."""
        channel = self._channels.get(uniqueid)
        return channel is not None and self._phones.get(phone) == channel.agent

    def owner_of(self, uniqueid: Uniqueid) -> str | None:
        """The agent whose phone a live channel belongs to."""
        channel = self._channels.get(uniqueid)
        return channel.agent if channel else None

    def rejoined(self, uniqueid: Uniqueid) -> None:
        """The agent's phone has come back to its queue call."""
        if channel := self._channels.get(uniqueid):
            channel.from_queue = True
            self._wrap_until.pop(channel.agent, None)
            self._changed.add(channel.agent)

    def finished(self, number: str, leg: Uniqueid, at: datetime) -> None:
        channel = self._channels.get(leg)
        if channel is not None and channel.from_queue:
            self._begin_wrap_up(self._agents[channel.agent], channel, at)

    def channel_closed(self, uniqueid: Uniqueid, at: datetime) -> None:
        channel = self._channels.pop(uniqueid, None)
        if channel is None:
            return
        agent = self._agents[channel.agent]
        agent.channels.pop(uniqueid, None)
        self._changed.add(agent.number)
        if channel.from_queue:
            self._begin_wrap_up(agent, channel, at)

    def _begin_wrap_up(self, agent: LiveAgent, talk: LiveChannel, at: datetime) -> None:
        talk.from_queue, talk.over = False, True
        self._changed.add(agent.number)
        if self._wrap_up and agent.declared is not AgentState.SIGNED_OUT:
            self._wrap_until[agent.number] = at + self._wrap_up

    def device(self, device: str, state: str) -> None:
        if self._devices.get(device) == state:
            return
        self._devices[device] = state
        number = self._phones.get(device.partition("/")[2]) if device.startswith("PJSIP/") else None
        if number is not None:
            agent = self._agents[number]
            agent.reachable = state not in AWAY
            self._changed.add(number)

    def seen(
        self,
        channels: Iterable[facts.ChannelSeen],
        devices: Iterable[facts.DeviceChanged],
        names: Mapping[Linkedid, CallId],
        at: datetime,
    ) -> None:
        """Replace the channels by those of the snapshot: any that it lacks are gone."""
        alive = {channel.uniqueid: channel for channel in channels}
        for uniqueid in [u for u in self._channels if u not in alive]:
            self.channel_closed(uniqueid, at)
        for channel in alive.values():
            number = self.agent_of_channel(channel.channel)
            if number is not None and channel.uniqueid not in self._channels:
                own = self._add(number, channel.uniqueid, names[channel.linkedid])
                own.up, own.rang = channel.state == 6, channel.state == 5
                own.from_queue = channel.application == "AppQueue"
        for device in devices:
            self.device(device.device, device.state)

    def due(self, now: datetime) -> None:
        for number in [number for number, until in self._wrap_until.items() if until <= now]:
            del self._wrap_until[number]
            self._changed.add(number)
        for number in [number for number, until in self._page_until.items() if until <= now]:
            del self._page_until[number]
            self._pages[number] = PageState.GONE
            self._changed.add(number)

    def wrap_up_changed(self, number: str, until: datetime | None) -> None:
        """Move the end of a wrap-up; one that has ended meanwhile does not begin again."""
        if number not in self._wrap_until:
            return
        if until is None:
            del self._wrap_until[number]
        else:
            self._wrap_until[number] = until
        self._changed.add(number)

    def restored(self, fact: facts.AgentRestored) -> None:
        """Continue a wrap-up and expect the page again; only at a start, before the agent did anything else."""
        agent = self._agents.get(fact.agent)
        if agent is None:
            self._restored[fact.agent] = fact
            return
        if fact.wrap_up_until is not None and agent.declared is AgentState.AVAILABLE:
            self._wrap_until.setdefault(agent.number, fact.wrap_up_until)
            if agent.shown in (None, AgentState.AVAILABLE):
                agent.shown, agent.since = AgentState.WRAP_UP, fact.wrap_up_since or agent.since
        if agent.number not in self._pages and fact.page != PageState.NONE:
            self._pages[agent.number] = PageState(fact.page)
            if fact.page != PageState.GONE:
                self._page_until[agent.number] = fact.at + PAGE_GONE
        self._changed.add(agent.number)

    def after_call(self, number: str, state: str, reason: str) -> None:
        """What an agent does after the present call; empty for nothing."""
        if state:
            self._after[number] = (state, reason)
        else:
            self._after.pop(number, None)
        if number in self._agents:
            self._changed.add(number)

    def page_seen(self, number: str, at: datetime, *, can_ring: bool, closing: bool) -> None:
        """A page reports every few seconds; only a change of its state is published."""
        if number not in self._agents:
            return
        state = PageState.GONE if closing else PageState.READY if can_ring else PageState.SILENT
        if self._pages.get(number) is not state:
            self._pages[number] = state
            self._changed.add(number)
        if closing:
            self._page_until.pop(number, None)
        else:
            self._page_until[number] = at + PAGE_GONE

    def deadlines(self) -> Collection[datetime]:
        return [*self._wrap_until.values(), *self._page_until.values()]

    def settle(self, at: datetime) -> None:
        """Note since when the agents who just changed are in their states, also in those that end before a look."""
        for number in self._changed:
            agent = self._agents[number]
            state = self._state(agent)
            if state is not agent.shown:
                agent.shown, agent.since = state, at
        self._settled |= self._changed
        self._changed.clear()

    def changes(self, at: datetime) -> Iterator[AgentChanged]:
        """Return the agents that changed since the last call."""
        self.settle(at)
        for number in sorted(self._settled):
            yield AgentChanged(self._now(self._agents[number]))
        self._settled.clear()

    def all(self) -> list[AgentNow]:
        return [self._now(agent) for agent in self._agents.values()]

    def _state(self, agent: LiveAgent) -> AgentState:
        if any(channel.talking for channel in agent.channels.values()):
            return AgentState.ON_CALL
        if any(channel.ringing for channel in agent.channels.values()):
            return AgentState.RINGING
        if agent.declared is AgentState.AVAILABLE and agent.number in self._wrap_until:
            return AgentState.WRAP_UP
        return agent.declared

    def _now(self, agent: LiveAgent) -> AgentNow:
        calls = [channel.call for channel in agent.channels.values()]
        state = agent.shown or self._state(agent)
        reason = agent.reason if state is AgentState.PAUSED else "acw" if state is AgentState.WRAP_UP else ""
        after_call, after_reason = self._after.get(agent.number, ("", ""))
        return AgentNow(
            number=agent.number,
            name=agent.name,
            phone=agent.phone,
            state=state,
            reason=reason,
            since=agent.since,
            call=calls[0] if calls else None,
            reachable=agent.reachable,
            wrap_up_until=self._wrap_until.get(agent.number) if state is AgentState.WRAP_UP else None,
            page=self._pages.get(agent.number, PageState.NONE),
            set_by=agent.set_by,
            after_call=after_call,
            after_reason=after_reason,
            supervising=is_supervising(agent, self._channels),
            calls=phone_calls(agent, self._channels),
        )
