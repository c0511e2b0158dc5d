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


def file_name(export: ExportList, query: ExportQuery, now: datetime, zone: tzinfo) -> str:
    """Returns the file name: the list and its days by the centre's clock, those requested, else today."""
    days = [at.astimezone(zone).date().isoformat() for at in (query.since, query.until) if at is not None]
    return "-".join([export.titled(query.language), *(days or [now.astimezone(zone).date().isoformat()])])


async def csv_of(
    export: ExportList, query: ExportQuery, zone: tzinfo, names: Mapping[str, Names] = NO_NAMES
) -> AsyncIterator[bytes]:
    """Yields the CSV file in pieces, as its rows come from the database."""
    known = await _directories(export, names)
    yield b"".join(csv_pieces(heads(export.columns, export.named, query.language), [], zone))
    async for rows in export.pages(query):
        yield await asyncio.to_thread(_csv_page, export, rows, query, known, zone)


def _csv_page(export: ExportList, rows: Sequence[Cells], query: ExportQuery, names: Directories, zone: tzinfo) -> bytes:
    return b"".join(csv_more(spoken(export, rows, query.language, names), zone))


async def write_list(
    export: ExportList, query: ExportQuery, zone: tzinfo, path: Path, names: Mapping[str, Names] = NO_NAMES
) -> None:
    """Writes the list into a file."""
    if query.format is FileFormat.CSV:
        with await asyncio.to_thread(path.open, "wb") as file:
            async for piece in csv_of(export, query, zone, names):
                await asyncio.to_thread(file.write, piece)
        return
    known, title = await _directories(export, names), export.titled(query.language)
    book = await asyncio.to_thread(
        XlsxList, path, heads(export.columns, export.named, query.language), zone, title=title
    )
    try:
        async for rows in export.pages(query):
            await asyncio.to_thread(book.add, spoken(export, rows, query.language, known))
    finally:
        await asyncio.to_thread(book.close)


async def _directories(export: ExportList, names: Mapping[str, Names]) -> Directories:
    """Returns the names of this list's codes; a directory that no room provides is empty."""
    kinds = {named.of for named in export.named.values()}
    return {of: await names[of]() for of in sorted(kinds) if of in names}
