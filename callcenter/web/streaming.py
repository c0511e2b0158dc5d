"""Answers that are sent piece by piece: the first is there before the headers, a later fault is no whole answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog
from aiohttp import web

log = structlog.get_logger("callcenter.web")


async def send(request: web.Request, answer: web.StreamResponse, pieces: AsyncIterator[bytes]) -> web.StreamResponse:
    """Send all pieces. What fails before the first one is an ordinary problem, with its own status.

    What fails later breaks the connection off: a client then knows that the answer is not whole, where an end in good
    order would pass for a short list.
    """
    first = await anext(pieces, b"")
    await answer.prepare(request)
    try:
        await answer.write(first)
        async for piece in pieces:
            await answer.write(piece)
    except ConnectionError:
        # The client has gone.
        return answer
    except Exception:
        log.exception("answer_broken_off", route=request.match_info.route.resource)
        if request.transport is not None:
            request.transport.abort()
        return answer
    await answer.write_eof()
    return answer
