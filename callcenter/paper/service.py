"""Shows, prints and archives forms, and fills in the centre's Word template."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from callcenter.clock import Clock
from callcenter.paper.archive import PaperVault
from callcenter.paper.errors import PrintedFormDamaged, UnknownPrintedForm
from callcenter.paper.model import Form, Head, Printed
from callcenter.paper.pages import page_of
from callcenter.paper.press import Press
from callcenter.paper.recent import RecentPrints
from callcenter.paper.rows import ArchivedFormRow
from callcenter.paper.word import starter, values_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

PDF_TYPE: Final = "application/pdf"
WORD_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HTML_TYPE: Final = "text/html"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all forms of the centre have in common; names by language."""

    company: Mapping[str, str]
    centre: Mapping[str, str]
    zone: tzinfo
    origin: str = ""
    field_characters: int = 20_000
    word_templates: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Letterhead:
        forms = settings.forms
        return cls(
            settings.company,
            forms.centre,
            ZoneInfo(settings.timezone),
            settings.web.public_origin.rstrip("/"),
            forms.field_characters,
            forms.word_templates,
        )


class FormService:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        press: Press,
        letterhead: Letterhead,
        vault: PaperVault,
        per_person: int = 4,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._press = press
        self._letterhead = letterhead
        self._vault = vault
        self._recent = RecentPrints(clock, per_person)

    def head(self, number: str, language: str, by: Person | None, *, path: str = "", status: str = "") -> Head:
        """Returns the header of a form created now; `path` is the address of the case, such as /cases/TS20261124-0001.

        Without an origin in the settings the QR code holds the number alone, which can still be scanned into a search.
        """
        letterhead = self._letterhead
        return Head(
            number=number,
            company=_in(letterhead.company, language),
            centre=_in(letterhead.centre, language),
            language=language,
            zone=letterhead.zone,
            printed_at=self._clock(),
            printed_by=by.name if by else "",
            link=f"{letterhead.origin}{path}" if letterhead.origin and path else "",
            status=status,
        )

    async def html(self, form: Form) -> Printed:
        """Returns the form as a page for the screen."""
        # Rendering a page of many long fields takes tens of milliseconds, too long to block calls.
        page = await asyncio.to_thread(page_of, form, limit=self._letterhead.field_characters)
        return Printed(_name(form, "html"), HTML_TYPE, page.encode(errors="replace"))

    async def pdf(self, form: Form) -> Printed:
        """Returns the form on A4, at most a minute old. Raises PrintTooLong, PrintFailed, PrintTooBusy."""
        return await self._recent.print(form, "pdf", lambda: self._pdf(form))

    async def _pdf(self, form: Form) -> Printed:
        page = await asyncio.to_thread(page_of, form, limit=self._letterhead.field_characters)
        return Printed(_name(form, "pdf"), PDF_TYPE, await self._press.pdf(page))

    async def word(self, form: Form) -> Printed:
        """Fills in the centre's own template KIND.LANGUAGE.docx or KIND.docx, else the standard one.

        Raises BadWordTemplate, WordNotInstalled, PrintTooLong, PrintTooBusy.
        """
        return await self._recent.print(form, "docx", lambda: self._word(form))

    async def _word(self, form: Form) -> Printed:
        template = await asyncio.to_thread(self._template, form)
        values = values_of(form, self._letterhead.field_characters)
        return Printed(_name(form, "docx"), WORD_TYPE, await self._press.word(template, values))

    def _template(self, form: Form) -> bytes:
        folder = self._letterhead.word_templates
        names = (f"{form.kind.value}.{form.head.language}.docx", f"{form.kind.value}.docx")
        for name in names:
            if folder is not None and (folder / name).is_file():
                return (folder / name).read_bytes()
        return starter(form.kind, form.head.language)

    async def join(self, pieces: Sequence[bytes]) -> bytes:
        """Joins several PDFs into one."""
        return pieces[0] if len(pieces) == 1 else await self._press.join(pieces)

    async def archive(self, form: Form, subject: str, by: Person | None, once: str) -> ArchivedFormRow:
        """Prints a form and pins it by its checksum; the same `once` again returns the earlier archived form.

        Raises PrintTooLong, PrintFailed, PrintTooBusy.
        """
        archived = await self._by_once(once)
        if archived is not None:
            return archived
        printed = await self._pdf(form)
        # The file is on disk before a row names it; a file without a row is harmless.
        sha256 = await asyncio.to_thread(self._vault.put, printed.data)
        row = ArchivedFormRow(
            id=uuid4().hex,
            subject=subject,
            kind=form.kind.value,
            language=form.head.language,
            number=form.head.number,
            sha256=sha256,
            size=len(printed.data),
            at=self._clock(),
            by=by.login if by else "system",
            once=once,
        )
        try:
            async with self._database.write() as session:
                session.add(row)
                await session.flush()
                facts = {"kind": row.kind, "sha256": sha256, "form": row.id}
                await self._audit.append(session, by, "form.archived", subject, facts=facts)
        except IntegrityError:
            archived = await self._by_once(once)
            assert archived is not None
            return archived
        return row

    async def _by_once(self, once: str) -> ArchivedFormRow | None:
        async with self._database.read() as session:
            row: ArchivedFormRow | None = await session.scalar(
                select(ArchivedFormRow).where(ArchivedFormRow.once == once)
            )
        return row

    async def archived(self, subject: str) -> Sequence[ArchivedFormRow]:
        """Returns the archived forms of a subject such as case:TS20261124-0001, newest first."""
        query = select(ArchivedFormRow).where(ArchivedFormRow.subject == subject)
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(ArchivedFormRow.at.desc()).limit(200))).all()

    async def read(self, form: str) -> Printed:
        """Returns an archived form, verified against its checksum. Raises UnknownPrintedForm, PrintedFormDamaged."""
        async with self._database.read() as session:
            row = await session.get(ArchivedFormRow, form)
        if row is None:
            raise UnknownPrintedForm("there is no such form", form=form[:40])
        data = await asyncio.to_thread(self._vault.get, row.sha256)
        return Printed(_clean(f"{row.number}-{row.kind}.pdf"), PDF_TYPE, data, {"sha256": row.sha256})

    async def verify(self) -> list[tuple[ArchivedFormRow, str]]:
        """Verifies every archived form against its checksum; returns the damaged ones, each with the reason."""
        broken: list[tuple[ArchivedFormRow, str]] = []
        after = ""
        while True:
            query = select(ArchivedFormRow).where(ArchivedFormRow.id > after).order_by(ArchivedFormRow.id).limit(200)
            async with self._database.read() as session:
                rows = (await session.scalars(query)).all()
            if not rows:
                return broken
            for row in rows:
                try:
                    await asyncio.to_thread(self._vault.get, row.sha256)
                except PrintedFormDamaged as error:
                    broken.append((row, error.detail))
            after = rows[-1].id


def _in(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or next(iter(names.values()), "")


def _name(form: Form, ending: str) -> str:
    return _clean(f"{form.head.number}-{form.kind.value}.{ending}")


def _clean(name: str) -> str:
    """Returns a file name that is valid in headers and on disk."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)[-120:]
