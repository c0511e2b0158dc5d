"""Finds, plays, holds and erases recordings for users and other packages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from recordings.errors import RecordingErased, UnknownRecording
from recordings.model import Format, Kind, Party, Recording, RecordingState
from recordings.rows import RecordingRow
from recordings.vault import Lock, Vault

Place = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Which recordings to return; None means no limit. `since` is inclusive, `until` is exclusive."""

    call: CallId | None = None
    line: str | None = None
    agent: str | None = None
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool] | None] = [
            None if self.call is None else RecordingRow.call == self.call,
            None if self.line is None else RecordingRow.line == self.line,
            None if self.agent is None else RecordingRow.agent == self.agent,
            None if self.kind is None else RecordingRow.kind == self.kind.value,
            None if self.since is None else RecordingRow.began_at >= self.since,
            None if self.until is None else RecordingRow.began_at < self.until,
        ]
        return [condition for condition in conditions if condition is not None]


class RecordingService:
    """Read access; every playback and every export by a person is written to the audit log."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit

    async def recording(self, id: str) -> Recording:
        """One recording, including an erased one. Raises UnknownRecording."""
        async with self._database.read() as session:
            return recording_of(await load(session, id))

    async def of_call(self, call: CallId) -> list[Recording]:
        """The playable recordings of a call, oldest first."""
        stored = (RecordingRow.call == call, RecordingRow.state == RecordingState.KEPT.value)
        query = select(RecordingRow).where(*stored).order_by(RecordingRow.began_at, RecordingRow.id)
        async with self._database.read() as session:
            return [recording_of(row) for row in await session.scalars(query)]

    async def of_calls(self, calls: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the playable recordings by call; calls without any are left out."""
        stored = (RecordingRow.call.in_(calls), RecordingRow.state == RecordingState.KEPT.value)
        query = (
            select(RecordingRow.call, RecordingRow.id).where(*stored).order_by(RecordingRow.began_at, RecordingRow.id)
        )
        by_call: dict[str, list[str]] = {}
        async with self._database.read() as session:
            for call, id in await session.execute(query):
                by_call.setdefault(call, []).append(id)
        return by_call

    async def find(self, filter: RecordingFilter, limit: int = 50, after: Position | None = None) -> list[Recording]:
        """Playable recordings, newest first, after the position (began_at, id)."""
        query = select(RecordingRow).where(RecordingRow.state == RecordingState.KEPT.value, *filter.conditions())
        query = newest_first(query, RecordingRow.began_at, RecordingRow.id, limit, after)
        async with self._database.read() as session:
            return [recording_of(row) for row in await session.scalars(query)]

    async def peaks(self, id: str) -> list[list[int]]:
        """The waveform: for each channel the loudest sample of each slice, 0 to 100. Raises RecordingErased."""
        async with self._database.read() as session:
            return _audible(await load(session, id)).peaks or []

    async def audio(self, id: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The audio file, or a part of it, in chunks. Raises UnknownRecording, RecordingErased, VaultDamaged."""
        lock = await self._lock(id)
        return self._vault.stream(lock, start, lock.size - start if length is None else length)

    async def pcm(self, id: str, channel: str) -> AbstractAsyncContextManager[Path]:
        """One party's voice: `async with await recordings.pcm(id, "caller") as path`, an 8 kHz 16-bit mono WAV file.

        The file is private and removed when the block ends. Raises UnknownRecording, RecordingErased, VaultDamaged.
        """
        return self._vault.channel(await self._lock(id), Party(channel))

    async def verify(self, id: str) -> None:
        """Read all of it and compare the checksum. Raises VaultDamaged."""
        await self._vault.verify(await self._lock(id))

    async def heard(self, id: str, by: Person, action: str, address: str = "", start: int = 0) -> None:
        """Write to the audit log that a person plays or exports this recording."""
        async with self._database.write() as session:
            call = (await load(session, id)).call
            await self._audit.append(
                session, by, action, f"recording/{id}", address, {"call": call, "from_byte": start}
            )

    async def _lock(self, id: str) -> Lock:
        async with self._database.read() as session:
            return lock_of(await load(session, id))


async def load(session: AsyncSession, id: str, **how: Any) -> RecordingRow:
    row = await session.get(RecordingRow, id, **how)
    if row is None:
        raise UnknownRecording("there is no such recording", recording=id[:40])
    return row


def _audible(row: RecordingRow) -> RecordingRow:
    if row.state == RecordingState.ERASED.value or row.wrapped_key is None:
        raise RecordingErased("this recording has been erased", recording=row.id)
    return row


def lock_of(row: RecordingRow) -> Lock:
    """How to open this recording; raises RecordingErased."""
    audible = _audible(row)
    assert audible.wrapped_key is not None
    return Lock(audible.id, audible.size, audible.key_id, audible.wrapped_key, audible.sha256)


def recording_of(row: RecordingRow) -> Recording:
    return Recording(
        id=row.id,
        call=row.call,
        pbx=row.pbx,
        linkedid=row.linkedid,
        kind=Kind(row.kind),
        line=row.line,
        agent=row.agent,
        began_at=row.began_at,
        seconds=row.seconds,
        format=Format(row.format),
        size=row.size,
        sha256=row.sha256,
        kept_at=row.kept_at,
        retain_until=row.retain_until,
        state=RecordingState(row.state),
        problem=row.problem,
        erased_at=row.erased_at,
        erased_reason=row.erased_reason,
    )
