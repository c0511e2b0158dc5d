"""Runs SIPp as a child process, yields its events as they happen, and leaves nothing behind.

SIPp (https://sipp.readthedocs.io) simulates the world outside the PBX: the agents' phones and the callers. The
scenarios beside this file log one line per event; the exit code reports whether every call followed its scenario.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.demo.ports import free_port
from callcenter.errors import Unavailable

SCENARIOS: Final = Path(__file__).parent / "scenarios"
TONE: Final = "tone.al"
_runs = itertools.count(1)


class SippFailed(Unavailable):
    """SIPp could not be started, ended early, or an awaited event did not come in time."""

    code = "sipp_failed"


@dataclass(frozen=True, slots=True)
class Network:
    """How phones and callers reach the PBX: SIPp's command line, the PBX's SIP address, a folder for our files."""

    program: tuple[str, ...]
    host: str
    port: int
    folder: Path
    local: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as SIPp saw it: what, at whose phone or from which number, when (epoch seconds), with whom."""

    what: str
    party: str
    at: float
    other: str


def _held(port: int, local: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((local, port))
        except OSError:
            return True
    return False


def parse_events(text: str) -> list[Seen]:
    """The complete lines of an event log; SIPp's timestamp is `date TAB time TAB epoch`."""
    events = []
    for line in text.split("\n")[:-1]:
        head, _, rest = line.partition("\t")
        words, tail = head.split(" "), rest.rpartition("\t")[2].split(" ")
        if len(words) >= 3 and tail[0]:
            events.append(Seen(words[0], words[1], float(tail[0]), tail[1] if len(tail) > 1 else ""))
    return events


class Run:
    """One SIPp process and its event log."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, screen: Path) -> None:
        self._process = process
        self._log = log
        self._screen = screen

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def events(self) -> list[Seen]:
        """What has happened so far, oldest first."""
        return parse_events(self._log.read_text("utf-8", "replace")) if self._log.exists() else []

    async def see(
        self, what: str, party: str | None = None, within: float = 15.0, times: int = 1, other: str | None = None
    ) -> Seen:
        """Wait until an event has occurred `times` times and return it; raises SippFailed after `within` seconds."""

        def matching() -> list[Seen]:
            mine = [seen for seen in self.events() if seen.what == what and party in (None, seen.party)]
            return [seen for seen in mine if other in (None, seen.other)]

        await self._until(lambda: len(matching()) >= times, within, f"{what} {party or ''}")
        return matching()[times - 1]

    async def listening(self, port: int, local: str, within: float = 5.0) -> None:
        """Wait until SIPp has bound its port: a datagram sent before that is lost."""
        await self._until(lambda: _held(port, local), within, f"port {port}")

    async def over(self, within: float = 60.0) -> bool:
        """Wait for SIPp to end; True when every call followed its scenario (exit code 0)."""
        try:
            async with asyncio.timeout(within):
                code = await self._process.wait()
        except TimeoutError:
            raise SippFailed("the calls did not end in time", within=within) from None
        if code not in (0, 1):
            raise SippFailed(f"SIPp ended with {code}: {self.last_words()}")
        return code == 0

    async def stop(self) -> None:
        """Let SIPp hang up its calls, then end it and all its child processes."""
        for _ in range(2):  # The second signal aborts the calls that still run, with BYE or CANCEL.
            self._signal(signal.SIGUSR1)
            if self.running:
                await asyncio.sleep(0.05)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def last_words(self) -> str:
        text = self._screen.read_text("utf-8", "replace") if self._screen.exists() else ""
        return " ".join(text.split())[-400:]

    async def _until(self, condition: Callable[[], bool], within: float, what: str) -> None:
        try:
            async with asyncio.timeout(within):
                while not condition():
                    if not self.running and not condition():
                        raise SippFailed(f"SIPp ended before: {what}; {self.last_words()}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise SippFailed(f"not seen within {within} s: {what}") from None

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


@contextlib.asynccontextmanager
async def sipp(
    network: Network, scenario: str, options: Sequence[str], files: dict[str, str] | None = None
) -> AsyncIterator[Run]:
    """Start a scenario; its process and files are gone when the block ends, however it ends."""
    folder = network.folder / f"sipp-{os.getpid()}-{next(_runs)}"
    _prepare(folder, scenario, files or {})
    command = [
        *_tied(),
        *network.program,
        "-sf",
        scenario,
        "-i",
        network.local,
        "-mi",
        network.local,
        "-nostdin",
        "-cp",
        str(free_port()),
        "-trace_logs",
        "-log_file",
        "events.log",
        *options,
        f"{network.host}:{network.port}",
    ]
    screen = folder / "screen.txt"
    with screen.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    run = Run(process, folder / "events.log", screen)
    try:
        yield run
    finally:
        await asyncio.shield(run.stop())
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path, scenario: str, files: dict[str, str]) -> None:
    """SIPp looks for its files beside the scenario, so each run has its own folder."""
    folder.mkdir(parents=True)
    shutil.copy(SCENARIOS / scenario, folder / scenario)
    (folder / TONE).write_bytes(tone())
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def _tied() -> list[str]:
    """A command prefix that makes the kernel end the process with ours, even when we are killed with SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def tone(seconds: float = 1.0, hertz: float = 450.0) -> bytes:
    """A tone as G.711 A-law (ITU-T G.711), 8000 samples a second: Asterisk's Answer() waits for a first packet."""
    wave = (int(3000 * math.sin(2 * math.pi * hertz * i / 8000)) for i in range(int(8000 * seconds)))
    return bytes(a_law_of(sample) for sample in wave)


def a_law_of(sample: int) -> int:
    """A 16-bit sample as a byte of G.711 A-law."""
    sign, size = (0x80 if sample >= 0 else 0), abs(sample)
    exponent = max(0, size.bit_length() - 8)
    mantissa = (size >> (4 if exponent == 0 else exponent + 3)) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55


def _linear(code: int) -> int:
    """A byte of G.711 A-law as a 16-bit sample: the middle of its interval."""
    plain = code ^ 0x55
    exponent, mantissa = (plain >> 4) & 0x07, plain & 0x0F
    size = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return size if plain & 0x80 else -size


_LOW: Final = bytes(_linear(code) & 0xFF for code in range(256))
_HIGH: Final = bytes((_linear(code) >> 8) & 0xFF for code in range(256))


def linear_of(a_law: bytes) -> bytes:
    """G.711 A-law as 16-bit little-endian samples."""
    samples = bytearray(2 * len(a_law))
    samples[0::2] = a_law.translate(_LOW)
    samples[1::2] = a_law.translate(_HIGH)
    return bytes(samples)
