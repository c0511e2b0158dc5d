"""Searches every table for a data subject and replaces what is found, in small transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, String, Table, Text, and_, cast, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.facts import CustomerId
from callcenter.privacy.purposes import KEPT
from callcenter.privacy.redaction import Redactor
from callcenter.storage import fulltext
from callcenter.storage.base import Base
from callcenter.storage.database import Database

BATCH: Final = 200
SPECIAL: Final = frozenset({"full_text", "kept_answer", "legal_hold", "erasure_report"})
"""Tables that are handled separately."""
KEPT_TEXTS: Final = frozenset({"case", "transcript"})
"""Kinds that stay in the full-text index, because they are kept."""


@dataclass(frozen=True)
class DataSubject:
    """The person to look for, and what is linked to them: their file's id and their calls."""

    redactor: Redactor
    customer: CustomerId
    calls: frozenset[str] = frozenset()


@dataclass
class Found:
    """Rows by table: `changed` no longer contain the person, `kept` still do."""

    changed: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)


def texts_of(table: Table) -> list[str]:
    """Returns the columns that may contain personal data; keys and references are our own ids."""
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, String | Text | JSON) and not column.primary_key and not column.foreign_keys
    ]


class Sweep:
    def __init__(self, database: Database, tables: Mapping[str, Table] | None = None) -> None:
        self._database = database
        self._tables = dict(Base.metadata.tables if tables is None else tables)

    async def erase(self, subject: DataSubject, *, not_job: str | None = None) -> Found:
        """Replaces everything that may be replaced, and counts what is kept. Idempotent."""
        swept = Found()
        for name, table in sorted(self._tables.items()):
            if name in SPECIAL:
                continue
            is_kept = name in KEPT
            async for rows in self._rows(table, subject):
                mine = [row for row in rows if not (name == "job" and row["id"] == not_job)]
                changes = [change for row in mine if (change := _changed(table, row, subject))]
                if is_kept:
                    swept.kept[name] = swept.kept.get(name, 0) + len(changes)
                elif changes:
                    await self._write(table, changes)
                    swept.changed[name] = swept.changed.get(name, 0) + len(changes)
        await self._answers(subject, swept)
        await self._words(subject, swept)
        swept.kept = {name: number for name, number in swept.kept.items() if number}
        return swept

    async def _rows(self, table: Table, subject: DataSubject) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        columns = [table.c[name] for name in texts_of(table)]
        if not columns or not table.primary_key.columns:
            return
        conditions = or_(*(holds(column, hint) for column in columns for hint in subject.redactor.hints))
        keys = list(table.primary_key.columns)
        after: tuple[Any, ...] | None = None
        while True:
            query = select(table).where(conditions).order_by(*keys).limit(BATCH)
            if after is not None:
                query = query.where(_after(keys, after))
            async with self._database.read() as session:
                rows = [dict(row) for row in (await session.execute(query)).mappings()]
            if not rows:
                return
            yield rows
            after = tuple(rows[-1][key.name] for key in keys)

    async def _write(self, table: Table, changes: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        async with self._database.write() as session:
            for key, values in changes:
                same = and_(*(table.c[name] == value for name, value in key.items()))
                await session.execute(update(table).where(same).values(**values))

    async def _answers(self, subject: DataSubject, result: Found) -> None:
        """Deletes stored answers to repeated requests as a whole: they are of use for a day at most."""
        table = self._tables.get("kept_answer")
        if table is None:
            return
        gone = []
        async with self._database.read() as session:
            async for key, body in await session.stream(select(table.c.key_hash, table.c.body)):
                if body and subject.redactor.holds(bytes(body).decode("utf-8", "replace"), linked=True):
                    gone.append(key)
        if gone:
            async with self._database.write() as session:
                await session.execute(delete(table).where(table.c.key_hash.in_(gone)))
            result.changed["kept_answer"] = len(gone)

    async def _words(self, subject: DataSubject, result: Found) -> None:
        """Cleans the full-text index; what is kept stays searchable."""
        table = self._tables.get("full_text")
        if table is None:
            return
        conditions = or_(*(holds(table.c.text, hint.casefold()) for hint in subject.redactor.hints))
        async with self._database.read() as session:
            rows = (await session.execute(select(table.c.kind, table.c.ref, table.c.text).where(conditions))).all()
        for kind, ref, body in rows:
            linked = subject.redactor.points_at(body) or ref == subject.customer or ref in subject.calls
            if not subject.redactor.holds(body, linked=linked):
                continue
            if kind in KEPT_TEXTS:
                result.kept["full_text"] = result.kept.get("full_text", 0) + 1
                continue
            async with self._database.write() as session:
                await fulltext.put(session, kind, ref, subject.redactor.text(body, linked=linked))
            result.changed["full_text"] = result.changed.get("full_text", 0) + 1


def holds(column: ColumnElement[Any], hint: str) -> ColumnElement[bool]:
    text: ColumnElement[str] = cast(column, Text)
    return text.contains(hint, autoescape=True)


def _after(keys: Sequence[ColumnElement[Any]], after: Sequence[Any]) -> ColumnElement[bool]:
    """Returns the condition for rows after a composite key; row comparison does not support every type."""
    steps = []
    for place, key in enumerate(keys):
        same = [keys[earlier] == after[earlier] for earlier in range(place)]
        steps.append(and_(*same, key > after[place]))
    return or_(*steps)


def _changed(
    table: Table, row: Mapping[str, Any], subject: DataSubject
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Returns (key, new values) of a row that contains the person, or None."""
    names = texts_of(table)
    linked = is_linked(row, names, subject)
    values = {
        name: new
        for name in names
        if (new := subject.redactor.value(row[name], linked=linked)) != row[name] and row[name] is not None
    }
    if not values:
        return None
    fitting = {name: _fitting(table, name, value) for name, value in values.items()}
    return {key.name: row[key.name] for key in table.primary_key.columns}, fitting


def is_linked(row: Mapping[str, Any], names: Collection[str], subject: DataSubject) -> bool:
    """Whether the row is about the person, whatever name it contains."""
    if row.get("customer") == subject.customer or row.get("id") == subject.customer:
        return True
    if {row.get("call"), row.get("id"), row.get("linkedid"), row.get("callid")} & subject.calls:
        return True
    return any(subject.redactor.points_at(row[name]) for name in names)


def _fitting(table: Table, name: str, value: Any) -> Any:
    """Truncates the value to the column's limit: a pseudonym may be longer than what it replaces."""
    limit = getattr(table.c[name].type, "length", None)
    return value[:limit] if isinstance(value, str) and limit else value


async def compact(database: Database) -> None:
    """Removes replaced data from the database file too: free pages, the index's old segments, the WAL."""
    await database.compact(f"INSERT INTO {fulltext.WORDS}({fulltext.WORDS}) VALUES ('optimize')")


async def calls_of(session: AsyncSession, table: Table, redactor: Redactor) -> frozenset[str]:
    """Returns the ids (and linkedids) of the subject's calls."""
    ends = [hint for hint in redactor.hints if hint.isdigit()]
    if not ends:
        return frozenset()
    numbers = (table.c.caller_number, table.c.called_number, table.c.entered_number)
    likely = or_(*(holds(column, end) for column in numbers for end in ends))
    rows = (await session.execute(select(table.c.id, table.c.linkedid, *numbers).where(likely))).all()
    mine = [row for row in rows if any(redactor.points_at(number) for number in row[2:])]
    return frozenset(name for row in mine for name in (row.id, row.linkedid))
