"""Handles the attachments of a case: calls, recordings, transcripts and files, each pinned by its checksum (C, K5)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import CallRecord
from callcenter.calls.service import CallService
from callcenter.complaints import store
from callcenter.complaints.errors import BadFile, CaseClosed, UnknownFile
from callcenter.complaints.file_types import ENDINGS, PDF, media_type, safe_title
from callcenter.complaints.history import chain
from callcenter.complaints.holding import hold_call
from callcenter.complaints.parts import Parts
from callcenter.complaints.pictures import MOST_PIXELS, too_large
from callcenter.complaints.rows import CaseAttachmentRow
from callcenter.complaints.steps.model import OVER
from callcenter.complaints.store import Action, actor_of
from callcenter.facts import CallId, CaseNumber
from callcenter.kit.pdf_process import PdfReader
from callcenter.storage.upsert import insert_ignore
from callcenter.web.roles import Person


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A recording or transcript of a call."""

    kind: str
    ref: str
    sha256: str
    at: datetime


class Evidence(Protocol):
    """Reads what is kept of a call; the recordings room implements it where it is installed."""

    async def of_call(self, call: CallId) -> Sequence[EvidenceItem]: ...


class NoEvidence:
    """The implementation for an installation without recordings."""

    async def of_call(self, call: CallId) -> Sequence[EvidenceItem]:
        return ()


class AttachmentService:
    """`folder` holds the files, each named by the checksum of its bytes; `largest` is in bytes."""

    def __init__(
        self,
        parts: Parts,
        calls: CallService,
        evidence: Evidence,
        folder: Path,
        largest: int,
        pdfs: PdfReader | None = None,
    ) -> None:
        self._parts = parts
        self._calls = calls
        self._evidence = evidence
        self._folder = folder
        self._largest = largest
        self._pdfs = pdfs or PdfReader()

    async def attach_call(self, number: CaseNumber, call: CallId, by: Person | None) -> None:
        """Attaches a call, its recordings and transcripts to the case. Idempotent. Raises UnknownCall."""
        record, items = await self._calls.get(call), await self._evidence.of_call(call)
        async with self._parts.database.write() as session:
            case = store.case_of(await store.row_of(session, number, to_change=True))
            if case.state in OVER:
                raise CaseClosed("a closed case takes no more calls; reopen it", case=number)
            await self.put_call(session, number, record, items, by)
        await self.look_again(call, items)

    async def take_return_call(self, number: CaseNumber, call: CallId) -> None:
        """Attaches a return call to the case it served, even a closed one (K7: a new entry). Raises UnknownCall."""
        record, items = await self._calls.get(call), await self._evidence.of_call(call)
        async with self._parts.database.write() as session:
            await store.row_of(session, number, to_change=True)
            await self.put_call(session, number, record, items, None)
        await self.look_again(call, items)

    async def look_again(self, call: CallId, seen: Sequence[EvidenceItem]) -> None:
        """Queries again: evidence that became ready between our query and our commit raised no job."""
        for item in await self._evidence.of_call(call):
            if item not in seen:
                await self.attach_evidence(call, item.kind, item.ref, item.sha256)

    async def put_call(
        self,
        session: AsyncSession,
        number: CaseNumber,
        record: CallRecord,
        items: Sequence[EvidenceItem],
        by: Person | None,
    ) -> None:
        """Attaches a call with its evidence in the caller's transaction, to a case that the caller has locked."""
        id_ = record.id
        sha = checksum(record) if record.ended_at is not None and record.outcome is not None else None
        if not await self._put(session, number, kind="call", ref=id_, title=id_, sha256=sha, by=by):
            return
        for item in items:
            await self._put(
                session,
                number,
                kind=item.kind,
                ref=item.ref,
                title=item.kind,
                sha256=item.sha256,
                by=by,
            )
        case = store.case_of(await store.row_of(session, number))
        await hold_call(session, self._parts.jobs, case, id_, self._parts.evidence)

    async def attach_evidence(self, call: CallId, kind: str, ref: str, sha256: str) -> None:
        """Attaches a recording or transcript that has become ready to every case with its call, even closed ones."""
        holding = select(CaseAttachmentRow.case).where(CaseAttachmentRow.kind == "call", CaseAttachmentRow.ref == call)
        async with self._parts.database.write() as session:
            for number in sorted(set(await session.scalars(holding))):
                await store.row_of(session, number, to_change=True)
                await self._put(
                    session,
                    number,
                    kind=kind,
                    ref=ref,
                    title=kind,
                    sha256=sha256,
                    by=None,
                )

    async def pin(self, records: Sequence[CallRecord]) -> None:
        """Pins the records of calls that were attached during the call and have ended since."""
        by_id = {record.id: record for record in records}
        waiting = select(CaseAttachmentRow.ref).where(
            CaseAttachmentRow.kind == "call", CaseAttachmentRow.ref.in_(by_id), CaseAttachmentRow.sha256.is_(None)
        )
        async with self._parts.database.read() as session:
            unpinned = set(await session.scalars(waiting))
        for call, record in sorted(by_id.items()):
            if call not in unpinned:
                continue
            unpinned_rows = (
                CaseAttachmentRow.kind == "call",
                CaseAttachmentRow.ref == call,
                CaseAttachmentRow.sha256.is_(None),
            )
            async with self._parts.database.write() as session:
                await self._pin(session, unpinned_rows, call, checksum(record))

    async def _pin(
        self, session: AsyncSession, unpinned_rows: Sequence[ColumnElement[bool]], call: CallId, sha: str
    ) -> None:
        """Pins the call on every case with it, in a fixed lock order so that two transactions cannot deadlock."""
        for number in sorted(await session.scalars(select(CaseAttachmentRow.case).where(*unpinned_rows))):
            case = store.case_of(await store.row_of(session, number, to_change=True))
            change = (
                update(CaseAttachmentRow).where(*unpinned_rows, CaseAttachmentRow.case == number).values(sha256=sha)
            )
            if await session.scalar(change.returning(CaseAttachmentRow.id)) is not None:
                facts = {"kind": "call", "ref": call, "sha256": sha}
                await store.note(session, case, Action(self._parts.clock(), store.SYSTEM, "pinned", facts))

    async def attach_file(self, number: CaseNumber, name: str, data: bytes, by: Person) -> CaseAttachmentRow:
        """Attaches a photo or scan; its type is detected from its bytes. Raises BadFile, BadPdf, PdfsBusy,
        CaseClosed."""
        kind = media_type(data)
        if kind is None:
            known = ", ".join(sorted(ENDINGS))
            raise BadFile(f"not a file that is taken; there are {known}", case=number, known=known)
        if len(data) > self._largest:
            raise BadFile(f"at most {self._largest} bytes", case=number, largest=self._largest)
        if too_large(data, kind):
            raise BadFile(f"a picture has {MOST_PIXELS} pixels at most", case=number, pixels=MOST_PIXELS)
        pages = await self._pdfs.pages(data) if kind == PDF else None
        sha = hashlib.sha256(data).hexdigest()
        await asyncio.to_thread(_store, self._folder / sha[:2] / sha, data)
        async with self._parts.database.write() as session:
            case = store.case_of(await store.row_of(session, number, to_change=True))
            if case.state in OVER:
                raise CaseClosed("a closed case takes no more files; add a remark or reopen it", case=number)
            await self._put(
                session,
                number,
                kind="file",
                ref=sha,
                title=safe_title(name),
                sha256=sha,
                media=kind,
                size=len(data),
                by=by,
                pages=pages,
            )
            row = await session.scalar(_attachment(number, "file", sha))
            assert row is not None
            return row

    async def of(self, number: CaseNumber) -> list[CaseAttachmentRow]:
        """Returns all attachments of the case, oldest first; raises UnknownCase."""
        async with self._parts.database.read() as session:
            await store.row_of(session, number)
            query = select(CaseAttachmentRow).where(CaseAttachmentRow.case == number)
            return list(await session.scalars(query.order_by(CaseAttachmentRow.at, CaseAttachmentRow.id)))

    async def file(self, number: CaseNumber, id_: str, by: Person) -> tuple[CaseAttachmentRow, bytes]:
        """Returns a file's bytes, verified against its checksum; the access is audited. Raises UnknownFile."""
        async with self._parts.database.read() as session:
            row = await session.get(CaseAttachmentRow, id_)
        if row is None or row.case != number or row.kind != "file":
            raise UnknownFile("there is no such file on this case", case=number)
        try:
            data = await asyncio.to_thread((self._folder / row.ref[:2] / row.ref).read_bytes)
        except FileNotFoundError:
            raise UnknownFile("the file is gone from the disk; restore it from a backup", case=number) from None
        if hashlib.sha256(data).hexdigest() != row.sha256:
            raise UnknownFile("the file on the disk is not what was attached", case=number)
        await self._parts.audit.record(by, "case.file_read", f"case/{number}", facts={"file": id_})
        return row, data

    async def _put(
        self,
        session: AsyncSession,
        number: CaseNumber,
        *,
        kind: str,
        ref: str,
        title: str,
        sha256: str | None,
        by: Person | None,
        media: str = "",
        size: int | None = None,
        pages: int | None = None,
    ) -> bool:
        """Adds the attachment unless it exists; returns whether it is new."""
        now = self._parts.clock()
        values = {
            "id": uuid4().hex,
            "case": number,
            "kind": kind,
            "ref": ref,
            "title": title,
            "sha256": sha256,
            "media": media,
            "size": size,
            "pages": pages,
            "at": now,
            "by_name": actor_of(by)[1],
        }
        added = insert_ignore(session, CaseAttachmentRow).values(**values).returning(CaseAttachmentRow.id)
        if await session.scalar(added) is None:
            return False
        case = store.case_of(await store.row_of(session, number))
        facts = {"kind": kind, "ref": ref, "title": title, "sha256": sha256}
        await store.note(session, case, Action(now, actor_of(by), "attached", facts))
        return True


def _attachment(number: CaseNumber, kind: str, ref: str) -> Select[CaseAttachmentRow]:
    return select(CaseAttachmentRow).where(
        CaseAttachmentRow.case == number, CaseAttachmentRow.kind == kind, CaseAttachmentRow.ref == ref
    )


def checksum(record: CallRecord) -> str:
    """Returns the checksum of a call's record as it was when it was attached."""
    return chain.digest(_plain(asdict(record)))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _store(path: Path, data: bytes) -> None:
    """Writes to a temporary file and renames it, so that a partial file never has the name of a complete one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{uuid4().hex}.part")
    with temporary.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
