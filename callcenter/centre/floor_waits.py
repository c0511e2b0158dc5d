"""Reads from the live floor who waits for a line and who serves it, and wires what waiting callers hear."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from zoneinfo import ZoneInfo

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.events import Events
from callcenter.asterisk.render.waiting import MUSIC_FOLDER
from callcenter.calls.expected_wait.queries import ExpectedWaits, FloorNow
from callcenter.calls.live import LiveFloor
from callcenter.centre.contributions import Contributions
from callcenter.centre.pbx_config import embedded_of
from callcenter.centre.reception import ReceptionSupervisor
from callcenter.centre.waiting_announcements import WaitingAnnouncements
from ivr.prompts.centre import plan_of
from ivr.waiting.http import routes as music_routes
from ivr.waiting.music import WaitingMusic


def floor_of(
    live: LiveFloor, events: Events, queue_of: Callable[[str], str | None]
) -> Callable[[str], FloorNow | None]:
    """Return the state of a line's queue now; None for an unknown line, or while the picture is not current."""

    def now(line: str) -> FloorNow | None:
        queue = queue_of(line)
        if queue is None or not events.connected:
            return None
        waiting = live.floor.waiting
        return FloorNow(waiting.callers(queue), *waiting.staff(queue))

    return now


def join_waits(contributions: Contributions, events: Events, reception: ReceptionSupervisor) -> ExpectedWaits:
    """Build the expected waits; add the task that announces them, and the music of lines."""
    core = contributions.core
    settings = core.settings
    waits = ExpectedWaits(
        core.database,
        settings.pbx.name,
        floor_of(core.live, events, reception.queue_of),
        core.clock,
        ZoneInfo(settings.timezone),
        settings.policy.wrap_up_seconds,
    )
    plan = plan_of(settings, embedded_of(settings).tree)
    announcements = WaitingAnnouncements(core.live, core.queues, waits, settings.pbx_home / "sounds", plan.catalogue)
    contributions.tasks["waiting"] = announcements.run
    pbx = embedded_of(settings)

    async def reload_music() -> None:
        """Another machine's Asterisk is reloaded by its operator."""
        if settings.pbx.embedded:
            await asyncio.to_thread(_read_music, pbx)

    music = WaitingMusic(
        core.database, core.web_services.audit, core.lines, settings.pbx_home / MUSIC_FOLDER, reload_music
    )
    contributions.routes.append(music_routes(music))
    return waits


def _read_music(pbx: Embedded) -> None:
    """Let Asterisk read the classes of music again.

    A class without a file is not loaded, and an unchanged musiconhold.conf is not read again (res_musiconhold.c).
    """
    with contextlib.suppress(FileNotFoundError):
        os.utime(pbx.etc / "musiconhold.conf")
    pbx.console("moh reload", check=False)
