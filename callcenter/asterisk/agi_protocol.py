"""Parses and encodes FastAGI without I/O: bytes in, events out; no sockets, no clock, nothing that blocks.

Source: Asterisk's `res_agi` (the exchange is described under "Asterisk Gateway Interface" in its manual).
Asterisk opens a connection, writes `agi_name: value` lines and an empty line, then answers each command with one line.
Two cases break naive readers: a `HANGUP` line may come between a command and its answer and must not be taken for the
answer; and a peer may close before sending anything, which is an event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from callcenter.errors import Invalid, Unavailable

LINE_LIMIT: Final = 8192
"""Bytes in one line; a caller name of 4 kB must still fit."""

REQUEST_LINES: Final = 200
"""Lines in the opening block; res_agi allows 127 arguments in addition to about 25 variables."""

COMMAND_LIMIT: Final = 2000
"""Bytes in one command.

res_agi reads a command into a fixed buffer and would split a longer one (AGI_BUF_LEN: 8192 in Asterisk 22.10, 2048 in
older versions).
"""

_ANSWER: Final = re.compile(r"(?P<code>\d{3})(?P<more>[ -])(?P<text>.*)", re.DOTALL)
_RESULT: Final = re.compile(r"result=(?P<result>\S*)(?: \((?P<data>.*)\))?(?: (?P<rest>.*))?", re.DOTALL)


class BrokenAgi(Unavailable):
    """The peer does not speak AGI; the connection is unusable."""

    code = "agi_broken"


@dataclass(frozen=True, slots=True)
class Opened:
    """The complete opening block: `agi_...` names without the prefix, values as text."""

    request: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the oldest open command: 200 with a result, or 510, 511 or 520 with an explanation."""

    code: int
    result: str = ""
    data: str = ""
    text: str = ""

    @property
    def ok(self) -> bool:
        """True when Asterisk ran the command and reported no failure (`result=-1`, or -2: no such application)."""
        return self.code == 200 and not self.result.startswith("-")


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The channel hung up; answers still follow, one per command (mostly 511)."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The peer closed the connection; `midway` when a line or the opening block was incomplete."""

    midway: bool


Event = Opened | Answered | CallerGone | Ended


@dataclass
class AgiReader:
    """Turns bytes, in chunks of any size, into events; raises BrokenAgi once and then returns nothing."""

    _rest: bytearray = field(default_factory=bytearray)
    _request: dict[str, str] | None = field(default_factory=dict)
    _usage: list[str] = field(default_factory=list)
    _over: bool = False

    def feed(self, data: bytes) -> list[Event]:
        """Add bytes and return the events they complete; empty input is no event, use `end()` for that."""
        if self._over:
            return []
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        if max(len(line) for line in (*lines, rest)) > LINE_LIMIT:
            raise self._broken("a line is too long")
        self._rest = bytearray(rest)
        events: list[Event] = []
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode("utf-8", "replace"))
            if event is not None:
                events.append(event)
        return events

    def end(self) -> list[Event]:
        """The peer closed; returns the event once, however often it is called."""
        if self._over:
            return []
        self._over = True
        return [Ended(midway=bool(self._rest or self._request or self._usage))]

    def _line(self, line: str) -> Event | None:
        if line == "HANGUP":
            return CallerGone()
        if self._request is not None:
            return self._opening(self._request, line)
        return self._answer(line)

    def _opening(self, request: dict[str, str], line: str) -> Event | None:
        if not line:
            self._request = None
            return Opened(MappingProxyType(request))
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("agi_"):
            raise self._broken("the opening block holds a foreign line")
        if len(request) >= REQUEST_LINES:
            raise self._broken("the opening block is too long")
        # The first value wins: a caller name that contains its own "agi_extension" line must not replace ours.
        request.setdefault(name.removeprefix("agi_"), value.strip())
        return None

    def _answer(self, line: str) -> Event | None:
        answer = _ANSWER.fullmatch(line)
        if answer is None:
            if self._usage and len(self._usage) < REQUEST_LINES:
                self._usage.append(line)
                return None
            raise self._broken("an answer has no code")
        code, text = int(answer["code"]), answer["text"]
        if code < 200:
            # GOSUB announces that it has begun (app_stack.c); the answer follows.
            return None
        if answer["more"] == "-":
            self._usage = [text]
            return None
        usage, self._usage = self._usage, []
        match = _RESULT.fullmatch(text)
        if match is None:
            return Answered(code, text="\n".join([*usage, text]))
        return Answered(code, match["result"], match["data"] or "", match["rest"] or "")

    def _broken(self, why: str) -> BrokenAgi:
        self._over = True
        self._rest.clear()
        return BrokenAgi(f"not an AGI exchange: {why}")


def encode(verb: str, *arguments: str) -> bytes:
    """Encode one command as bytes; every argument is quoted to preserve spaces and quotes.

    Raises Invalid on CR, LF or NUL (each would end the command or begin another) and on a command that exceeds
    res_agi's buffer.
    """
    line = " ".join([verb, *(_quoted(argument) for argument in arguments)])
    if any(sign in line for sign in "\r\n\0"):
        raise Invalid("an AGI command holds no line break and no NUL")
    data = line.encode() + b"\n"
    if len(data) > COMMAND_LIMIT:
        raise Invalid(f"an AGI command is at most {COMMAND_LIMIT} bytes long", bytes=len(data))
    return data


def _quoted(argument: str) -> str:
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
