"""Builds the recordings components from the core's: service, keeping, retention; capture when Asterisk is available."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.customers.service import CustomerService
from callcenter.routing.errors import UnknownLine
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from recordings.capture import CaptureService
from recordings.keeping import Keeping, KeepingRules
from recordings.keys import MasterKeys
from recordings.legs import Recorder
from recordings.model import Format
from recordings.retention import RetentionService
from recordings.service import RecordingService
from recordings.spool import Spool
from recordings.stores import open_store
from recordings.vault import Vault

DAY_SECONDS = 86_400.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Room:
    """All recordings components that need no running Asterisk."""

    settings: Settings
    vault: Vault
    spool: Spool
    recordings: RecordingService
    keeping: Keeping
    retention: RetentionService

    async def keep(self) -> None:
        """Run forever: move what Asterisk has finished into the vault."""
        await self.keeping.run(self.settings.recordings.scan_seconds)

    async def tidy(self) -> None:
        """Once a day: erase what is past its retention time and remove orphaned files."""
        while True:
            await self.retention.expire()
            with self.spool.alone() as alone:
                removed = await self.retention.sweep() if alone else 0
            if removed:
                log.warning("vault_swept", files=removed)
            await asyncio.sleep(DAY_SECONDS)


def open_room(
    settings: Settings,
    database: Database,
    clock: Clock,
    audit: Audit,
    jobs: Jobs,
    calls: CallService,
    customers: CustomerService,
    lines: LineService,
    publish: Publish,
) -> Room:
    """Open the vault (creating its first master key) and build the services; starts no tasks.

    Raises BadMasterKey, OSError when the folders cannot be created.
    """
    recordings = settings.recordings
    given = {id: secret.get_secret_value() for id, secret in recordings.master_keys.items()}
    options = {name: secret.get_secret_value() for name, secret in recordings.store_options.items()}
    keys = MasterKeys.open(settings.key_folder, given, clock())
    store = open_store(settings.recording_vault / "vault", recordings.store_url, options)
    vault, spool = Vault(store, keys, settings.recording_vault / "staging"), Spool(settings.recording_spool)

    async def days_of(line: str) -> int:
        try:
            return (await lines.line(line)).recording_days or recordings.days
        except UnknownLine:
            return recordings.days

    rules = KeepingRules(
        format=Format(recordings.format),
        quiet=timedelta(seconds=recordings.quiet_seconds),
        orphan_after=timedelta(hours=recordings.orphan_hours),
        least_free_bytes=recordings.least_free_bytes,
        days_of=days_of,
        number_of=customers.key_of,
    )
    return Room(
        settings,
        vault,
        spool,
        RecordingService(database, vault, clock, audit),
        Keeping(
            database=database,
            vault=vault,
            spool=spool,
            rules=rules,
            pbx=settings.pbx.name,
            clock=clock,
            calls=calls,
            jobs=jobs,
            publish=publish,
        ),
        RetentionService(database, vault, clock, audit, customers.key_of),
    )


def open_capture(
    room: Room, database: Database, clock: Clock, audit: Audit, recorder: Recorder, publish: Publish
) -> CaptureService:
    """Build the component that controls Asterisk."""
    pause = timedelta(seconds=room.settings.recordings.pause_seconds)
    return CaptureService(database, room.spool, recorder, room.settings.pbx.name, pause, clock, audit, publish)
