"""Runs `callcenter demo` as a process, for tests and screenshots, and ends whatever it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.demo.api_client import until
from callcenter.demo.centre import SOURCE
from callcenter.settings import Settings

READY = "Ctrl-C stops all of it."


@dataclass
class DemoAccess:
    """What the demo prints for its user."""

    origin: str = ""
    screen: str = ""
    """The wallboard's address with its token."""
    passwords: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command in a session of its own, as a terminal would start it."""
    own = {"CC_DATA_DIR": str(folder), "CC_PBX__ROOT": str(Settings().pbx_root.resolve()), "PYTHONPATH": str(SOURCE)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter",
        "demo",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "en_US.UTF-8", **own},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def output_has(process: asyncio.subprocess.Process, words: str, within: float = 100) -> None:
    """Read its output until these words appear."""
    assert process.stdout is not None
    printed = ""
    async with asyncio.timeout(within):
        while line := (await process.stdout.readline()).decode():
            assert "not whole" not in line, line
            if words in line:
                return
            printed += line
    raise AssertionError(f"it ended before it printed: {words}\n{printed}")


async def printed_access(process: asyncio.subprocess.Process) -> DemoAccess:
    """The addresses and logins of a demo that has just become ready."""
    assert process.stdout is not None
    result = DemoAccess()
    async with asyncio.timeout(100):
        while line := (await process.stdout.readline()).decode():
            if where := re.search(r"API documentation +(http://\S+)/docs", line):
                result.origin = where[1]
            if screen := re.search(r"A screen on the wall +(\S+)", line):
                result.screen = screen[1]
            if login := re.search(r"Login as \S+ +(\S+) +/ (\S+)", line):
                result.passwords[login[1]] = login[2]
            if READY in line:
                return result
    raise AssertionError("it ended before it was ready")


def left(folder: Path) -> dict[int, str]:
    """The processes whose command or environment names the folder: their ids and commands."""
    return dict(_naming(str(folder).encode()))


def _naming(word: bytes) -> Iterator[tuple[int, str]]:
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
        except OSError:
            continue
        if word in command + environment and place.name != str(os.getpid()):
            yield int(place.name), command.replace(b"\0", b" ").decode("utf-8", "replace")


async def nothing_is_left(folder: Path) -> None:
    async def gone() -> bool:
        return not left(folder)

    await until(gone, 10, "nothing of the demo runs", every=0.2)


async def end_all(folder: Path) -> None:
    """End what a failed test leaves: Asterisk and the telephones are in sessions of their own and outlive a kill."""
    for pid in left(folder):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    await nothing_is_left(folder)
