"""Builds the recordings package on a fresh database, with a temporary spool and vault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import select

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.service import UnknownCall
from callcenter.clock import now
from callcenter.facts import Uniqueid, linkedid_of
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.rows import JobRow
from callcenter.web.audit import Audit
from callcenter.web.ports import Audience
from recordings.keeping import Keeping, KeepingRules
from recordings.keys import MasterKeys
from recordings.model import Format, Kind, Party, Take
from recordings.retention import RetentionService
from recordings.service import RecordingService
from recordings.spool import Spool
from recordings.stores import FolderStore
from recordings.vault import Vault
from tests.recordings.sounds import tone, write_wav

CALLER, NUMBER = "pbx1-1795448173.47", "+8613900000001"


@dataclass
class KnownCalls:
    """The calls that the centre knows of; calls not in here are treated as lost."""

    known: dict[str, CallRecord] = field(default_factory=dict)

    async def get(self, call: str) -> CallRecord:
        if call not in self.known:
            raise UnknownCall("there is no such call")
        return self.known[call]


@dataclass
class Bench:
    """`ahead` is how far the test's clock is ahead of the machine's: the spool's files carry the machine's times."""

    database: Database
    folder: Path
    calls: KnownCalls = field(default_factory=KnownCalls)
    published: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    ahead: timedelta = timedelta(seconds=10)
    days: int = 365

    def __post_init__(self) -> None:
        self.spool = Spool(self.folder / "spool")
        self.store = FolderStore(self.folder / "vault")
        self.open()

    def open(self) -> None:
        """As after a restart of the service: everything is rebuilt except the disk and the database."""
        self.audit = Audit(self.database, self.clock)
        self.jobs = Jobs(self.database, self.clock)
        keys = MasterKeys.open(self.folder / "keys", {}, self.clock())
        self.vault = Vault(self.store, keys, self.folder / "staging")
        self.recordings = RecordingService(self.database, self.vault, self.clock, self.audit)
        self.retention = RetentionService(self.database, self.vault, self.clock, self.audit, _e164)
        rules = KeepingRules(Format.FLAC, timedelta(seconds=2), timedelta(hours=12), 0, self._days, _e164)
        self.keeping = Keeping(
            self.database, self.vault, self.spool, rules, "pbx1", self.clock, self.calls, self.jobs, self._publish
        )

    def clock(self) -> datetime:
        return now() + self.ahead

    async def _days(self, line: str) -> int:
        return self.days

    def _publish(self, kind: str, data: Mapping[str, Any], agents: Audience = None) -> None:
        self.published.append((kind, data))

    def take(
        self, linkedid: str = CALLER, kind: Kind = Kind.INBOUND, seconds: float = 2.0, began: int = 1795448180
    ) -> Take:
        """Write what Asterisk would have written for a call."""
        take = Take(linkedid_of(linkedid), Uniqueid(linkedid), began, kind, "orders")
        write_wav(self.spool.folder / take.file(Party.CALLER), tone(440, seconds))
        if kind is not Kind.MESSAGE:
            write_wav(self.spool.folder / take.file(Party.AGENT), tone(1000, seconds))
        return take

    def ended(self, linkedid: str = CALLER, number: str = "13900000001") -> CallRecord:
        at = self.clock() - timedelta(minutes=1)
        record = CallRecord(
            "pbx1",
            linkedid_of(linkedid),
            Direction.INBOUND,
            "orders",
            "orders",
            number,
            "",
            "4008001234",
            at,
            at,
            at + timedelta(seconds=5),
            at + timedelta(seconds=9),
            Outcome.ANSWERED,
            agent="1001",
        )
        self.calls.known[linkedid] = record
        return record

    def living(self, linkedid: str = CALLER) -> None:
        self.calls.known[linkedid] = replace(self.ended(linkedid), ended_at=None, outcome=None)

    async def keep_recording(self, linkedid: str = CALLER) -> str:
        """Keep one recording of a call; returns its id."""
        take = self.take(linkedid)
        self.ended(linkedid)
        assert await self.keeping.scan() == 1
        return take.id("pbx1")

    async def jobs_put(self) -> list[Mapping[str, Any]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(JobRow).where(JobRow.kind == "recording_kept"))
            return [row.payload for row in rows]


def _e164(number: str) -> str:
    return number if number.startswith("+") or not number else f"+86{number}"


@pytest_asyncio.fixture
async def bench(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Bench]:
    yield Bench(sqlite_database, tmp_path)


@pytest_asyncio.fixture
async def both(database: Database, tmp_path: Path) -> AsyncIterator[Bench]:
    """The same, once on SQLite and once on PostgreSQL."""
    yield Bench(database, tmp_path)
