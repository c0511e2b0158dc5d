"""Watches the reception's process: one that is stopped or stuck is killed, and its callers go on in the queue."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from ivr.snapshot import PING

PING_SECONDS: Final = 2.0
ECHO_SECONDS: Final = 5.0
"""A reception that echoes neither of two pings within this time each is killed; another one is then started."""
log = structlog.get_logger(__name__)


async def watch(child: asyncio.subprocess.Process, echoed: asyncio.Event) -> None:
    """Ping until the process ends; `echoed` is set when its output has the echo."""
    missed = 0
    assert child.stdin is not None
    while missed < 2:
        await asyncio.sleep(PING_SECONDS)
        echoed.clear()
        if child.stdin.is_closing():
            return
        child.stdin.write(PING)
        try:
            async with asyncio.timeout(ECHO_SECONDS):
                await echoed.wait()
            missed = 0
        except TimeoutError:
            # Once may be our own stall: the echo is then there, but unread.
            missed += 1
    log.error("reception_frozen", seconds=2 * ECHO_SECONDS)
    child.kill()
