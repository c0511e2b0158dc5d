"""Exposes storage metrics to Prometheus: jobs and intents by state, whether writes succeed, free space, restarts.

Counting queries the database, which a scrape cannot wait for, so the counts are those of the last probe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import NoReturn

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from callcenter.storage.health import WriteHealth
from callcenter.storage.intents import Intents
from callcenter.storage.jobs import Jobs

LOOK_SECONDS = 15.0


class StorageNumbers(Collector):
    """`restarts` is read at each scrape: how often each long-running task restarted."""

    def __init__(self, jobs: Jobs, intents: Intents, writes: WriteHealth, restarts: Mapping[str, int]) -> None:
        self._jobs = jobs
        self._intents = intents
        self._writes = writes
        self._restarts = restarts
        self._by_job: dict[tuple[str, str], int] = {}
        self._by_intent: dict[str, int] = {}

    async def run(self, every: float = LOOK_SECONDS) -> NoReturn:
        while True:
            await self.look()
            await asyncio.sleep(every)

    async def look(self) -> None:
        self._by_job, self._by_intent = await self._jobs.counts(), await self._intents.counts()

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("cc_jobs", "Durable jobs; a dead one waits for a person", labels=["kind", "state"])
        for (kind, state), count in sorted(self._by_job.items()):
            jobs.add_metric([kind, state], count)
        yield jobs
        intents = GaugeMetricFamily("cc_intents", "Commands for the PBX by their fate", labels=["state"])
        for state, count in sorted(self._by_intent.items()):
            intents.add_metric([state], count)
        yield intents
        yield GaugeMetricFamily(
            "cc_database_writable", "1 while the database takes writes", value=int(self._writes.writable)
        )
        yield CounterMetricFamily(
            "cc_database_write_failures", "Writes that the database could not take", value=self._writes.failures
        )
        free = self._writes.free()
        if free is not None:
            yield GaugeMetricFamily("cc_database_free_bytes", "Room on the disk of the database", value=free)
        again = CounterMetricFamily("cc_work_restarts", "Tasks that failed and were restarted", labels=["work"])
        for name, count in sorted(self._restarts.items()):
            again.add_metric([name], count)
        yield again
