"""Lists written into files, page by page; the database and the disk are not waited for on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import tzinfo
from pathlib import Path

from callcenter.exports.model import ExportList, ExportQuery, FileFormat
from callcenter.sheets import Cells, XlsxList, csv_more, csv_pieces


def _csv_page(rows: Sequence[Cells], zone: tzinfo) -> bytes:
    return b"".join(csv_more(rows, zone))


async def csv_of(one: ExportList, query: ExportQuery, zone: tzinfo) -> AsyncIterator[bytes]:
    """The CSV file in pieces, as its rows come from the database."""
    yield b"".join(csv_pieces(one.columns[query.language], [], zone))
    async for rows in one.pages(query):
        yield await asyncio.to_thread(_csv_page, rows, zone)


async def write_list(one: ExportList, query: ExportQuery, zone: tzinfo, path: Path) -> None:
    """Write the list into a file."""
    if query.format is FileFormat.CSV:
        with await asyncio.to_thread(path.open, "wb") as file:
            async for piece in csv_of(one, query, zone):
                await asyncio.to_thread(file.write, piece)
        return
    book = await asyncio.to_thread(XlsxList, path, one.columns[query.language], zone)
    try:
        async for rows in one.pages(query):
            await asyncio.to_thread(book.add, rows)
    finally:
        await asyncio.to_thread(book.close)
