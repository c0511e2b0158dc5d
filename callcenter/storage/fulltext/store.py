"""Puts texts into the index and removes them, in the caller's transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Text, bindparam, delete, func, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.storage import bulk
from callcenter.storage.fulltext.rows import WORDS, FullTextRow
from callcenter.storage.fulltext.words import joined
from callcenter.storage.tokenizer import folded, pieces_of

LONG: Final = 2_000
"""Characters from which a text is tokenised in a thread."""
Result = TypeVar("Result")

_PUT = {
    "sqlite": text(f"INSERT INTO {WORDS}(rowid, words) VALUES (:id, :words)"),
    "postgresql": text(
        f"INSERT INTO {WORDS}(id, kind, words) VALUES (:id, :kind, array_to_tsvector(:words))"
    ).bindparams(bindparam("words", type_=postgresql.ARRAY(Text()))),
}
_CHANGED = text("UPDATE full_text SET text = :body WHERE id = :place")
_DROP = {
    "sqlite": text(f"INSERT INTO {WORDS}({WORDS}, rowid, words) VALUES ('delete', :id, :words)"),
    "postgresql": text(f"DELETE FROM {WORDS} WHERE id = :id"),
}


async def put(session: AsyncSession, kind: str, ref: str, body: str) -> None:
    """Index this text as `ref`, replacing any earlier text. In the caller's transaction."""
    plain = await _beside(folded, body.replace("\0", " "))
    row = await session.scalar(select(FullTextRow).where(FullTextRow.kind == kind, FullTextRow.ref == ref))
    if row is not None and row.text == plain:
        return
    if row is None:
        row = FullTextRow(kind=kind, ref=ref, text=plain)
        session.add(row)
        await session.flush()
    else:
        await _drop(session, row)
        row.text = plain
        await session.flush()
    await _index(session, row)


@dataclass(frozen=True, slots=True)
class Ready:
    """Texts prepared for indexing: by reference, folded, with their words; `before` has the places of old ones."""

    texts: Mapping[str, str]
    words: Mapping[str, list[str]]
    before: Mapping[str, tuple[int, str]]
    old_words: Mapping[str, list[str]]


def ready(bodies: Mapping[str, str], before: Mapping[str, tuple[int, str]] | None = None) -> Ready:
    """Tokenise many texts; a table of customers has thousands. Blocking, so call it in a thread."""
    texts = {ref: folded(body.replace("\0", " ")) for ref, body in bodies.items()}
    there = {ref: held for ref, held in (before or {}).items() if ref in texts}
    texts = {ref: body for ref, body in texts.items() if ref not in there or there[ref][1] != body}
    there = {ref: held for ref, held in there.items() if ref in texts}
    old = {ref: pieces_of(held[1]) for ref, held in there.items()}
    return Ready(texts, {ref: pieces_of(body) for ref, body in texts.items()}, there, old)


async def texts_of(session: AsyncSession, kind: str, refs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """The place and text of each of these that is indexed."""
    texts: dict[str, tuple[int, str]] = {}
    for at in range(0, len(refs), bulk.PART):
        query = select(FullTextRow.ref, FullTextRow.id, FullTextRow.text)
        query = query.where(FullTextRow.kind == kind, FullTextRow.ref.in_(refs[at : at + bulk.PART]))
        texts |= {row.ref: (row.id, row.text) for row in await session.execute(query)}
    return texts


async def put_ready(session: AsyncSession, kind: str, ready: Ready) -> None:
    """Index prepared texts in few statements; the old ones must be unchanged. In the caller's transaction."""
    fresh = [ref for ref in ready.texts if ref not in ready.before]
    places = {ref: place for ref, (place, _) in ready.before.items()}
    if session.get_bind().dialect.name == "sqlite":
        newest = await session.scalar(select(func.max(FullTextRow.id))) or 0
        places |= {ref: newest + at for at, ref in enumerate(fresh, 1)}
        await _put_sqlite(session, kind, ready, fresh, places)
    else:
        places |= await _put_rows(session, kind, {ref: ready.texts[ref] for ref in fresh})
        await _put_postgresql(session, kind, ready, places)


async def _put_sqlite(
    session: AsyncSession, kind: str, ready: Ready, fresh: Sequence[str], places: Mapping[str, int]
) -> None:
    dropped = [("delete", places[ref], joined(words)) for ref, words in ready.old_words.items()]
    changed = [(ready.texts[ref], place) for ref, (place, _) in ready.before.items()]
    await bulk.run_many(session, f"INSERT INTO {WORDS}({WORDS}, rowid, words) VALUES (?, ?, ?)", dropped)
    await bulk.run_many(session, "UPDATE full_text SET text = ? WHERE id = ?", changed)
    added = [(places[ref], kind, ref, ready.texts[ref]) for ref in fresh]
    await bulk.run_many(session, "INSERT INTO full_text (id, kind, ref, text) VALUES (?, ?, ?, ?)", added)
    words = [(places[ref], joined(words)) for ref, words in ready.words.items()]
    await bulk.run_many(session, f"INSERT INTO {WORDS}(rowid, words) VALUES (?, ?)", words)


async def _put_rows(session: AsyncSession, kind: str, texts: Mapping[str, str]) -> dict[str, int]:
    places: dict[str, int] = {}
    rows = [{"kind": kind, "ref": ref, "text": body} for ref, body in texts.items()]
    adding = insert(FullTextRow).returning(FullTextRow.id, sort_by_parameter_order=True)
    for at in range(0, len(rows), bulk.PART):
        part = rows[at : at + bulk.PART]
        ids = (await session.scalars(adding, part)).all()
        places |= {row["ref"]: id for row, id in zip(part, ids, strict=True)}
    return places


async def _put_postgresql(session: AsyncSession, kind: str, ready: Ready, places: Mapping[str, int]) -> None:
    changed = [{"place": place, "body": ready.texts[ref]} for ref, (place, _) in ready.before.items()]
    words = [{"id": places[ref], "kind": kind, "words": words} for ref, words in ready.words.items()]
    for at in range(0, len(changed), bulk.PART):
        part = changed[at : at + bulk.PART]
        await session.execute(_CHANGED, part)
        await session.execute(_DROP["postgresql"], [{"id": row["place"]} for row in part])
    for at in range(0, len(words), bulk.PART):
        await session.execute(_PUT["postgresql"], words[at : at + bulk.PART])


async def remove(session: AsyncSession, kind: str, refs: Iterable[str]) -> None:
    """Remove these from the index; missing ones are skipped. In the caller's transaction."""
    gone = select(FullTextRow).where(FullTextRow.kind == kind, FullTextRow.ref.in_(list(refs)))
    for row in (await session.scalars(gone)).all():
        await _drop(session, row)
        await session.execute(delete(FullTextRow).where(FullTextRow.id == row.id))


async def _index(session: AsyncSession, row: FullTextRow) -> None:
    name, pieces = session.get_bind().dialect.name, await _beside(pieces_of, row.text)
    if name == "sqlite":
        await session.execute(_PUT[name], {"id": row.id, "words": joined(pieces)})
    else:
        await session.execute(_PUT[name], {"id": row.id, "kind": row.kind, "words": pieces})


async def _drop(session: AsyncSession, row: FullTextRow) -> None:
    """FTS5 stores no texts here, so deleting needs the text that was indexed."""
    name = session.get_bind().dialect.name
    parameters: dict[str, int | str] = {"id": row.id}
    if name == "sqlite":
        parameters["words"] = joined(await _beside(pieces_of, row.text))
    await session.execute(_DROP[name], parameters)


async def _beside(work: Callable[[str], Result], body: str) -> Result:
    """A long text takes tenths of a second; calls must not wait for it."""
    return await asyncio.to_thread(work, body) if len(body) > LONG else work(body)
