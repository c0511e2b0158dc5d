"""Observes trunk, phones, disk, database, PBX and the service itself, and joins the alarms to the centre (R7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

import structlog

from callcenter.alarms.channels import channels_of
from callcenter.alarms.http import routes
from callcenter.alarms.model import Alarm, AlarmKind, CallsNow, Trouble
from callcenter.alarms.service import ENDED, Alarms
from callcenter.asterisk.events import Events, LinkState
from callcenter.calls.model import CallRecord
from callcenter.centre.contributions import Contributions
from callcenter.centre.pbx_status import PbxStatus
from callcenter.centre.pbx_status import routes as status_routes
from callcenter.centre.trunk_watch import TrunkLook, TrunkWatch
from callcenter.storage.health import WriteHealth
from callcenter.storage.rows import WriteProbeRow
from callcenter.web.audit import SYSTEM

START: Final = timedelta(seconds=10)
"""For so long after its start the service raises no alarm about connections that it has not made yet."""
BEFORE: Final = timedelta(hours=6)
"""A call that is cut off may have begun this long before the failure."""
AFTER: Final = timedelta(seconds=5)
LOOKS: Final = (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=10))
"""When the affected callers are looked up after a failure: the records of cut calls become final at different times."""
WORDS: Final[Mapping[LinkState, str]] = {LinkState.LOST: "pbx_lost", LinkState.STALE: "pbx_silent"}
log = structlog.get_logger(__name__)


class Failures:
    """The current failures, collected from the parts that detect them."""

    def __init__(
        self, contributions: Contributions, alarms: Alarms, events: Events, writes: WriteHealth, pid: Callable[[], Any]
    ) -> None:
        self._contributions = contributions
        self._core = contributions.core
        self._alarms = alarms
        self._events = events
        self._writes = writes
        self._pid = pid
        self.trunk = TrunkWatch()
        self._trunks = TrunkLook(self._core.control, self._core.settings.pbx, self.trunk)
        self._restarts = 0
        self._began = self._core.clock()
        self._last_sign: datetime | None = None

    async def run(self) -> NoReturn:
        await self._alarms.load()
        self.trunk.known_from(self._alarms.open)
        await self._own_gap()
        self._began, self._restarts = self._core.clock(), self._events.restarts
        while True:
            await self.look()
            await asyncio.sleep(self._core.settings.alarms.look_seconds)

    async def read_last_sign(self) -> None:
        """The last heartbeat of the previous process; read before this process writes its own."""
        async with self._core.database.read() as session:
            row = await session.get(WriteProbeRow, 1)
        self._last_sign = None if row is None else row.at

    async def look(self) -> None:
        await self._alarms.look(await self.troubles(), self.aftermath)
        self._restarted()

    async def troubles(self) -> list[Trouble]:
        if self._events.state is LinkState.LIVE:
            await self._trunks.look()
        return [*await self._pbx(), *await self._storage(), *self._phones(), *self.trunk.troubles()]

    def aftermath(self, alarm: Alarm) -> CallsNow:
        """What became of the calls: a PBX that restarted has cut them off, one that was only unreachable has not."""
        if alarm.kind is not AlarmKind.PBX:
            return alarm.calls
        before, self._restarts = self._restarts, self._events.restarts
        cut = alarm.calls is CallsNow.CUT or self._restarts > before
        return CallsNow.CUT if cut else CallsNow.GOING_ON

    def _restarted(self) -> None:
        """A restart too quick to be noticed as an outage has cut off the calls all the same."""
        name, now = self._core.settings.pbx.name, self._core.clock()
        if self._events.restarts == self._restarts or (AlarmKind.PBX, name) in self._alarms.open:
            return
        self._restarts = self._events.restarts
        self._alarms.raise_alarm(Trouble(AlarmKind.PBX, name, "pbx_restarted", CallsNow.CUT), now, now)

    async def _pbx(self) -> list[Trouble]:
        name, state = self._core.settings.pbx.name, self._events.state
        if state is LinkState.LIVE or (self._core.clock() - self._began < START and not self._events.events):
            return []
        if self._core.settings.pbx.embedded and await asyncio.to_thread(self._pid) is None:
            return [Trouble(AlarmKind.PBX, name, "pbx_died", CallsNow.CUT)]
        return [Trouble(AlarmKind.PBX, name, WORDS[state], CallsNow.UNKNOWN)]

    async def _storage(self) -> list[Trouble]:
        if not self._writes.writable:
            return [Trouble(AlarmKind.DATABASE, "", "database_refuses_writes", CallsNow.GOING_ON)]
        result = []
        if await self._writes.trouble() is not None:
            result.append(Trouble(AlarmKind.DISK, "database", "disk_almost_full", CallsNow.GOING_ON))
        least = self._core.settings.recordings.least_free_bytes
        if await asyncio.to_thread(self._contributions.recordings.spool.free_bytes) < least:
            result.append(Trouble(AlarmKind.DISK, "recordings", "disk_almost_full", CallsNow.GOING_ON))
        return result

    def _phones(self) -> list[Trouble]:
        """An unreachable phone keeps callers waiting while its agent believes that they are on duty."""
        if self._events.state is not LinkState.LIVE:
            return []
        away = [
            agent
            for agent in self._core.live.agents_now().values()
            if agent.state != "signed_out" and not agent.reachable
        ]
        return [Trouble(AlarmKind.PHONE, agent.number, "phone_unreachable", CallsNow.UNKNOWN) for agent in away]

    async def _own_gap(self) -> None:
        """The service's own outage, by its last heartbeat; Asterisk kept its calls and queued new callers."""
        now, last, self._last_sign = self._core.clock(), self._last_sign, None
        if last is not None and now - last > timedelta(seconds=self._core.settings.alarms.gap_seconds):
            gone = Trouble(AlarmKind.SERVICE, "", "service_was_away", CallsNow.GOING_ON)
            self._alarms.raise_alarm(gone, last, now)
            await self._alarms.save()


class Harm:
    """Finds the callers whom a failure cut off or turned away, and queues return calls to them."""

    def __init__(self, contributions: Contributions, alarms: Alarms) -> None:
        self._contributions = contributions
        self._alarms = alarms

    async def calls(self, alarm: Alarm) -> list[str]:
        return await self._apologise(alarm, dry_run=True)

    async def ended(self, payload: Mapping[str, Any]) -> None:
        """The job after an alarm: searches now, and twice more."""
        core = self._contributions.core
        alarm, _ = await self._alarms.alarm(str(payload["alarm"]))
        if "look" in payload:
            await self._apologise(alarm, dry_run=False)
            return
        async with core.database.write() as session:
            for number, pause in enumerate(LOOKS):
                once = f"{ENDED}:{alarm.id}:{number}"
                words = {"alarm": alarm.id, "look": number}
                await core.jobs.put(session, ENDED, words, run_at=core.clock() + pause, once=once)

    async def _apologise(self, alarm: Alarm, *, dry_run: bool) -> list[str]:
        core = self._contributions.core
        if not dry_run and not core.settings.alarms.apologies:
            return []

        def concerns(record: CallRecord) -> bool:
            return alarm.kind is not AlarmKind.PHONE or record.agent == alarm.subject

        drawn = await self._contributions.callbacks.apologies.apologise(
            alarm.since - BEFORE,
            (alarm.ended_at or core.clock()) + AFTER,
            f"{alarm.kind.value}: {alarm.cause}",
            SYSTEM,
            dry_run=dry_run,
            ended_since=alarm.since - AFTER,
            concerns=concerns,
        )
        return list(drawn.calls)


def join_alarms(
    contributions: Contributions, events: Events, writes: WriteHealth, pid: Callable[[], Any]
) -> tuple[Alarms, Failures]:
    core = contributions.core
    services, settings = core.web_services, core.settings
    channels = channels_of(settings.alarms, ZoneInfo(settings.timezone), core.clock)
    alarms = Alarms(
        core.database, core.clock, services.audit, core.jobs, core.feed.publish, services.sessions.emit, channels
    )
    harm = Harm(contributions, alarms)
    failures = Failures(contributions, alarms, events, writes, pid)
    contributions.routes.append(routes(alarms, harm.calls))
    status = PbxStatus(settings, events, core.control, core.live, failures.trunk)
    contributions.routes.append(status_routes(status))
    contributions.also({ENDED: harm.ended})
    contributions.listeners.append(failures.trunk.calls_recorded)
    contributions.tasks["alarms"] = failures.run
    contributions.alarms, contributions.last_sign = alarms, failures.read_last_sign
    return alarms, failures
