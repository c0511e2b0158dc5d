"""Keeps the reception process running and its snapshot current.

Wired here because `ivr` imports the core's services and the core does not import `ivr`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import structlog

from callcenter.calls.live import LiveFloor
from callcenter.customers.service import CustomerService
from callcenter.kit.hours import OpeningHours, read_windows
from callcenter.kit.secret_files import without_secrets
from callcenter.routing.model import Line as OurLine
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from ivr.reception import Line, Standing
from ivr.snapshot import Books, written

ROOT: Final = Path(__file__).parents[2]
FIRST_REST: Final = 0.2
"""Seconds until a reception that ended is restarted; the dialplan's fallback takes callers in the meantime."""
LONGEST_REST: Final = 5.0
END_SECONDS: Final = 5.0

log = structlog.get_logger(__name__)


class ReceptionSupervisor:
    """Takes duty from the live floor, so that the reception and the queue members agree on who is available."""

    def __init__(self, settings: Settings, lines: LineService, customers: CustomerService, live: LiveFloor) -> None:
        self._settings = settings
        self._lines = lines
        self._customers = customers
        self._live = live
        self._known: Mapping[str, Line] = {}
        self._standings: Mapping[str, Standing] = {}
        self._stale = asyncio.Event()
        self._stale.set()
        self.ready = asyncio.Event()
        """Set while callers are answered."""
        live.on_duty_changed.append(self._stale.set)

    async def refresh(self) -> None:
        """Reload lines and caller standings; called at start, after each change, and twice a minute."""
        self._known = {line.code: _line(line) for line in await self._lines.lines()}
        self._standings = {number: Standing(s.value) for number, s in (await self._customers.standings()).items()}
        self._stale.set()

    def snapshot(self) -> Books:
        """The snapshot for the reception at this instant. An agent who is not signed in cannot take the call."""
        floor = self._live.floor
        duty = {line: tuple(filter(floor.agents.signed_in, agents)) for line, agents in floor.duty}
        settings = self._settings
        return Books(
            self._known,
            duty if floor.duty_known else None,
            self._standings,
            settings.region,
            settings.outside_prefix,
        )

    async def run(self) -> NoReturn:
        """Keep a reception running until cancelled; restart one that ends, with increasing delay."""
        clock, wait = asyncio.get_running_loop().time, FIRST_REST
        while True:
            began = clock()
            try:
                await self._attend()
            except OSError as error:
                log.error("reception_not_begun", cause=str(error))
            finally:
                self.ready.clear()
            wait = FIRST_REST if clock() - began > LONGEST_REST else min(2 * wait, LONGEST_REST)
            log.warning("reception_ended", begins_again_in=wait)
            await asyncio.sleep(wait)

    async def _attend(self) -> None:
        """Run one process from start to end."""
        pbx, how = self._settings.pbx, ["json"] if self._settings.log_json else []
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ivr.process",
            pbx.agi_host,
            str(pbx.agi_port),
            *how,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env=without_secrets(),
        )
        try:
            async with asyncio.TaskGroup() as group:
                feeding = group.create_task(self._feed(child), name="reception-books")
                assert child.stdout is not None
                if await child.stdout.readline():
                    self.ready.set()
                await child.wait()
                feeding.cancel()
        finally:
            await _end(child)

    async def _feed(self, child: asyncio.subprocess.Process) -> None:
        """Send the snapshot, and again whenever it changes."""
        assert child.stdin is not None
        sent = None
        while True:
            self._stale.clear()
            snapshot = self.snapshot()
            if snapshot != sent:
                child.stdin.write(written(snapshot))
                try:
                    await child.stdin.drain()
                except ConnectionError:
                    # The process has ended, which `_attend` detects itself.
                    return
                sent = snapshot
            await self._stale.wait()


async def _end(child: asyncio.subprocess.Process) -> None:
    """Close its input, so that it can finish with its current callers; terminate it if it does not."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        async with asyncio.timeout(END_SECONDS):
            await child.communicate()
    except TimeoutError:
        child.kill()
        await child.communicate()


def _line(line: OurLine) -> Line:
    return Line(
        line.code,
        line.queue,
        line.language,
        OpeningHours(read_windows(line.hours), line.timezone),
        line.greeting,
        line.priority,
    )
