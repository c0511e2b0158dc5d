"""Replaces prompts by recordings of the centre's own, in versions with their authors; a bad one replaces nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.errors import NotFound
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from ivr.prompts.build import Built, Workshop
from ivr.prompts.checking import checked
from ivr.prompts.errors import UnknownPrompt
from ivr.prompts.library import Library
from ivr.prompts.rows import PromptRecordingRow
from ivr.prompts.sentences import Catalogue
from ivr.prompts.texts import Prompt


class UnknownRecording(NotFound):
    """This prompt has no recording of the centre's own with this number."""

    code = "unknown_prompt_recording"


@dataclass(frozen=True, slots=True)
class PromptState:
    """A recording that callers hear: what is spoken, and the version in use of the centre's own, if any."""

    prompt: Prompt
    own: PromptRecordingRow | None


class PromptService:
    """`catalogue` reads the centre's texts as they are now; `workshop` writes what Asterisk plays."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        library: Library,
        workshop: Workshop,
        catalogue: Callable[[], Catalogue],
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._library = library
        self._workshop = workshop
        self._catalogue = catalogue

    async def prompts(self) -> list[PromptState]:
        """Every recording, with the centre's own where one is in use."""
        catalogue = await asyncio.to_thread(self._catalogue)
        async with self._database.read() as session:
            query = select(PromptRecordingRow).where(PromptRecordingRow.in_use)
            own = {(row.language, row.name): row for row in await session.scalars(query)}
        return [PromptState(prompt, own.get((prompt.language, prompt.name))) for prompt in catalogue.recordings()]

    async def upload(self, language: str, name: str, data: bytes, by: Person) -> PromptRecordingRow:
        """Check, convert and use a recording. Raises UnknownPrompt; BadRecording, and then nothing changes."""
        prompt = await self._prompt(language, name)
        samples, rate, heard = await asyncio.to_thread(checked, data, name, language)
        async with self._database.write() as session:
            last = await session.scalar(select(func.max(PromptRecordingRow.version)).where(*_of(prompt)))
            version = (last or 0) + 1
            sha256 = await asyncio.to_thread(self._library.keep, prompt, version, samples, rate)
            row = PromptRecordingRow(
                id=uuid4().hex,
                language=language,
                name=name,
                version=version,
                seconds=round(heard.seconds, 2),
                level_db=round(heard.level_db, 1),
                sha256=sha256,
                uploaded_at=self._clock(),
                uploaded_by=by.id,
                uploaded_by_name=by.name,
                in_use=False,
            )
            session.add(row)
            await session.flush()
            before = await self._use(session, prompt, version, by, "prompt.uploaded")
            await session.refresh(row)
        await self._build(prompt, before, by)
        return row

    async def versions(self, language: str, name: str) -> Sequence[PromptRecordingRow]:
        """All versions of a recording, newest first. Raises UnknownPrompt."""
        prompt = await self._prompt(language, name)
        query = select(PromptRecordingRow).where(*_of(prompt)).order_by(PromptRecordingRow.version.desc())
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def restore(self, language: str, name: str, version: int, by: Person) -> PromptRecordingRow:
        """Use an earlier version again. Raises UnknownPrompt, UnknownRecording."""
        prompt = await self._prompt(language, name)
        async with self._database.write() as session:
            query = select(PromptRecordingRow).where(*_of(prompt), PromptRecordingRow.version == version)
            row = await session.scalar(query)
            if row is None or not self._library.version(prompt, version).is_file():
                raise UnknownRecording("there is no such recording", prompt=name, version=version)
            before = await self._use(session, prompt, version, by, "prompt.restored")
            await session.refresh(row)
        await self._build(prompt, before, by)
        return row

    async def remove(self, language: str, name: str, by: Person) -> None:
        """Use the recording that comes with the software, or the voice, again; the versions stay."""
        prompt = await self._prompt(language, name)
        async with self._database.write() as session:
            before = await self._use(session, prompt, None, by, "prompt.removed")
        await self._build(prompt, before, by)

    async def sound(self, language: str, name: str) -> bytes:
        """What callers hear now, as a WAV file. Raises UnknownPrompt, UnknownRecording."""
        prompt = await self._prompt(language, name)
        path = self._workshop.target / prompt.folder / "cc" / f"{name}.wav"
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError as error:
            raise UnknownRecording("this prompt has not been recorded", prompt=name) from error

    async def _prompt(self, language: str, name: str) -> Prompt:
        for prompt in (await asyncio.to_thread(self._catalogue)).recordings():
            if (prompt.language, prompt.name) == (language, name):
                return prompt
        raise UnknownPrompt("there is no such prompt", prompt=name[:40], language=language[:20])

    async def _use(
        self, session: AsyncSession, prompt: Prompt, version: int | None, by: Person, action: str
    ) -> int | None:
        """Mark it in the table, and put the file in place last: when that fails, nothing has changed.

        Returns the version that was in use before.
        """
        table = PromptRecordingRow
        before = await session.scalar(select(table.version).where(*_of(prompt), table.in_use))
        await session.execute(update(table).where(*_of(prompt)).values(in_use=table.version == (version or 0)))
        target = f"prompt/{prompt.language}/{prompt.name}"
        await self._audit.append(session, by, action, target, facts={"version": version or 0})
        await asyncio.to_thread(self._library.use, prompt, version)
        return before

    async def _build(self, prompt: Prompt, before: int | None, by: Person) -> None:
        """Write what Asterisk plays; when that fails, the version before is in use again, as callers still hear it."""

        def work() -> list[Built]:
            return list(self._workshop.build([prompt]))

        try:
            await asyncio.to_thread(work)
        except OSError:
            async with self._database.write() as session:
                await self._use(session, prompt, before, by, "prompt.not_built")
            raise


def _of(prompt: Prompt) -> tuple[ColumnElement[bool], ...]:
    return (PromptRecordingRow.language == prompt.language, PromptRecordingRow.name == prompt.name)
