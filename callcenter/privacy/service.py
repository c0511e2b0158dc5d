"""Handles a person's rights: legal hold, complete erasure with a signed report, copy of the data."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_bytes
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.customers.lookup import customer_in, names_of_others
from callcenter.facts import CustomerId
from callcenter.privacy import files
from callcenter.privacy.errors import HoldReasonMissing, LegalHold, UnknownErasureReport, UnknownHold
from callcenter.privacy.gathering import Gathering
from callcenter.privacy.purposes import KEPT, KINDS, OUTSIDE
from callcenter.privacy.redaction import ERASED, Redactor
from callcenter.privacy.rows import ErasureReportRow, LegalHoldRow
from callcenter.privacy.sweep import DataSubject, Found, Sweep, calls_of, compact
from callcenter.storage.base import Base
from callcenter.storage.database import Database
from callcenter.storage.jobs import current_job, replace_payload
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

log = structlog.get_logger(__name__)
KEY_BYTES: Final = 32


def token_of(customer: CustomerId) -> str:
    """Returns the pseudonym of an erased customer: one for all their numbers, and irreversible."""
    return f"erased-{hashlib.sha256(customer.encode()).hexdigest()[:8]}"


def key_in(folder: Path) -> bytes:
    """Returns the key that signs reports, created on first use; only the service's user may read it."""
    path = folder / "erasure-reports.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(token_bytes(KEY_BYTES))
    return path.read_bytes()


class Privacy:
    """`folder` holds the key that signs reports; `logs` are folders with text files that may name a person."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        folder: Path,
        logs: Sequence[Path] = (),
        outside_prefix: str = "",
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._folder = folder
        self._logs = logs
        self._outside = outside_prefix
        self._sweep = Sweep(database)

    # Legal holds.

    async def hold(self, customer: CustomerId, reason: str, by: Person) -> LegalHoldRow:
        """Places a legal hold: nothing of this customer is erased. Raises UnknownCustomer, HoldReasonMissing."""
        if not reason.strip():
            raise HoldReasonMissing("the order and its end are required", field="reason")
        async with self._database.write() as session:
            file = await customer_in(session, customer)
            row = LegalHoldRow(
                id=uuid4().hex, customer=file.id, reason=reason.strip()[:2000], by=by.login, since=self._clock()
            )
            session.add(row)
            await self._audit.append(session, by, "customer.held", f"customer/{file.id}", facts={"hold": row.id})
        return row

    async def release(self, id: str, by: Person) -> LegalHoldRow:
        """Releases a hold. Raises UnknownHold, also for one that is over."""
        async with self._database.write() as session:
            row = await session.get(LegalHoldRow, id, with_for_update=True)
            if row is None or row.ended_at is not None:
                raise UnknownHold("there is no such hold in force", hold=id[:40])
            row.ended_at, row.ended_by = self._clock(), by.login
            await self._audit.append(session, by, "customer.released", f"customer/{row.customer}", facts={"hold": id})
        return row

    async def holds(self, customer: CustomerId) -> list[LegalHoldRow]:
        query = select(LegalHoldRow).where(LegalHoldRow.customer == customer).order_by(LegalHoldRow.since)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def must_not_be_held(self, session: AsyncSession, customers: Sequence[str]) -> None:
        """Raises LegalHold."""
        query = select(LegalHoldRow.id).where(LegalHoldRow.customer.in_(customers), LegalHoldRow.ended_at.is_(None))
        held = await session.scalar(query.limit(1))
        if held is not None:
            raise LegalHold("a legal hold keeps this customer's data", hold=held)

    # Erasure.

    async def customer_erased(self, payload: Mapping[str, Any]) -> None:
        """Job `customer_erased`, after all other rooms: replaces what is left anywhere, and reports it."""
        customer = CustomerId(payload["customer"])
        numbers, names = list(payload.get("numbers", ())), list(payload.get("names", ()))
        words = list(payload.get("words", ()))
        if numbers or names or words:
            subject = await self._subject(customer, numbers, names, words)
            erasure = await self._sweep.erase(subject, not_job=current_job.get())
            masked = await asyncio.to_thread(self._mask, subject.redactor)
            reason = subject.redactor.text(str(payload.get("reason", "")), linked=True)
            await self._report(customer, {**payload, "reason": reason}, erasure, masked)
        # The job's own texts are erased now; if this fails, the next attempt does only this.
        await compact(self._database)

    async def _subject(
        self, customer: CustomerId, numbers: Sequence[str], names: Sequence[str], words: Sequence[str]
    ) -> DataSubject:
        async with self._database.read() as session:
            shared = await names_of_others(session, names, customer)
            redactor = Redactor(tuple(numbers), tuple(words), tuple(names), token_of(customer), shared, self._outside)
            calls = await calls_of(session, Base.metadata.tables["call_record"], redactor)
        return DataSubject(redactor, customer, calls)

    def _mask(self, redactor: Redactor) -> tuple[dict[str, int], list[files.Renamed]]:
        changed, renamed = dict[str, int](), list[files.Renamed]()
        for path in files.logs_below(self._logs):
            try:
                lines, other = files.mask(path, redactor)
            except OSError as error:
                log.error("file_not_masked", file=path.name, cause=type(error).__name__)
                changed[path.name] = -1
                continue
            if lines:
                changed[path.name] = lines
            renamed += [other] if other else []
        return changed, renamed

    async def _report(
        self,
        customer: CustomerId,
        payload: Mapping[str, Any],
        swept: Found,
        masked: tuple[dict[str, int], list[files.Renamed]],
    ) -> None:
        at, by = self._clock(), str(payload.get("by", "system"))
        report = {
            "customer": customer,
            "at": at.isoformat(),
            "by": by,
            "reason": str(payload.get("reason", "")),
            "pseudonym": token_of(customer),
            "changed": swept.changed,
            "files": masked[0],
            "kept": [
                {
                    "table": name,
                    "rows": rows,
                    "why": KEPT[name].kept if name in KEPT else "what it finds is kept",
                    "until": KEPT[name].retention if name in KEPT else "with what it finds",
                }
                for name, rows in sorted(swept.kept.items())
            ],
            "outside": list(OUTSIDE),
        }
        row = ErasureReportRow(
            id=uuid4().hex, customer=customer, at=at, by=by, report=report, signature=self.signature(report)
        )
        async with self._database.write() as session:
            session.add(row)
            for entry in masked[1]:
                await _renamed(session, entry)
            job = current_job.get()
            if job is not None:
                await replace_payload(session, job, {"customer": customer})
            facts: dict[str, Fact] = {"report": row.id, "signature": row.signature, "kept": sorted(swept.kept)}
            await self._audit.append(session, None, "customer.erasure_reported", f"customer/{customer}", facts=facts)

    def signature(self, report: Mapping[str, Any]) -> str:
        """Returns the HMAC-SHA256 of the report as canonical JSON, by the centre's own key."""
        text = json.dumps(report, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hmac.new(key_in(self._folder), text.encode(), hashlib.sha256).hexdigest()

    async def reports(self, customer: CustomerId) -> list[ErasureReportRow]:
        query = select(ErasureReportRow).where(ErasureReportRow.customer == customer).order_by(ErasureReportRow.at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def report(self, id: str) -> ErasureReportRow:
        """Raises UnknownErasureReport."""
        async with self._database.read() as session:
            row = await session.get(ErasureReportRow, id)
        if row is None:
            raise UnknownErasureReport("there is no such report", report=id[:40])
        return row

    def holds_true(self, row: ErasureReportRow) -> bool:
        """Whether the report is unchanged since it was signed."""
        return hmac.compare_digest(row.signature, self.signature(row.report))

    # Copy of the data.

    async def copy_of(self, customer: CustomerId, by: Person) -> dict[str, Any]:
        """Returns everything that is kept of a person, by kind, with purposes; audited. Raises UnknownCustomer."""
        async with self._database.read() as session:
            file = await customer_in(session, customer)
        redactor = Redactor(file.numbers, words_of(file), names_of(file), token_of(file.id), outside=self._outside)
        async with self._database.read() as session:
            calls = await calls_of(session, Base.metadata.tables["call_record"], redactor)
        data = await Gathering(self._database).of(DataSubject(redactor, file.id, calls))
        await self._audit.record(by, "customer.copy_made", f"customer/{file.id}", facts={"kinds": sorted(data)})
        purposes = [
            {"kind": kind.name, "purpose": kind.purpose, "basis": kind.basis, "retention": kind.retention}
            for kind in KINDS
        ]
        return {"customer": file.id, "made_at": self._clock().isoformat(), "purposes": purposes, "data": data}


def names_of(file: Any) -> tuple[str, ...]:
    """Returns the names of the person in this file."""
    return tuple(name for name in dict.fromkeys((file.name, *file.aliases)) if name and name != ERASED)


def words_of(file: Any) -> tuple[str, ...]:
    """Returns the addresses and accounts that belong to this person alone."""
    return tuple(word for word in (*file.emails, file.wechat, file.qq, *file.addresses) if word)


async def _renamed(session: AsyncSession, entry: files.Renamed) -> None:
    """Lets the reader of the file continue at its position, under the identity that it has after the next start."""
    cursors = Base.metadata.tables["file_cursor"]
    known = (
        (await session.execute(select(cursors).where(cursors.c.file_id.in_((entry.old, entry.new))))).mappings().all()
    )
    if any(row["file_id"] == entry.new for row in known):
        return
    for row in known:
        await session.execute(cursors.insert().values(**{**row, "file_id": entry.new}))
