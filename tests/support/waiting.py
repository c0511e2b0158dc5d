"""Waits for a condition, never for a time: the limit only ends a test that would never end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], bool], limit: float = 5.0) -> None:
    """Return as soon as the condition holds; raises TimeoutError after `limit` seconds."""
    async with asyncio.timeout(limit):
        while not condition():  # noqa: ASYNC110 - what is waited for is a state, which has no event of its own.
            await asyncio.sleep(0.005)


async def until_true(condition: Callable[[], Awaitable[bool]], limit: float = 5.0) -> None:
    """The same for a condition that has to be awaited."""
    async with asyncio.timeout(limit):
        while not await condition():  # noqa: ASYNC110 - as above.
            await asyncio.sleep(0.02)
