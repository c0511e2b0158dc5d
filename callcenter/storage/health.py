"""Tracks whether the database takes writes, from every write and from a periodic small probe.

A readable database may still take no writes: a full disk, a read-only file system, a lock that is never released.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import structlog

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.rows import WriteProbeRow

PROBE_SECONDS = 5.0
LEAST_FREE = 32 << 20
"""Below this much free space the database counts as full: SQLite needs some to finish what it has begun."""

log = structlog.get_logger("callcenter.storage")


class WriteHealth:
    """`trouble()` is None while writes succeed, otherwise the reason why they fail."""

    def __init__(self, database: Database, clock: Clock, *, least_free: int = LEAST_FREE) -> None:
        self._database = database
        self._clock = clock
        self._least_free = least_free
        self._failed: str | None = None
        self.failures = 0
        self.failing_since: datetime | None = None
        database.watch(self._seen)

    @property
    def writable(self) -> bool:
        return self._failed is None

    def free(self) -> int | None:
        """The free bytes on the disk of an SQLite file; None for a remote database or an unknown disk."""
        if not self._database.is_sqlite or self._database.url.database is None:
            return None
        try:
            return shutil.disk_usage(Path(self._database.url.database).parent).free
        except OSError:
            return None

    async def trouble(self) -> str | None:
        """For /readyz: a few words, without any name or address."""
        if self._failed is not None:
            return f"the database takes no write ({self._failed})"
        free = await asyncio.to_thread(self.free)
        if free is not None and free < self._least_free:
            return f"the disk of the database is almost full ({free >> 20} MB free)"
        return None

    async def run(self, every: float = PROBE_SECONDS) -> NoReturn:
        """Write one small row periodically, so that trouble shows before a call needs its record."""
        while True:
            await self.probe()
            await asyncio.sleep(every)

    async def probe(self) -> bool:
        try:
            async with self._database.write() as session:
                await session.merge(WriteProbeRow(id=1, at=self._clock()))
        except Exception as error:
            # Also errors that are not the database's own, such as a refused connection.
            self._seen(type(error).__name__)
            return False
        return True

    def _seen(self, fault: str | None) -> None:
        """Record how a write ended; called by the database itself."""
        if fault is None:
            if self._failed is not None:
                log.warning("database_takes_writes_again", since=self.failing_since)
            self._failed, self.failing_since = None, None
            return
        self.failures += 1
        if self._failed is None:
            self.failing_since = self._clock()
            log.error("database_takes_no_write", cause=fault)
        self._failed = fault
