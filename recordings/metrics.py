"""Exports recording metrics to Prometheus; no number, name or call id is ever a label."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from recordings.keeping import KeepingState


class RecordingNumbers(Collector):
    """Reads the state of keeping on each scrape."""

    def __init__(self, state: KeepingState) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        state = self._state
        yield CounterMetricFamily("cc_recordings_kept", "Recordings brought into the vault", value=state.kept)
        yield CounterMetricFamily("cc_recordings_failed", "Attempts to keep that failed", value=state.failed)
        yield GaugeMetricFamily("cc_recordings_waiting", "Takes in the spool", value=state.waiting)
        yield GaugeMetricFamily(
            "cc_recordings_strangers", "Files in the spool that are no takes", value=state.strangers
        )
        yield GaugeMetricFamily("cc_recordings_free_bytes", "Room on the spool's disk", value=state.free_bytes)
        yield GaugeMetricFamily("cc_recordings_alarm", "1 while recordings cannot be kept", value=bool(state.problem))
