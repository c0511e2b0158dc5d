"""How the PBX is right now: connection, version, calls, clock, carriers, phones, disks. The unknown is null."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel

from callcenter.asterisk.control import Control
from callcenter.asterisk.events import Events, LinkState
from callcenter.calls.live import LiveFloor
from callcenter.centre.trunk_watch import REGISTERED, REJECTED, TrunkSeen, TrunkWatch
from callcenter.errors import CallCentreError
from callcenter.settings import Settings
from callcenter.web.routes import LEADERS, Ask, Routes

Registration = Literal["registered", "rejected", "unregistered", "none"]
TROUBLES: Final = (CallCentreError, TimeoutError)


class TrunkStatusShape(BaseModel):
    """A carrier at the last look. `answers` is null where it is not asked, or the PBX is out of sight."""

    host: str
    answers: bool | None
    registration: Registration | None


class PhonesStatusShape(BaseModel):
    """Agents' phones that the PBX reaches, and those that it does not."""

    reachable: int
    unreachable: int


class DiskStatusShape(BaseModel):
    """The disk of a folder; null where the folder is on another machine. Below `least_bytes` an alarm is raised."""

    folder: Literal["data", "recordings", "spool", "pbx_logs"]
    free_bytes: int | None
    total_bytes: int | None
    least_bytes: int | None


class PbxStatusShape(BaseModel):
    """`link` is the connection for events, `commands` whether commands can be sent; times are UTC."""

    name: str
    embedded: bool
    link: LinkState
    last_event_at: datetime | None
    gaps: int
    restarts: int
    commands: bool
    version: str | None
    started: str | None
    """When Asterisk started, by its own clock and time zone."""
    calls: int | None
    channels: int | None
    clock_difference_seconds: float | None
    """How far the PBX's clock is ahead of the service's."""
    trunks: list[TrunkStatusShape]
    phones: PhonesStatusShape
    disks: list[DiskStatusShape]


@dataclass(frozen=True, slots=True)
class PbxAnswers:
    """What Asterisk answers about itself."""

    version: str | None = None
    started: str | None = None
    calls: int | None = None
    channels: int | None = None
    clock_difference_seconds: float | None = None


def registration_of(state: str) -> Registration:
    """The state of a registration in Asterisk's words (res_pjsip_outbound_registration.c); empty: none."""
    if not state:
        return "none"
    return "registered" if state == REGISTERED else "rejected" if state == REJECTED else "unregistered"


def trunk_shapes(trunks: Sequence[TrunkSeen], link: LinkState) -> list[TrunkStatusShape]:
    """The carriers of the last look; while the PBX is out of sight nothing is known of them."""
    live = link is LinkState.LIVE
    return [
        TrunkStatusShape(
            host=trunk.host,
            answers=trunk.answers if live else None,
            registration=registration_of(trunk.registration) if live else None,
        )
        for trunk in trunks
    ]


class PbxStatus:
    def __init__(
        self, settings: Settings, events: Events, control: Control, live: LiveFloor, trunks: TrunkWatch
    ) -> None:
        self._settings = settings
        self._events = events
        self._control = control
        self._live = live
        self._trunks = trunks

    async def now(self) -> PbxStatusShape:
        answers, disks = await asyncio.gather(self._ask(), asyncio.to_thread(self._disks))
        agents = self._live.agents_now().values()
        reachable = sum(agent.reachable for agent in agents)
        return PbxStatusShape(
            name=self._settings.pbx.name,
            embedded=self._settings.pbx.embedded,
            link=self._events.state,
            last_event_at=self._events.last_event_at,
            gaps=self._events.gaps,
            restarts=self._events.restarts,
            commands=self._control.ready.is_set(),
            version=answers.version,
            started=answers.started,
            calls=answers.calls,
            channels=answers.channels,
            clock_difference_seconds=answers.clock_difference_seconds,
            trunks=trunk_shapes(self._trunks.seen, self._events.state),
            phones=PhonesStatusShape(reachable=reachable, unreachable=len(agents) - reachable),
            disks=disks,
        )

    async def _ask(self) -> PbxAnswers:
        """Nothing is known when Asterisk does not answer: the page shows that, instead of waiting."""
        if not self._control.ready.is_set():
            return PbxAnswers()
        try:
            version = await self._control.version()
            core = await self._control.core_status()
            channels = await self._control.channels()
            ahead = await self._control.clock_ahead()
        except TROUBLES:
            return PbxAnswers()
        return PbxAnswers(version or None, core.started or None, core.calls, len(channels), ahead)

    def _disks(self) -> list[DiskStatusShape]:
        settings = self._settings
        least = settings.recordings.least_free_bytes
        folders: Mapping[Literal["data", "recordings", "spool", "pbx_logs"], tuple[Path | None, int | None]] = {
            "data": (settings.data_dir.resolve(), None),
            "recordings": (None if settings.recordings.store_url else settings.recording_vault, None),
            "spool": (settings.recording_spool, least),
            "pbx_logs": (settings.pbx_log_dir, None),
        }
        shapes = []
        for folder, (path, least_bytes) in folders.items():
            free, total = disk_of(path)
            shapes.append(DiskStatusShape(folder=folder, free_bytes=free, total_bytes=total, least_bytes=least_bytes))
        return shapes


def disk_of(path: Path | None) -> tuple[int | None, int | None]:
    """Free and total bytes of the disk of a folder, or of where it will be; unknown where it cannot be read."""
    if path is None:
        return None, None
    try:
        while not path.exists() and path != path.parent:
            path = path.parent
        usage = shutil.disk_usage(path)
    except OSError:
        return None, None
    return usage.free, usage.total


def routes(status: PbxStatus) -> Routes:
    routes = Routes("health")

    @routes.get("/pbx/status", roles=LEADERS)
    async def read_pbx_status(ask: Ask) -> PbxStatusShape:
        """Read how the PBX is right now: connection, version, calls, clock, carriers, phones, disks."""
        return await status.now()

    return routes
