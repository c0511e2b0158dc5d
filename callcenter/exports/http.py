"""Exports over HTTP: one route for each list, with that list's filter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from callcenter.clock import Clock
from callcenter.exports.files import NO_NAMES, csv_of, file_name, write_list
from callcenter.exports.model import ExportList, ExportQuery, FileFormat, Names
from callcenter.kit.table_writer import CSV_TYPE, XLSX_TYPE
from callcenter.web.audit import Audit
from callcenter.web.routes import Ask, Routes
from callcenter.web.streaming import send

PIECE: Final = 256 * 1024
AT_ONCE: Final = 2
"""Exports under way at a time; further ones wait their turn."""


def routes(
    lists: Iterable[ExportList], audit: Audit, zone: tzinfo, clock: Clock, names: Mapping[str, Names] = NO_NAMES
) -> Routes:
    routes, places = Routes("exports"), asyncio.Semaphore(AT_ONCE)
    for export in lists:
        writing = Writing(export, zone, names, clock)
        routes.get(f"/exports/{export.name}", roles=export.roles)(_handler(writing, audit, places))
    return routes


@dataclass(frozen=True, slots=True)
class Writing:
    """A list with what its files are written by."""

    export_list: ExportList
    zone: tzinfo
    names: Mapping[str, Names]
    clock: Clock


def _handler(writing: Writing, audit: Audit, places: asyncio.Semaphore) -> Callable[..., Awaitable[web.StreamResponse]]:
    chosen = writing.export_list

    async def export(ask: Ask, query: ExportQuery) -> web.StreamResponse:
        dump = query.model_dump(mode="json", exclude_none=True)
        await audit.record(ask.require(), "list.exported", f"list/{chosen.name}", ask.address, dump)
        async with places:
            if query.format is FileFormat.CSV:
                return await _csv(ask, writing, query)
            return await _xlsx(ask, writing, query)

    # The list's own filter is what OpenAPI shows and what requests are checked by.
    kinds: dict[str, Any] = {"ask": Ask, "query": chosen.query, "return": web.StreamResponse}
    export.__annotations__ = kinds
    export.__name__ = f"export_{chosen.name}"
    export.__doc__ = f"The list `{chosen.name}` as CSV or XLSX, as the filter shows it."
    return export


def _response(ask: Ask, writing: Writing, query: ExportQuery) -> web.StreamResponse:
    media = CSV_TYPE if query.format is FileFormat.CSV else XLSX_TYPE
    name = file_name(writing.export_list, query, writing.clock(), writing.zone)
    disposition = disposition_of(f"{name}.{query.format}", f"{writing.export_list.name}.{query.format}")
    return web.StreamResponse(
        headers={"Content-Type": media, "Content-Disposition": disposition, "Cache-Control": "no-store", **ask.headers}
    )


def disposition_of(name: str, plain: str) -> str:
    """A file to be kept under this name; `plain` is for clients that read ASCII only (RFC 6266, 4.3 and RFC 8187)."""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _csv(ask: Ask, writing: Writing, query: ExportQuery) -> web.StreamResponse:
    pieces = csv_of(writing.export_list, query, writing.zone, writing.names)
    return await send(ask.request, _response(ask, writing, query), pieces)


async def _xlsx(ask: Ask, writing: Writing, query: ExportQuery) -> web.StreamResponse:
    with TemporaryDirectory(prefix="cc-export") as directory:
        path = Path(directory, f"{writing.export_list.name}.xlsx")
        await write_list(writing.export_list, query, writing.zone, path, writing.names)
        return await send(ask.request, _response(ask, writing, query), _pieces(path))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
