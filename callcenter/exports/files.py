"""Writes lists into files, page by page, without blocking the event loop on database or disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from callcenter.exports.model import ExportList, ExportQuery, FileFormat, Names
from callcenter.exports.spoken import Directories, heads, spoken
from callcenter.kit.table_writer import Cells, XlsxList, csv_more, csv_pieces

NO_NAMES: Mapping[str, Names] = {}


def file_name(entry: ExportList, query: ExportQuery, now: datetime, zone: tzinfo) -> str:
    """Returns the file name: the list and its days by the centre's clock, those requested, else today."""
    days = [at.astimezone(zone).date().isoformat() for at in (query.since, query.until) if at is not None]
    return "-".join([entry.titled(query.language), *(days or [now.astimezone(zone).date().isoformat()])])


async def csv_of(
    entry: ExportList, query: ExportQuery, zone: tzinfo, names: Mapping[str, Names] = NO_NAMES
) -> AsyncIterator[bytes]:
    """Yields the CSV file in pieces, as its rows come from the database."""
    known = await _directories(entry, names)
    yield b"".join(csv_pieces(heads(entry.columns, entry.named, query.language), [], zone))
    async for rows in entry.pages(query):
        yield await asyncio.to_thread(_csv_page, entry, rows, query, known, zone)


def _csv_page(entry: ExportList, rows: Sequence[Cells], query: ExportQuery, names: Directories, zone: tzinfo) -> bytes:
    return b"".join(csv_more(spoken(entry, rows, query.language, names), zone))


async def write_list(
    entry: ExportList, query: ExportQuery, zone: tzinfo, path: Path, names: Mapping[str, Names] = NO_NAMES
) -> None:
    """Writes the list into a file."""
    if query.format is FileFormat.CSV:
        with await asyncio.to_thread(path.open, "wb") as file:
            async for piece in csv_of(entry, query, zone, names):
                await asyncio.to_thread(file.write, piece)
        return
    known, title = await _directories(entry, names), entry.titled(query.language)
    book = await asyncio.to_thread(XlsxList, path, heads(entry.columns, entry.named, query.language), zone, title=title)
    try:
        async for rows in entry.pages(query):
            await asyncio.to_thread(book.add, spoken(entry, rows, query.language, known))
    finally:
        await asyncio.to_thread(book.close)


async def _directories(entry: ExportList, names: Mapping[str, Names]) -> Directories:
    """Returns the names of this list's codes; a directory that no room provides is empty."""
    conditions = {named.of for named in entry.named.values()}
    return {of: await names[of]() for of in sorted(conditions) if of in names}
