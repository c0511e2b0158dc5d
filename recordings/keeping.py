"""Moves recordings from the spool to the vault. The order makes it safe: vault, then row, then the spool's files.

Wherever a process is killed, the next scan finds the take in the spool and starts it again: its id is derived from its
name, a sealed file without a row is overwritten, and a row without its file cannot arise, since the vault's file is
read back before the row is written. Audio leaves the spool only when row and sealed file both exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import IntegrityError

from callcenter.calls.model import CallRecord, call_id
from callcenter.calls.service import UnknownCall
from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.ports import Publish
from recordings import deltas
from recordings.errors import VaultDamaged
from recordings.model import Format, Kind, RecordingState
from recordings.rows import RecordingRow
from recordings.service import lock_of
from recordings.spool import Spool, SpooledTake
from recordings.vault import Stored, Vault

RECORDING_KEPT = "recording_kept"
AGAIN_AFTER = timedelta(seconds=30)

log = structlog.get_logger(__name__)


class Calls(Protocol):
    async def get(self, call: CallId) -> CallRecord: ...


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """The settings that keeping uses; `days_of` gives how long a line's recordings are kept."""

    format: Format
    quiet: timedelta
    orphan_after: timedelta
    least_free_bytes: int
    days_of: Callable[[str], Awaitable[int]]
    number_of: Callable[[str], str]
    """Normalises a caller's number to the form used in customers' files."""


@dataclass
class KeepingState:
    """The state published to metrics, /recordings/status and the live feed."""

    kept: int = 0
    failed: int = 0
    waiting: int = 0
    free_bytes: int = 0
    strangers: int = 0
    problem: str = ""
    reported: str = field(default="", repr=False)


class Keeping:
    """Scans the spool and keeps finished takes; one instance at a time per spool, across processes."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        spool: Spool,
        rules: KeepingRules,
        pbx: str,
        clock: Clock,
        calls: Calls,
        jobs: Jobs,
        publish: Publish,
    ) -> None:
        self._database = database
        self._vault = vault
        self._spool = spool
        self._rules = rules
        self._pbx = pbx
        self._clock = clock
        self._calls = calls
        self._jobs = jobs
        self._publish = publish
        self.state = KeepingState()
        self._failing: dict[str, tuple[datetime, str]] = {}

    async def run(self, every_seconds: float) -> None:
        """Scan forever; a full disk or an unavailable store is reported and retried."""
        while True:
            await self.scan()
            await asyncio.sleep(every_seconds)

    async def scan(self, *, all_quiet: bool = False) -> int:
        """Keep every finished take; returns how many. `all_quiet` also takes those that belong to no known call."""
        with self._spool.alone() as alone:
            if not alone:
                return 0
            await asyncio.to_thread(self._vault.clear_staging)
            takes = await asyncio.to_thread(self._spool.takes)
            problems = [await self._try(take, all_quiet) for take in takes]
        stored = problems.count("")
        self.state.waiting = len(takes) - stored
        self.state.strangers = len(await asyncio.to_thread(self._spool.strangers))
        self.state.free_bytes = await asyncio.to_thread(self._spool.free_bytes)
        disk = "the disk is nearly full" if self.state.free_bytes < self._rules.least_free_bytes else ""
        self._alarm(next((problem for problem in problems if problem), "") or disk)
        return stored

    async def _try(self, spooled: SpooledTake, all_quiet: bool) -> str | None:
        """Empty when kept, None when not due yet, else the error; the other takes are tried all the same."""
        again_at, word = self._failing.get(spooled.take.stem, (None, ""))
        if again_at is not None and self._clock() < again_at:
            return word
        try:
            record = await self._call(spooled)
            if not self._finished(spooled, record, all_quiet):
                return None
            await self.keep(spooled, record)
        except (OSError, CallCentreError) as error:
            self.state.failed += 1
            word = error.code if isinstance(error, CallCentreError) else f"{type(error).__name__} {error.errno}"
            log.error("recording_not_kept", take=spooled.take.stem, cause=word)
            # Do not mix an hour's recording every two seconds while the disk stays full.
            self._failing[spooled.take.stem] = (self._clock() + AGAIN_AFTER, word)
            return word
        self._failing.pop(spooled.take.stem, None)
        return ""

    def _alarm(self, problem: str) -> None:
        """Raise or end the alarm, once each."""
        self.state.problem = problem
        if problem != self.state.reported:
            log.error("recordings_alarm", problem=problem) if problem else log.info("recordings_well")
            self._publish(deltas.RECORDING, deltas.recording(alarm=problem, free_bytes=self.state.free_bytes))
            self.state.reported = problem

    async def _call(self, spooled: SpooledTake) -> CallRecord | None:
        try:
            return await self._calls.get(call_id(self._pbx, spooled.take.linkedid))
        except UnknownCall:
            return None

    def _finished(self, spooled: SpooledTake, record: CallRecord | None, all_quiet: bool) -> bool:
        quiet = self._clock() - spooled.last_write
        if record is not None and record.ended_at is not None:
            return quiet >= self._rules.quiet
        # Quiet alone proves little: a caller being transferred waits unbridged, and the recorder writes nothing
        # meanwhile.
        return quiet >= (self._rules.quiet if all_quiet else self._rules.orphan_after)

    async def keep(self, spooled: SpooledTake, record: CallRecord | None) -> None:
        """Move one take into the vault, resuming from wherever it was left.

        Raises OSError (the disk is full), VaultDamaged, VaultAway; the take then stays in the spool.
        """
        id = spooled.take.id(self._pbx)
        row = await self._row(id)
        if row is None and not spooled.empty:
            stored = await self._vault.keep(id, spooled.files, self._rules.format)
            if await asyncio.to_thread(self._spool.look, spooled.take) != spooled:
                # Asterisk is still writing: what was sealed is partial, so no row is written and the next scan starts
                # again.
                raise VaultDamaged("the recording grew while it was kept", recording=id)
            row = await self._note(id, spooled, record, stored)
        elif row is not None and row.state == RecordingState.KEPT.value:
            # Killed between row and removal: remove the spool's audio only if the vault can really return it.
            await self._vault.verify(lock_of(row))
        await asyncio.to_thread(self._spool.remove, spooled)

    async def _row(self, id: str) -> RecordingRow | None:
        async with self._database.read() as session:
            return await session.get(RecordingRow, id)

    async def _note(self, id: str, spooled: SpooledTake, record: CallRecord | None, stored: Stored) -> RecordingRow:
        now, call = self._clock(), call_id(self._pbx, spooled.take.linkedid)
        days = await self._rules.days_of(spooled.take.line)
        row = RecordingRow(
            id=id,
            call=call,
            pbx=self._pbx,
            linkedid=spooled.take.linkedid,
            kind=spooled.take.kind.value,
            line=spooled.take.line,
            agent=(record.agent or "") if record else "",
            number=self._number(record),
            began_at=began_at(spooled, record, stored.mixed.seconds),
            seconds=stored.mixed.seconds,
            format=self._rules.format.value,
            size=stored.size,
            sha256=stored.sha256,
            key_id=stored.key_id,
            wrapped_key=stored.wrapped_key,
            peaks=stored.mixed.peaks,
            problem=stored.mixed.problem,
            state=RecordingState.KEPT.value,
            kept_at=now,
            retain_until=now + timedelta(days=days),
            erased_at=None,
            erased_reason="",
        )
        payload = {"recording": id, "call": call, "sha256": stored.sha256, "seconds": stored.mixed.seconds}
        try:
            async with self._database.write() as session:
                session.add(row)
                await session.flush()
                await self._jobs.put(session, RECORDING_KEPT, payload, once=f"{RECORDING_KEPT}/{id}")
        except IntegrityError:
            raise VaultDamaged("another process kept this recording meanwhile", recording=id) from None
        self.state.kept += 1
        self._publish(deltas.RECORDING, deltas.recording(id=id, call=call, seconds=row.seconds, state="kept"))
        log.info("recording_kept", recording=id, seconds=row.seconds)
        return row

    def _number(self, record: CallRecord | None) -> str:
        if record is None:
            return ""
        return self._rules.number_of(record.other_number)[:40]


def began_at(spooled: SpooledTake, record: CallRecord | None, seconds: float) -> datetime:
    """The instant of the first audio: the answer, or a later start by consent; otherwise computed from the end."""
    if record is not None and record.answered_at is not None and spooled.take.kind is not Kind.MESSAGE:
        return max(record.answered_at, spooled.take.began_at)
    return spooled.last_write - timedelta(seconds=seconds)
