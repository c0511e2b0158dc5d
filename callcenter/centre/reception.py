"""Keeps the reception process running and its snapshot current.

Wired here because `ivr` imports the core's services and the core does not import `ivr`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog
from phonenumbers import country_code_for_region

from callcenter import clock
from callcenter.asterisk.render.ahead import caller_key
from callcenter.asterisk.render.site import Caller
from callcenter.calls.live import LiveFloor
from callcenter.centre.reception_lines import SHIFTS_AHEAD, blocked_lines, open_times, reception_line, shifts_of
from callcenter.centre.reception_watch import watch
from callcenter.customers.numbers import spellings
from callcenter.customers.service import CustomerService
from callcenter.kit.secret_files import without_secrets
from callcenter.kit.work_calendar import holidays_of
from callcenter.roster.model import Shift
from callcenter.routing.blocks.model import Block
from callcenter.routing.ladder import TEAM
from callcenter.routing.service import LineService, QueueService
from callcenter.settings import Settings
from ivr.reception import PRIORITY, Line, Standing
from ivr.snapshot import PING, FlowText, Period, Snapshot, written

ROOT: Final = Path(__file__).parents[2]
FIRST_REST: Final = 0.2
"""Seconds until a reception that ended is restarted; the dialplan's fallback takes callers in the meantime."""
LONGEST_REST: Final = 5.0
END_SECONDS: Final = 5.0

ANSWERS_AT_ONCE: Final = 20
LONGEST_MESSAGE: Final = 2**18
Flows = Callable[[], Awaitable[Sequence[FlowText]]]
"""The flows in use."""
Blocks = Callable[[], Awaitable[Sequence[Block]]]
"""The blocks that hold now."""
Shifts = Callable[[datetime, datetime], Awaitable[Sequence[Shift]]]
"""The shifts that overlap a range."""
Answers = Callable[[str, Sequence[str]], Awaitable[Mapping[str, Any] | None]]
"""What the reception may look up: the kind of question and its arguments."""

log = structlog.get_logger(__name__)


async def no_flows() -> Sequence[FlowText]:
    """The default when no flows are kept."""
    return ()


async def no_blocks() -> Sequence[Block]:
    """The default without a block list."""
    return ()


async def no_answers(what: str, arguments: Sequence[str]) -> Mapping[str, Any] | None:
    """The default when nothing can be looked up."""
    return None


async def no_shifts(start: datetime, end: datetime) -> Sequence[Shift]:
    """The default when no roster is kept."""
    return ()


class ReceptionSupervisor:
    """Takes duty from the live floor, so that the reception and the queue members agree on who is available."""

    def __init__(
        self,
        settings: Settings,
        lines: LineService,
        queues: QueueService,
        customers: CustomerService,
        live: LiveFloor,
        flows: Flows = no_flows,
        answers: Answers = no_answers,
        blocks: Blocks = no_blocks,
        shifts: Shifts = no_shifts,
    ) -> None:
        self._settings = settings
        self._flows = flows
        self._answers = answers
        self._block_list = blocks
        self._blocks: Mapping[str, tuple[tuple[str, int], ...]] = {}
        self._texts: tuple[FlowText, ...] = ()
        self._open_times: Mapping[str, tuple[Period, ...]] = {}
        self._read_shifts = shifts
        self._shifts: Mapping[str, tuple[Period, ...]] = {}
        self.on_path: list[Callable[[Mapping[str, Any]], object]] = []
        """Called with each part of a caller's path through a flow; must never block."""
        self._lines = lines
        self._queues = queues
        self._customers = customers
        self._live = live
        self._known: Mapping[str, Line] = {}
        self._standings: Mapping[str, Standing] = {}
        self._dialects: Mapping[str, str] = {}
        self._stale = asyncio.Event()
        self._stale.set()
        self._echoed = asyncio.Event()
        self.ready = asyncio.Event()
        """Set while callers are answered."""
        self.on_change: list[Callable[[], object]] = []
        """Called after each reload; must not block."""
        live.on_duty_changed.append(self._stale.set)

    async def refresh(self) -> None:
        """Reload lines and caller standings; called at start, after each change, and twice a minute."""
        lines = await self._lines.lines()
        self._known = {line.code: reception_line(line) for line in lines}
        self._texts = tuple(await self._flows())
        worktime = self._settings.worktime
        kind = await asyncio.to_thread(holidays_of, worktime.holidays)
        self._open_times = {line.code: open_times(line, kind, worktime.days, clock.now()) for line in lines}
        self._shifts = shifts_of(await self._read_shifts(clock.now(), clock.now() + SHIFTS_AHEAD))
        self._standings = {number: Standing(s.value) for number, s in (await self._customers.standings()).items()}
        self._blocks = blocked_lines(await self._block_list())
        # Only languages for which some queue has speakers: others on file change nothing.
        served = {dialect for queue in await self._queues.queues() for dialect in queue.dialects}
        self._dialects = await self._customers.numbers_by_language(served) if served else {}
        self._stale.set()
        for listener in self.on_change:
            listener()

    def callers(self) -> dict[str, Caller]:
        """The callers' standings and dialects on file, by the keys of their numbers."""
        settings = self._settings
        country = str(country_code_for_region(settings.region))
        return {
            caller_key(spelling, country): Caller(
                PRIORITY[self._standings.get(number, Standing.ORDINARY)],
                self._ladders(number),
                self._blocks.get(number, ()),
            )
            for number in self._standings.keys() | self._dialects.keys() | self._blocks.keys()
            for spelling in spellings(number, country, settings.outside_prefix)
        }

    def _ladders(self, number: str) -> tuple[str, ...]:
        """The ladders that fit, best first: being understood comes before the team of one's standing (R8)."""
        spoken = self._dialects.get(number, "").lower()
        dialect = (spoken,) if spoken else ()
        return (*dialect, TEAM) if number in self._standings else dialect

    def queue_of(self, line: str) -> str | None:
        """The queue of a line; None for an unknown line."""
        known = self._known.get(line)
        return None if known is None else known.queue

    def snapshot(self) -> Snapshot:
        """The snapshot for the reception at this instant. An agent who is not signed in cannot take the call."""
        floor = self._live.floor
        duty = {line: tuple(filter(floor.agents.signed_in, agents)) for line, agents in floor.duty}
        settings = self._settings
        return Snapshot(
            lines=self._known,
            duty_of=duty if floor.duty_known else None,
            standings=self._standings,
            dialects=self._dialects,
            blocks=self._blocks,
            region=settings.region,
            outside_prefix=settings.outside_prefix,
            flows=self._texts,
            open_times=self._open_times,
            shifts=self._shifts,
        )

    async def run(self) -> NoReturn:
        """Keep a reception running until cancelled; restart one that ends, with increasing delay."""
        monotonic, wait = asyncio.get_running_loop().time, FIRST_REST
        while True:
            began = monotonic()
            try:
                await self._attend()
            except OSError as error:
                log.error("reception_not_begun", cause=str(error))
            finally:
                self.ready.clear()
            wait = FIRST_REST if monotonic() - began > LONGEST_REST else min(2 * wait, LONGEST_REST)
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
            str(self._settings.pbx_home / "sounds"),
            *how,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_MESSAGE,
            cwd=ROOT,
            env=without_secrets(),
        )
        try:
            async with asyncio.TaskGroup() as group:
                feeding = group.create_task(self._feed(child), name="reception-snapshots")
                assert child.stdout is not None
                if await child.stdout.readline():
                    self.ready.set()
                    watching = group.create_task(watch(child, self._echoed), name="reception-watch")
                    await self._converse(child, child.stdout, group)
                    watching.cancel()
                await child.wait()
                feeding.cancel()
        finally:
            await _end(child)

    async def _converse(
        self, child: asyncio.subprocess.Process, output: asyncio.StreamReader, group: asyncio.TaskGroup
    ) -> None:
        """Answer the reception's questions, some at a time, and pass on callers' paths, until it ends."""
        room = asyncio.Semaphore(ANSWERS_AT_ONCE)
        while line := await output.readline():
            if line == PING:
                self._echoed.set()
                continue
            message = json.loads(line)
            if "path" in message:
                for listener in self.on_path:
                    listener(message["path"])
                continue
            await room.acquire()
            task = group.create_task(self._answer(child, message), name=f"reception-answer-{message['ask']}")
            task.add_done_callback(lambda _: room.release())

    async def _answer(self, child: asyncio.subprocess.Process, message: Mapping[str, Any]) -> None:
        """A look-up that fails is a slow one for the caller, who goes on without it."""
        reply: dict[str, Any] = {"answer": message["ask"]}
        try:
            reply["result"] = await self._answers(message["what"], message["arguments"])
        except Exception as error:
            log.warning("reception_answer_failed", what=str(message["what"])[:20], cause=type(error).__name__)
            reply["failed"] = True
        assert child.stdin is not None
        if not child.stdin.is_closing():
            child.stdin.write(json.dumps(reply, separators=(",", ":")).encode() + b"\n")

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
