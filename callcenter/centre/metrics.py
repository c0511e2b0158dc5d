"""Exposes the floor's metrics to Prometheus, read at scrape time; labels never hold a caller's name or number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from callcenter.asterisk.events import Events, LinkState
from callcenter.asterisk.sip_guard import Tally
from callcenter.calls.ingest import Ingest
from callcenter.calls.live import LiveFloor
from callcenter.clock import Clock
from callcenter.routing.sync import RoutingSync


class FloorNumbers(Collector):
    """Queues, agents, calls, the link and the routing at the time of the scrape."""

    def __init__(
        self, live: LiveFloor, events: Events, sync: RoutingSync, ingest: Ingest, tally: Tally, clock: Clock
    ) -> None:
        self._live = live
        self._events = events
        self._sync = sync
        self._ingest = ingest
        self._tally = tally
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        now = self._clock()
        floor = self._live.floor
        waiting = GaugeMetricFamily("cc_queue_waiting", "Callers waiting", labels=["queue"])
        longest = GaugeMetricFamily("cc_queue_longest_wait_seconds", "The longest current wait", labels=["queue"])
        for queue in floor.waiting.all():
            waiting.add_metric([queue.code], queue.waiting)
            longest.add_metric([queue.code], _seconds(queue.longest_since, now))
        yield waiting
        yield longest
        agents = GaugeMetricFamily("cc_agents", "Agents by state", labels=["state"])
        states = [agent.state for agent in self._live.agents_now().values()]
        for state in sorted(set(states)):
            agents.add_metric([state], states.count(state))
        yield agents
        live_calls = sum(1 for call in floor.calls.values() if call.ended_at is None)
        yield GaugeMetricFamily("cc_calls_live", "Calls in progress", value=live_calls)
        connected, stale = self._events.connected, self._events.state is LinkState.STALE
        yield GaugeMetricFamily("cc_ami_connected", "1 while the live picture is current", value=int(connected))
        yield GaugeMetricFamily("cc_ami_stale", "1 while the events login is open and silent", value=int(stale))
        watched = int(self._live.floor.link.connected)
        yield GaugeMetricFamily("cc_ring_flags_watched", "1 while ring flags (R1) are raised on time", value=watched)
        age = _seconds(self._events.last_event_at, now)
        yield GaugeMetricFamily("cc_ami_last_event_age_seconds", "Since the last event", value=age)
        yield CounterMetricFamily("cc_ami_events", "Events received", value=self._events.events)
        yield CounterMetricFamily("cc_ami_gaps", "Times that the events login was lost", value=self._events.gaps)
        forged = self._events.forged
        yield CounterMetricFamily("cc_ami_doubted", "Events not in the form that Asterisk writes", value=forged)
        yield CounterMetricFamily("cc_floor_faults", "Facts that the floor could not process", value=self._live.faults)
        dropped = self._live.backlog.dropped
        yield CounterMetricFamily("cc_effects_dropped", "Provisional states dropped unstored", value=dropped)
        damaged = CounterMetricFamily("cc_damaged_lines", "Damaged parts of the PBX's files", labels=["source"])
        for source, count in self._ingest.damaged.items():
            damaged.add_metric([source], count)
        yield damaged
        tolls = CounterMetricFamily("cc_toll_events", "Refused outside calls and passed thresholds", labels=["kind"])
        for kind, count in self._ingest.tolls.items():
            tolls.add_metric([kind], count)
        yield tolls
        refused = CounterMetricFamily("cc_sip_refused", "Refused SIP requests", labels=["kind"])
        for kind, count in self._tally.counts.items():
            refused.add_metric([kind], count)
        yield refused
        yield GaugeMetricFamily("cc_sip_barred", "Addresses barred from SIP", value=len(self._tally.barred))
        yield CounterMetricFamily("cc_routing_drift", "Queue members repaired", value=self._sync.drift_total)


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
