"""Renders HTML to PDF in separate processes, a few at once, each print within a time limit.

A print that takes too long is ended by killing its process; the next one gets a fresh process. So the service keeps
answering calls, whatever a form contains.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NoReturn, Self

import structlog

from callcenter.paper.errors import BadWordTemplate, PrintFailed, PrintTooBusy, PrintTooLong, WordNotInstalled
from callcenter.paper.printer import LENGTH

ROOT: Final = Path(__file__).parents[2]
PRINTS_PER_PROCESS: Final = 200
"""A process is replaced after this many prints, so that a library's leak cannot grow forever."""

log = structlog.get_logger("callcenter.paper")


@dataclass
class _Process:
    child: asyncio.subprocess.Process
    printed: int = 0

    async def ask(self, request: Sequence[bytes]) -> bytes:
        stdin, stdout = self.child.stdin, self.child.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(LENGTH.pack(sum(len(part) for part in request)))
        stdin.writelines(request)
        await stdin.drain()
        (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
        return await stdout.readexactly(length)

    async def end(self) -> None:
        if self.child.returncode is None:
            self.child.kill()
        # Reading to the end lets the transport close; otherwise it would stay open until the loop ends.
        await self.child.communicate()


@dataclass
class Press:
    """`at_once` prints run at a time, `waiting` more may queue; `seconds` and `megabytes` limit one print."""

    at_once: int = 2
    waiting: int = 50
    seconds: float = 20.0
    megabytes: int = 2048
    _free: list[_Process] = field(default_factory=list)
    _asked: int = 0

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.at_once)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self) -> NoReturn:
        """Waits until cancelled, then ends the processes."""
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()
        raise AssertionError("this event is never set")

    async def close(self) -> None:
        """Ends the idle processes."""
        while self._free:
            await self._free.pop().end()

    async def pdf(self, page: str) -> bytes:
        """Returns a page as PDF. Raises PrintTooLong, PrintFailed, PrintTooBusy."""
        return await self._print({"kind": "pdf"}, [page.encode(errors="replace")])

    async def join(self, pieces: Sequence[bytes]) -> bytes:
        """Joins several PDFs into one. Raises PrintTooLong, PrintFailed, PrintTooBusy."""
        return await self._print({"kind": "join", "lengths": [len(piece) for piece in pieces]}, pieces)

    async def word(self, template: bytes, values: Mapping[str, Any]) -> bytes:
        """Fills in a Word template. Raises WordNotInstalled, BadWordTemplate, PrintTooLong, PrintTooBusy."""
        if find_spec("docxtpl") is None:
            raise WordNotInstalled("Word forms need the extra: pip install '.[docx]'")
        try:
            return await self._print({"kind": "word", "values": dict(values)}, [template])
        except PrintFailed as error:
            raise BadWordTemplate(error.detail) from None

    async def _print(self, head: Mapping[str, Any], body: Sequence[bytes]) -> bytes:
        if self._asked >= self.at_once + self.waiting:
            raise PrintTooBusy("too many forms wait for the press; try again in a moment", waiting=self._asked)
        self._asked += 1
        try:
            async with self._places, self._process() as process:
                answer = await process.ask([json.dumps(dict(head)).encode() + b"\n", *body])
        finally:
            self._asked -= 1
        if answer[:1] != b"+":
            cause = answer[1:].decode(errors="replace")
            log.warning("print_failed", cause=cause)
            raise PrintFailed("this could not be printed: " + cause)
        return answer[1:]

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[_Process]:
        process = self._free.pop() if self._free else await self._begin()
        try:
            async with asyncio.timeout(self.seconds):
                yield process
        except TimeoutError:
            await process.end()
            log.warning("print_timed_out", seconds=self.seconds)
            raise PrintTooLong(f"the print was ended after {self.seconds:g} s", seconds=self.seconds) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await process.end()
            raise PrintFailed("this could not be printed: the printing process ended") from None
        except BaseException:
            # Cancelled half-way: its output would be taken for the answer to the next request.
            await process.end()
            raise
        process.printed += 1
        if process.printed >= PRINTS_PER_PROCESS:
            await process.end()
        else:
            self._free.append(process)

    async def _begin(self) -> _Process:
        return _Process(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "callcenter.paper.printer",
                str(self.megabytes),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=ROOT,
                limit=2**20,
            )
        )
