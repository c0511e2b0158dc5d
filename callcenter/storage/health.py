"""Whether the database takes writes, learnt from every write and from a small one now and then.

A database that can be read may still take no write: a full disk, a read-only file system, a lock that is never let go.
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
"""Below this much room the database counts as full: SQLite needs some of it to finish what it has begun."""

log = structlog.get_logger("callcenter.storage")


class WriteHealth:
    """`trouble()` is None while writes succeed, else what keeps the database from taking them."""

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
        """The bytes left on the disk of an SQLite file; None for a database elsewhere or a disk that is not known."""
        if not self._database.is_sqlite or self._database.url.database is None:
            return None
        try:
            return shutil.disk_usage(Path(self._database.url.database).parent).free
        except OSError:
            return None

    async def trouble(self) -> str | None:
        """For /readyz: a few words, without a name or an address of anything."""
        if self._failed is not None:
            return f"the database takes no write ({self._failed})"
        free = await asyncio.to_thread(self.free)
        if free is not None and free < self._least_free:
            return f"the disk of the database is almost full ({free >> 20} MB free)"
        return None

    async def run(self, every: float = PROBE_SECONDS) -> NoReturn:
        """Write one small row now and then, so that trouble shows before a call needs its record."""
        while True:
            await self.probe()
            await asyncio.sleep(every)

    async def probe(self) -> bool:
        try:
            async with self._database.write() as session:
                await session.merge(WriteProbeRow(id=1, at=self._clock()))
        except Exception as error:
            # Also what is no error of the database's own, such as a refused connection.
            self._seen(type(error).__name__)
            return False
        return True

    def _seen(self, fault: str | None) -> None:
        """Take in how a write ended; told by the database itself."""
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
