"""Reads files from people in a process of its own with little memory and time, one file at a time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callcenter.errors import Unavailable
from callcenter.kit.secret_files import without_secrets

ROOT: Final = Path(__file__).parents[2]
LONGEST_LINE: Final = 128 * 2**20


@dataclass
class Turns:
    """One file is read at a time; `waiting` more may wait, the next one is refused with `busy`."""

    waiting: int
    busy: Callable[[], Unavailable]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _asked: int = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        if self._asked > self.waiting:
            raise self.busy()
        self._asked += 1
        try:
            async with self._turn:
                yield
        finally:
            self._asked -= 1


@asynccontextmanager
async def reading_process(module: str, megabytes: int, seconds: float) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m MODULE MEGABYTES SECONDS` with pipes for stdin and stdout; it is ended with the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        str(megabytes),
        str(max(1, round(seconds))),
        cwd=ROOT,
        env=without_secrets(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        # Reading to the end lets the transport close; otherwise it would stay open until the loop ends.
        await child.communicate()
