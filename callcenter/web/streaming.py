"""Streams answers piece by piece: the first piece precedes the headers, and a later fault breaks the answer off."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog
from aiohttp import web

log = structlog.get_logger("callcenter.web")


async def send(request: web.Request, answer: web.StreamResponse, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send all pieces. A failure before the first one is an ordinary problem, with its own status.

    A later failure aborts the connection: the client then knows that the answer is incomplete, whereas a regular
    end would pass for a short list.
    """
    first = await anext(pieces, b"")
    await answer.prepare(request)
    try:
        await answer.write(first)
        async for piece in pieces:
            await answer.write(piece)
    except ConnectionError:
        # The client has disconnected.
        return answer
    except Exception:
        log.exception("answer_broken_off", route=request.match_info.route.resource)
        if request.transport is not None:
            request.transport.abort()
        return answer
    await answer.write_eof()
    return answer
