"""Asks the service over the reception's pipe: numbered questions as lines of JSON, answers the same way.

The database is the service's; the reception's process has none. A question that is not answered in time
is dropped, and its caller is treated as unknown.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from ivr.session.model import Caller, CaseState, Noted

CALLER_SECONDS: Final = 0.5
"""The caller hears nothing until the answer arrives."""
CASE_SECONDS: Final = 3.0
MOST_OPEN: Final = 500

Write = Callable[[bytes], object]


class Questions:
    """The unanswered questions. `write` sends a line to the service and must not block."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._numbers = itertools.count(1)
        self._open: dict[int, asyncio.Future[Any]] = {}

    async def caller(self, number: str, line: str) -> Caller | None:
        """Raises TimeoutError."""
        answer = await self._ask(CALLER_SECONDS, "caller", number, line)
        return None if answer is None else Caller(**answer)

    async def member(self, digits: str, number: str, line: str) -> Caller | None:
        """Raises TimeoutError."""
        answer = await self._ask(CASE_SECONDS, "member", digits, number, line)
        return None if answer is None else Caller(**answer)

    async def own_agent(self, number: str, line: str) -> str | None:
        """Raises TimeoutError."""
        answer = await self._ask(CALLER_SECONDS, "agent", number, line)
        return None if answer is None else str(answer["agent"])

    async def case(self, digits: str, check: str) -> CaseState | None:
        """Raises TimeoutError."""
        answer = await self._ask(CASE_SECONDS, "case", digits, check)
        if answer is None:
            return None
        due = answer.get("due")
        return CaseState(answer["case"], answer["state"], datetime.fromisoformat(due) if due else None)

    def went(self, call: str, version: str, notes: Sequence[Noted]) -> None:
        """Notify the service of a caller's path."""
        self._send({"path": {"call": call, "flow": version, "notes": [asdict(note) for note in notes]}})

    def answered(self, line: Mapping[str, Any]) -> None:
        """Take an answer; one to a question that was given up is dropped. A failed look-up is a slow one."""
        future = self._open.get(line["answer"])
        if future is not None and not future.done():
            if line.get("failed"):
                future.set_exception(TimeoutError("the service could not look it up"))
            else:
                future.set_result(line.get("result"))

    async def _ask(self, seconds: float, what: str, *arguments: str) -> Any:
        if len(self._open) >= MOST_OPEN:
            raise TimeoutError("too many questions are open")
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        try:
            self._send({"ask": number, "what": what, "arguments": arguments})
            async with asyncio.timeout(seconds):
                return await future
        finally:
            del self._open[number]

    def _send(self, line: Mapping[str, Any]) -> None:
        self._write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
