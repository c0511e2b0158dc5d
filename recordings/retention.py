"""Ends recordings by age or on an erasure request, unless a case holds the call.

An erasure drops the recording's key and the file. The key goes first, in a transaction: from then on even a copy of the
file elsewhere (a backup of the vault) is noise. `sweep` finds a file whose row is marked erased.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import CallCentreError, IllegalTransition
from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from recordings.errors import RecordingHeld, UnknownRecording
from recordings.model import RECORDING_TRANSITIONS, Recording, RecordingEvent, RecordingState
from recordings.rows import RecordingHoldRow, RecordingRow
from recordings.service import load, lock_of, recording_of
from recordings.vault import Vault

BATCH = 200
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Erasure:
    """The result of an erasure: `erased` are gone, `held` stay for a case, `failed` keep an unreadable file."""

    erased: tuple[str, ...]
    held: tuple[str, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hold:
    case: CaseNumber
    call: CallId
    since: datetime
    until: datetime | None


EraseDerived = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]


class RetentionService:
    """Applies retention and erasure; `number_of` normalises a number to the form recordings store."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, audit: Audit, number_of: Callable[[str], str]
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._audit = audit
        self._number_of = number_of
        self.derived: list[EraseDerived] = []
        """Callbacks for data derived from a recording, erased in the same transaction: transcripts, checks."""

    async def hold(self, payload: Mapping[str, Any]) -> None:
        """The job `case_holds_call` {case, call, until?, serial}: no erasure of this call before `until`.

        Idempotent; of two jobs for the same call the one with the higher serial wins, in whichever order they arrive.
        """
        serial = int(payload.get("serial", 0))
        until = datetime.fromisoformat(payload["until"]) if payload.get("until") else None
        async with self._database.write() as session:
            key = (str(payload["case"])[:60], str(payload["call"])[:180])
            row = await session.get(RecordingHoldRow, key)
            if row is None:
                session.add(RecordingHoldRow(case=key[0], call=key[1], since=self._clock(), until=until, serial=serial))
            elif serial >= row.serial:
                row.until, row.serial = until, serial

    async def release(self, case: CaseNumber, by: Person | None) -> int:
        """Release everything that a case holds; returns how many calls. Ordinary retention rules apply again."""
        async with self._database.write() as session:
            calls = list(await session.scalars(select(RecordingHoldRow.call).where(RecordingHoldRow.case == case)))
            await session.execute(delete(RecordingHoldRow).where(RecordingHoldRow.case == case))
            await self._audit.append(session, by, "recording.released", f"case/{case}", facts={"calls": len(calls)})
        return len(calls)

    async def holds_of(self, call: CallId) -> list[Hold]:
        query = select(RecordingHoldRow).where(RecordingHoldRow.call == call).order_by(RecordingHoldRow.case)
        async with self._database.read() as session:
            return [Hold(row.case, row.call, row.since, row.until) for row in await session.scalars(query)]

    async def erase(self, id: RecordingId, reason: str, by: Person | None) -> Recording:
        """Erase one recording. Raises UnknownRecording, RecordingHeld, IllegalTransition when it is already erased."""
        async with self._database.read() as session:
            state = RecordingState((await load(session, id)).state)
        if RecordingEvent.ERASE not in RECORDING_TRANSITIONS[state]:
            raise IllegalTransition("recording", state.value, RecordingEvent.ERASE.value)
        done = await self._erase(select(RecordingRow).where(RecordingRow.id == id), reason, by)
        if done.held:
            raise RecordingHeld("a case holds this recording", recording=id)
        async with self._database.read() as session:
            row = await load(session, id)
        return recording_of(row)

    async def erase_numbers(self, numbers: Sequence[str], reason: str, by: Person | None) -> Erasure:
        """Erase all recordings of these numbers and report the result; those held by a case stay and are listed."""
        keys = sorted({key for number in numbers if (key := self._number_of(number))})
        return await self._erase(select(RecordingRow).where(RecordingRow.number.in_(keys)), reason, by)

    async def customer_erased(self, payload: Mapping[str, Any]) -> None:
        """The job `customer_erased` {customer, numbers}: the report is written to the audit log; idempotent."""
        report = await self.erase_numbers(payload["numbers"], f"customer {payload['customer']} erased", None)
        if report.failed:
            raise UnknownRecording("files of erased recordings are still there", files=len(report.failed))

    async def expire(self) -> Erasure:
        """Erase what is past its retention time and not held by a case."""
        due = select(RecordingRow).where(RecordingRow.retain_until <= self._clock(), ~self._held())
        return await self._erase(due, "retention", None)

    async def _erase(self, query: Select[RecordingRow], reason: str, by: Person | None) -> Erasure:
        erased, held, failed = list[RecordingId](), list[RecordingId](), list[RecordingId]()
        async with self._database.read() as session:
            rows = query.where(RecordingRow.state == RecordingState.KEPT.value)
            ids = list(await session.scalars(rows.with_only_columns(RecordingRow.id)))
        for id in ids:
            async with self._database.write() as session:
                (erased if await self._erase_one(session, id, reason, by) else held).append(id)
        for id in erased:
            if not await self._remove(id):
                failed.append(id)
        report = Erasure(tuple(erased), tuple(held), tuple(failed))
        if ids:
            log.info("recordings_erased", erased=len(erased), held=len(held), failed=len(failed))
        return report

    async def _erase_one(self, session: AsyncSession, id: RecordingId, reason: str, by: Person | None) -> bool:
        """Drop key, number and waveform unless a case holds the recording; returns False when one does."""
        to = RECORDING_TRANSITIONS[RecordingState.KEPT][RecordingEvent.ERASE]
        change = (
            update(RecordingRow)
            .where(RecordingRow.id == id, RecordingRow.state == RecordingState.KEPT.value, ~self._held())
            .values(
                state=to.value,
                wrapped_key=None,
                number="",
                peaks=None,
                erased_at=self._clock(),
                erased_reason=reason[:200],
            )
            .returning(RecordingRow.call)
            .execution_options(synchronize_session=False)
        )
        call = await session.scalar(change)
        if call is not None:
            for erase_derived in self.derived:
                await erase_derived(session, [id])
        action = "recording.erased" if call is not None else "recording.erasure_refused"
        await self._audit.append(session, by, action, f"recording/{id}", facts={"reason": reason[:200]})
        return call is not None

    def _held(self) -> ColumnElement[bool]:
        valid = or_(RecordingHoldRow.until.is_(None), RecordingHoldRow.until > self._clock())
        return exists().where(RecordingHoldRow.call == RecordingRow.call, valid)

    async def _remove(self, id: RecordingId) -> bool:
        try:
            await self._vault.delete(id)
        except (OSError, CallCentreError) as error:
            log.error("erased_file_left", recording=id, cause=type(error).__name__)
            return False
        return True

    async def sweep(self) -> int:
        """Remove files in the vault that have no kept row: their keys are gone, they can never be opened.

        Call it only with the spool's lock: a file that is being kept has no row yet.
        """
        ids = await asyncio.to_thread(lambda: [RecordingId(id) for id in self._vault.store.ids()])
        removed = 0
        for place in range(0, len(ids), BATCH):
            part = ids[place : place + BATCH]
            stored = select(RecordingRow.id).where(RecordingRow.id.in_(part), RecordingRow.wrapped_key.is_not(None))
            async with self._database.read() as session:
                with_key = set(await session.scalars(stored))
            for id in part:
                removed += id not in with_key and await self._remove(id)
        return removed

    async def rewrap(self) -> int:
        """Wrap every recording's key with the newest master key; the audio itself is untouched. Returns how many."""
        count = 0
        while True:
            old = (RecordingRow.wrapped_key.is_not(None), RecordingRow.key_id != self._vault.keys.current)
            query = select(RecordingRow).where(*old).order_by(RecordingRow.id).limit(BATCH).with_for_update()
            async with self._database.write() as session:
                rows = list(await session.scalars(query))
                for row in rows:
                    lock = lock_of(row)
                    key = self._vault.keys.unwrap(lock.key_id, lock.wrapped_key, lock.id)
                    row.key_id, row.wrapped_key = self._vault.keys.wrap(key, lock.id)
                if rows:
                    await self._audit.append(
                        session, None, "recording.keys_rewrapped", "recordings", facts={"recordings": len(rows)}
                    )
            count += len(rows)
            if not rows:
                return count
