"""Keeps the embedded Asterisk running."""

from __future__ import annotations

import asyncio

import structlog

from callcenter.asterisk.embedded import Embedded, PbxDown

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0


async def keep_running(pbx: Embedded) -> None:
    """Restart the embedded Asterisk whenever it dies, until cancelled; one that was stopped on purpose stays stopped.

    `core restart` ends here as well: Asterisk replaces itself by its own binary, which runs only through our loader.
    """
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            if await asyncio.to_thread(pbx.keep_log):
                log.error("pbx_log_filter_started_again")
        except OSError as error:
            log.error("pbx_log_filter_does_not_start", detail=str(error)[:200])
        if await asyncio.to_thread(pbx.pid) is None and not pbx.stopped:
            log.error("pbx_died")
            try:
                await asyncio.to_thread(pbx.start)
                log.warning("pbx_started_again")
            except (PbxDown, OSError) as error:
                log.error("pbx_does_not_start", detail=str(error)[:200])
