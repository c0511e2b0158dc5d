"""Erases expired data once a day, by the retention periods in days of `retention`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NoReturn

import structlog

from callcenter.calls.quality.service import CallQuality
from callcenter.calls.service import CallService
from callcenter.centre.pbx_files import PbxFiles
from callcenter.clock import Clock
from callcenter.settings import RetentionSettings
from callcenter.storage.intents import Intents
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit

DAY_SECONDS = 86_400.0

log = structlog.get_logger(__name__)


class Housekeeping:
    def __init__(
        self,
        calls: CallService,
        jobs: Jobs,
        intents: Intents,
        audit: Audit,
        retention: RetentionSettings,
        clock: Clock,
        files: PbxFiles | None = None,
        quality: CallQuality | None = None,
    ) -> None:
        self._quality = quality
        self._files = files
        self._calls = calls
        self._jobs = jobs
        self._intents = intents
        self._audit = audit
        self._retention = retention
        self._clock = clock

    async def run(self, every: float = DAY_SECONDS) -> NoReturn:
        while True:
            await self.once()
            await asyncio.sleep(every)

    async def once(self) -> None:
        """Each kind uses transactions of its own, so that a failed one is retried without the others."""
        now, retention = self._clock(), self._retention
        await self._calls.forget_raw(now, retention.raw_event_days)
        jobs = await self._jobs.clear(now - timedelta(days=retention.job_days))
        intents = await self._intents.clear(now - timedelta(days=retention.job_days))
        audit_rows = await self._audit.clear(now - timedelta(days=retention.audit_days))
        if jobs or intents or audit_rows:
            log.info("housekeeping", jobs=jobs, intents=intents, deeds=audit_rows)
        if self._quality is not None:
            await self._quality.clear(now - timedelta(days=retention.call_quality_days))
        if self._files is not None:
            await self._files.once(now)
