"""Prints many forms into one file: a durable job with progress, resumed where it stopped.

Each form is printed separately and kept as a piece on disk, so that after a crash or an expired lease the job
continues with the next piece, and one form that cannot be printed does not affect the others.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import update

from callcenter.catalogue import sentence_of
from callcenter.clock import Clock
from callcenter.errors import CallCentreError, Conflict, Invalid
from callcenter.paper.archive import PaperVault
from callcenter.paper.errors import NothingToPrint, PrintTooBusy, UnknownPrintedForm
from callcenter.paper.model import Form, Printed
from callcenter.paper.rows import PrintRunRow
from callcenter.paper.service import PDF_TYPE, FormService
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.roles import Person, Role

PRINT_RUN: Final = "print_run"
Source = Callable[[str, str, Person | None], Awaitable[Sequence[Form]]]
"""Builds the forms of a subject in a language: (subject, language, by). Raises NotFound."""


class UnknownSource(Invalid):
    code = "unknown_print_source"


class TooManyForms(Invalid):
    code = "too_many_forms"


class NotPrintedYet(Conflict):
    """The run is still being printed, or nothing of it could be printed."""

    code = "not_printed_yet"


class PrintRuns:
    """`at_most` subjects in a run; `sources` are filled by the rooms that have forms."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        jobs: Jobs,
        forms: FormService,
        vault: PaperVault,
        pieces: Path,
        at_most: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs
        self._forms = forms
        self._vault = vault
        self._pieces = pieces
        self._at_most = at_most
        self.sources: dict[str, Source] = {}

    async def ask(self, source: str, subjects: Sequence[str], language: str, by: Person) -> PrintRunRow:
        """Queues a run; each form shows what `by` may see. Raises UnknownSource, NothingToPrint, TooManyForms."""
        if source not in self.sources:
            known = ", ".join(sorted(self.sources))
            raise UnknownSource(f"there are {known}", source=source[:40], known=known)
        distinct = list(dict.fromkeys(subjects))
        if not distinct:
            raise NothingToPrint("name what is to be printed")
        if len(distinct) > self._at_most:
            raise TooManyForms(f"at most {self._at_most} at once", at_most=self._at_most)
        row = PrintRunRow(
            id=uuid4().hex,
            source=source,
            subjects=distinct,
            language=language,
            state="queued",
            total=len(distinct),
            refused=[],
            by_id=by.id,
            by=by.login,
            by_name=by.name,
            by_roles=sorted(by.roles),
            by_agent=by.agent,
            asked_at=self._clock(),
        )
        async with self._database.write() as session:
            session.add(row)
            await self._jobs.put(session, PRINT_RUN, {"run": row.id})
            await self._audit.append(session, by, "forms.printed", f"print/{row.id}", facts={"forms": distinct[:50]})
        return row

    async def forms_of(self, source: str, subject: str, language: str, by: Person | None) -> Sequence[Form]:
        """Returns the forms of one subject. Raises UnknownSource, NotFound."""
        if source not in self.sources:
            known = ", ".join(sorted(self.sources))
            raise UnknownSource(f"there are {known}", source=source[:40], known=known)
        return await self.sources[source](subject, language, by)

    async def run(self, id: str) -> PrintRunRow:
        """Returns the progress of a run. Raises UnknownPrintedForm."""
        async with self._database.read() as session:
            row = await session.get(PrintRunRow, id)
        if row is None:
            raise UnknownPrintedForm("there is no such print", print=id[:40])
        return row

    async def read(self, id: str) -> Printed:
        """Returns the finished file. Raises UnknownPrintedForm, NotPrintedYet, PrintedFormDamaged."""
        row = await self.run(id)
        if row.sha256 is None:
            raise NotPrintedYet(f"{row.done} of {row.total}: {row.state}", done=row.done, total=row.total)
        data = await asyncio.to_thread(self._vault.get, row.sha256)
        return Printed(f"print-{id[:8]}.pdf", PDF_TYPE, data, {"sha256": row.sha256})

    async def work(self, payload: Mapping[str, Any]) -> None:
        """Runs the job: prints what is missing, then joins. May be repeated at any point."""
        row = await self.run(payload["run"])
        if row.state in ("done", "failed"):
            return
        folder = self._pieces / row.id
        folder.mkdir(parents=True, exist_ok=True)
        by = Person(row.by_id, row.by, row.by_name, frozenset(map(Role, row.by_roles)), row.by_agent)
        refused: list[dict[str, str]] = []
        for place, subject in enumerate(row.subjects):
            piece = folder / f"{place:05}.pdf"
            if not piece.exists():
                try:
                    data = await self._printed(row, subject, by)
                except PrintTooBusy:
                    # Not caused by this form: the job is retried and continues here.
                    raise
                except CallCentreError as error:
                    refused.append({"subject": subject, "code": error.code, "message": sentence_of(error)})
                    continue
                await asyncio.to_thread(_write, piece, data)
            await self._update(row.id, state="printing", done=place + 1)
        await self._end(row, folder, refused)

    async def _printed(self, row: PrintRunRow, subject: str, by: Person) -> bytes:
        forms = await self.forms_of(row.source, subject, row.language, by)
        return await self._forms.join([(await self._forms.pdf(form)).data for form in forms])

    async def _end(self, row: PrintRunRow, folder: Path, refused: list[dict[str, str]]) -> None:
        pieces = await asyncio.to_thread(_read_all, folder)
        sha256 = await asyncio.to_thread(self._vault.put, await self._forms.join(pieces)) if pieces else None
        state = "done" if sha256 else "failed"
        await self._update(
            row.id, state=state, done=row.total, sha256=sha256, refused=refused, finished_at=self._clock()
        )
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _update(self, run: str, **values: Any) -> None:
        async with self._database.write() as session:
            await session.execute(update(PrintRunRow).where(PrintRunRow.id == run).values(**values))


def _write(path: Path, data: bytes) -> None:
    """Writes atomically: an existing piece is taken to be complete."""
    half = path.with_suffix(".half")
    half.write_bytes(data)
    os.replace(half, path)


def _read_all(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.pdf"))]
