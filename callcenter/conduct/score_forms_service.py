"""Use-cases of the forms: versions are drafted, tried and published; a published one never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.conduct.scorecard import (
    DEFAULT_FORM,
    BadForm,
    ScoreForm,
    default_source,
    name_of,
    read_form,
    sha256_of,
)
from callcenter.conduct.scorecard_rows import ScoreFormRow
from callcenter.errors import Conflict, NotFound
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM, Audit
from callcenter.web.roles import Person


class NoSuchForm(NotFound):
    code = "no_such_score_form"


class FormPublished(Conflict):
    """A published version never changes: make a new draft."""

    code = "score_form_published"


class FormChangedMeanwhile(Conflict):
    code = "score_form_changed_meanwhile"


class FormDamaged(Conflict):
    """A published source no longer has the checksum it was published with."""

    code = "score_form_damaged"


class ScoreForms:
    def __init__(self, database: Database, clock: Clock, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    async def versions(self, name: str | None = None) -> Sequence[ScoreFormRow]:
        """All versions, by name, the newest first; the house's own form is there from the beginning."""
        await self._settle()
        query = select(ScoreFormRow).order_by(ScoreFormRow.name, ScoreFormRow.number.desc()).limit(500)
        if name is not None:
            query = query.where(ScoreFormRow.name == name)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def version(self, name: str, number: int) -> ScoreFormRow:
        """Raises NoSuchForm."""
        await self._settle()
        async with self._database.read() as session:
            return await _version(session, name, number)

    async def published(self, name: str = DEFAULT_FORM) -> ScoreFormRow:
        """The newest published version. Raises NoSuchForm."""
        await self._settle()
        mine = (ScoreFormRow.name == name, ScoreFormRow.state == "published")
        async with self._database.read() as session:
            row = await session.scalar(select(ScoreFormRow).where(*mine).order_by(ScoreFormRow.number.desc()).limit(1))
        if row is None:
            raise NoSuchForm("no version of this form is published", name=name[:40])
        return row

    async def form_by_id(self, id: int) -> ScoreForm:
        """The form of a version that something was graded by. Raises FormDamaged."""
        async with self._database.read() as session:
            return form_of(await session.get_one(ScoreFormRow, id))

    async def draft(self, source: str, by: Person) -> ScoreFormRow:
        """A new draft; its source must be TOML with a name, everything else may still be wrong. Raises BadForm."""
        await self._settle()
        name, now = name_of(source), self._clock()
        async with self._database.write() as session:
            newest = select(func.max(ScoreFormRow.number)).where(ScoreFormRow.name == name)
            row = ScoreFormRow(
                name=name, number=(await session.scalar(newest) or 0) + 1, state="draft", source=source, rev=1,
                created_at=now, created_by=by.login, changed_at=now, changed_by=by.login,
            )  # fmt: skip
            session.add(row)
            await session.flush()
            await self._audit.append(session, by, "score_form.drafted", f"score_form/{name}/{row.number}")
        return row

    async def change(self, name: str, number: int, source: str, by: Person, rev: int) -> ScoreFormRow:
        """Give a draft another source, when it still has `rev`.

        Raises NoSuchForm, FormPublished, FormChangedMeanwhile, BadForm.
        """
        if name_of(source) != name:
            raise BadForm("a version keeps its form's name", where="name", fault="name_kept")
        values = {"source": source, "changed_at": self._clock(), "changed_by": by.login}
        return await self._step(name, number, by, rev, "score_form.changed", values)

    async def publish(self, name: str, number: int, by: Person, rev: int) -> ScoreFormRow:
        """From now on calls are graded with this version. Raises as `change`; BadForm with the place of a problem."""
        row = await self.version(name, number)
        read_form(row.source)
        values = {
            "state": "published", "published_at": self._clock(), "published_by": by.login,
            "sha256": sha256_of(row.source),
        }  # fmt: skip
        return await self._step(name, number, by, rev, "score_form.published", values)

    async def _step(
        self, name: str, number: int, by: Person, rev: int, action: str, values: dict[str, Any]
    ) -> ScoreFormRow:
        async with self._database.write() as session:
            row = await _version(session, name, number)
            if row.state != "draft":
                raise FormPublished("a published version never changes; make a new draft", name=name, number=number)
            changed = await session.execute(
                update(ScoreFormRow)
                .where(ScoreFormRow.id == row.id, ScoreFormRow.state == "draft", ScoreFormRow.rev == rev)
                .values(rev=rev + 1, **values)
                .returning(ScoreFormRow.id)
                .execution_options(synchronize_session=False)
            )
            if changed.first() is None:
                raise FormChangedMeanwhile("somebody has changed this draft; read it again", name=name, number=number)
            await session.refresh(row)
            await self._audit.append(session, by, action, f"score_form/{name}/{number}")
        return row

    async def _settle(self) -> None:
        """The house's own form is version 1, published, unless there is any version."""
        mine = select(ScoreFormRow.id).where(ScoreFormRow.name == DEFAULT_FORM).limit(1)
        async with self._database.read() as session:
            if await session.scalar(mine) is not None:
                return
        source, now = default_source(), self._clock()
        try:
            async with self._database.write() as session:
                session.add(
                    ScoreFormRow(
                        name=DEFAULT_FORM, number=1, state="published", source=source, rev=1, sha256=sha256_of(source),
                        created_at=now, created_by=SYSTEM.login, changed_at=now, changed_by=SYSTEM.login,
                        published_at=now, published_by=SYSTEM.login,
                    )
                )  # fmt: skip
                await session.flush()
        except IntegrityError:
            # Another process has just settled it.
            return


def form_of(row: ScoreFormRow) -> ScoreForm:
    """Raises FormDamaged when a published source was changed behind the house's back."""
    if row.sha256 is not None and sha256_of(row.source) != row.sha256:
        raise FormDamaged("the form's source no longer fits its checksum", name=row.name, number=row.number)
    return read_form(row.source)


async def _version(session: AsyncSession, name: str, number: int) -> ScoreFormRow:
    query = select(ScoreFormRow).where(ScoreFormRow.name == name, ScoreFormRow.number == number)
    row = await session.scalar(query)
    if row is None:
        raise NoSuchForm("there is no such version", name=name[:40], number=number)
    return row
