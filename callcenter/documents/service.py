"""Use-cases of versioned documents: versions are drafted, changed and published; a published one never changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.documents.columns import VersionColumns
from callcenter.documents.errors import UnknownVersion, VersionChanged, VersionDamaged, VersionPublished
from callcenter.documents.model import Document, Format, sha256_of
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM, Audit
from callcenter.web.roles import Person

Row = TypeVar("Row", bound=VersionColumns)
LISTED: Final = 500
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row, Document]):
    """One kind of document: its format, its table, its errors, and the standard document that ships with the software.

    `subject` is the prefix of its audit actions.
    """

    format: Format[Document]
    rows: type[Row]
    subject: str
    standard: str
    standard_source: Callable[[], str]
    unknown: type[UnknownVersion]
    published: type[VersionPublished]
    changed: type[VersionChanged]
    damaged: type[VersionDamaged]

    def document_of(self, row: Row) -> Document:
        """The document of a published version. Raises `damaged` if its source was changed after publication."""
        if sha256_of(row.source) != row.sha256:
            raise self.damaged("the source no longer matches its checksum", row.name, row.number)
        return self.format.read(row.source)

    async def version_in(self, session: AsyncSession, name: str, number: int) -> Row:
        """One version, in the caller's transaction. Raises `unknown`."""
        rows = self.rows
        row = await session.scalar(select(rows).where(rows.name == name, rows.number == number))
        if row is None:
            raise self.unknown("there is no such version", name, number)
        return row

    async def published_in(self, session: AsyncSession, name: str) -> Row:
        """The newest published version, in the caller's transaction. Raises `unknown`."""
        rows = self.rows
        query = select(rows).where(rows.name == name, rows.state == "published")
        row = await session.scalar(query.order_by(rows.number.desc()).limit(1))
        if row is None:
            raise self.unknown(f"no version of this {self.format.noun} is published", name)
        return row


class VersionedDocuments(Generic[Row, Document]):
    """The versions of one kind. The standard document is version 1, published from the start."""

    def __init__(self, kind: Kind[Row, Document], database: Database, clock: Clock, audit: Audit) -> None:
        self._kind = kind
        self._database = database
        self._clock = clock
        self._audit = audit

    async def versions(self, name: str | None = None) -> Sequence[Row]:
        """All versions, by name, newest first."""
        await self.settle()
        rows = self._kind.rows
        query = select(rows).order_by(rows.name, rows.number.desc()).limit(LISTED)
        if name is not None:
            query = query.where(rows.name == name)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def version(self, name: str, number: int) -> Row:
        """Raises the kind's `unknown`."""
        await self.settle()
        async with self._database.read() as session:
            return await self._kind.version_in(session, name, number)

    async def published(self, name: str | None = None) -> Row:
        """The newest published version, by default of the standard document. Raises `unknown`."""
        await self.settle()
        async with self._database.read() as session:
            return await self._kind.published_in(session, name or self._kind.standard)

    async def by_id(self, id: int) -> Document:
        """The document of the version that something was created with. Raises `damaged`."""
        async with self._database.read() as session:
            return self._kind.document_of(await session.get_one(self._kind.rows, id))

    async def draft(self, source: str, by: Person) -> Row:
        """A new draft; its source must be TOML with a name, everything else may still be invalid.

        Raises the format's refusal.
        """
        name = self._kind.format.name_of(source)
        await self.settle()
        for _ in range(TRIES):
            try:
                return await self._draft(name, source, by)
            except IntegrityError:
                # Another draft took this number at the same instant; the next number is free.
                continue
        raise self._kind.changed("many drafts are made at this moment; try again", name)

    async def _draft(self, name: str, source: str, by: Person) -> Row:
        rows, now = self._kind.rows, self._clock()
        async with self._database.write() as session:
            newest = await session.scalar(select(func.max(rows.number)).where(rows.name == name))
            row = rows(
                name=name,
                number=(newest or 0) + 1,
                state="draft",
                source=source,
                rev=1,
                created_at=now,
                created_by=by.login,
                changed_at=now,
                changed_by=by.login,
            )
            session.add(row)
            await session.flush()
            await self._note(session, by, "drafted", row)
        return row

    async def change(self, name: str, number: int, source: str, by: Person, rev: int | None) -> Row:
        """Replace a draft's source if it still has `rev`.

        Raises `unknown`, `published`, `changed`, and the format's refusal (another name, no TOML).
        """
        if self._kind.format.name_of(source) != name:
            raise self._kind.format.renamed()
        values = {"source": source, "changed_at": self._clock(), "changed_by": by.login}
        return await self._step(name, number, by, rev, "changed", values)

    async def publish(self, name: str, number: int, by: Person, rev: int | None = None) -> Row:
        """Publish this version; it is used from now on.

        Raises `unknown`, `published`, `changed`, and the format's refusal with the place of the first problem.
        """
        row = await self.version(name, number)
        if self._kind.format.read(row.source).name != name:
            raise self._kind.format.renamed()
        values = {
            "state": "published",
            "published_at": self._clock(),
            "published_by": by.login,
            "sha256": sha256_of(row.source),
        }
        # The source that was checked is the one that is published: a change in between is a conflict.
        return await self._step(name, number, by, row.rev if rev is None else rev, "published", values)

    async def _step(
        self, name: str, number: int, by: Person, rev: int | None, action: str, values: dict[str, Any]
    ) -> Row:
        kind, rows = self._kind, self._kind.rows
        async with self._database.write() as session:
            row = await kind.version_in(session, name, number)
            if row.state != "draft":
                raise kind.published("a published version never changes; make a new draft", name, number)
            seen = row.rev if rev is None else rev
            changed = await session.execute(
                update(rows)
                .where(rows.id == row.id, rows.state == "draft", rows.rev == seen)
                .values(rev=seen + 1, **values)
                .returning(rows.id)
                .execution_options(synchronize_session=False)
            )
            if changed.first() is None:
                raise kind.changed("this draft was changed meanwhile; read it again", name, number)
            await session.refresh(row)
            await self._note(session, by, action, row)
        return row

    async def _note(self, session: AsyncSession, by: Person, action: str, row: Row) -> None:
        subject = self._kind.subject
        await self._audit.append(session, by, f"{subject}.{action}", f"{subject}/{row.name}/{row.number}")

    async def settle(self) -> None:
        """Publish the standard document as version 1, unless a version of it exists."""
        rows, name = self._kind.rows, self._kind.standard
        async with self._database.read() as session:
            if await session.scalar(select(rows.id).where(rows.name == name).limit(1)) is not None:
                return
        source, now = self._kind.standard_source(), self._clock()
        row = rows(
            name=name,
            number=1,
            state="published",
            source=source,
            rev=1,
            sha256=sha256_of(source),
            created_at=now,
            created_by=SYSTEM.login,
            changed_at=now,
            changed_by=SYSTEM.login,
            published_at=now,
            published_by=SYSTEM.login,
        )
        try:
            async with self._database.write() as session:
                session.add(row)
                await session.flush()
        except IntegrityError:
            # Another process has just done this.
            return
