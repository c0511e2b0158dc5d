"""Lets the event loop run between the parts of a long computation, so that the live picture does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

Item = TypeVar("Item")


async def by_turns(items: Iterable[Item], each: int) -> AsyncIterator[Item]:
    """The items; after each so many of them everything else that is due runs once."""
    for count, item in enumerate(items, start=1):
        yield item
        if count % each == 0:
            await asyncio.sleep(0)
