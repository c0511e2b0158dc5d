"""Passes the floor's effects (records, flags, pauses) to the packages that store them. One table, no rules of its own.

The floor never waits for this task: its effects go into a bounded backlog, where a newer state of a call replaces the
older one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, TypeVar, assert_never

import structlog

from callcenter.agents.presence import PresenceService
from callcenter.calls.effects import AutoPause, CallEnded, FlagRaised, FloorCompared, LegWitnessed, PbxSeen, Stored
from callcenter.calls.ingest import Ingest
from callcenter.calls.service import CallService
from callcenter.errors import CallCentreError
from callcenter.facts import Linkedid
from callcenter.flags.service import FlagService
from callcenter.storage.faults import passes

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 1.0
Kept = TypeVar("Kept")


class EffectsCarrier:
    """Passes queued effects to their packages, with as few transactions for many effects as for one.

    A refused effect is logged and the next one continues. While the database is unavailable or full, the task waits and
    the floor's backlog keeps the newest state of each call.
    """

    def __init__(self, calls: CallService, flags: FlagService, presence: PresenceService, ingest: Ingest) -> None:
        self._calls = calls
        self._flags = flags
        self._presence = presence
        self._ingest = ingest
        self.lost = 0
        """Effects lost to a permanent error; the PBX's files still produce their records."""

    async def carry(self, effects: Sequence[Stored]) -> None:
        ended = [effect for effect in effects if isinstance(effect, CallEnded)]
        witnessed = [effect for effect in effects if isinstance(effect, LegWitnessed)]
        flags = [effect.flag for effect in effects if isinstance(effect, FlagRaised)]
        if ended or witnessed:
            calls: list[CallEnded | LegWitnessed] = [*ended, *witnessed]
            await self._each("calls", calls, self._keep)
        if flags:
            await self._each("flags", flags, partial(self._flags.raise_all, published=True))
        for effect in effects:
            match effect:
                case FloorCompared(living, at):
                    await self._lasting("compared", partial(self._close_gone, living, at))
                case PbxSeen(at, kind):
                    await self._lasting("pbx_seen", partial(self._calls.pbx_seen, at, kind))
                case AutoPause(agent, reason):
                    await self._lasting("pause", partial(self._presence.pause, agent, reason, None))
                case CallEnded() | LegWitnessed() | FlagRaised():
                    pass  # Stored above, many in one transaction.
                case _:
                    assert_never(effect)

    async def _close_gone(self, living: frozenset[Linkedid], at: datetime) -> None:
        # A call without an observed end is known to be gone only once the files have been read to the end.
        self._ingest.caught_up.clear()
        await self._ingest.caught_up.wait()
        await self._calls.close_gone(living, at)

    async def _keep(self, effects: Sequence[CallEnded | LegWitnessed]) -> None:
        ended = [effect for effect in effects if isinstance(effect, CallEnded)]
        whole = {effect.record.linkedid for effect in ended if effect.whole}
        witnessed = [effect for effect in effects if isinstance(effect, LegWitnessed)]
        await self._calls.keep([effect.record for effect in ended], witnessed, whole)

    async def _each(
        self, name: str, effects: Sequence[Kept], keep: Callable[[Sequence[Kept]], Awaitable[object]]
    ) -> None:
        """Store all together; on a permanent failure split in halves, so that only the bad effect is lost."""
        if await self._lasting(name, partial(keep, effects), lost=len(effects) == 1) or len(effects) == 1:
            return
        middle = len(effects) // 2
        await self._each(name, effects[:middle], keep)
        await self._each(name, effects[middle:], keep)

    async def _lasting(self, name: str, work: Callable[[], Awaitable[object]], *, lost: bool = True) -> bool:
        """Whether the work was done or refused; waits while the database is unavailable or full."""
        while True:
            try:
                await work()
                return True
            except CallCentreError as error:
                log.warning("effect_refused", effect=name, code=error.code, detail=error.detail)
                return True
            except Exception as error:
                if passes(error):
                    log.error("effect_waits", effect=name, cause=type(error).__name__)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                if lost:
                    self.lost += 1
                    log.exception("effect_lost", effect=name)
                return False
