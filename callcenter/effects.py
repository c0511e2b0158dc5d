"""Carries what the floor decided to the rooms that keep it: records, flags, pauses. One table, no rules of its own.

The floor never waits for this task: its effects lie in a bounded backlog, where a newer state of a call replaces the
older one.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callcenter.agents.presence import PresenceService
from callcenter.calls.effects import (
    AutoPause,
    CallEnded,
    Effect,
    FlagRaised,
    FloorCompared,
    LegWitnessed,
)
from callcenter.calls.ingest import Ingest
from callcenter.calls.service import CallService
from callcenter.conduct.service import FlagService
from callcenter.errors import CallCentreError

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 1.0


class EffectsCarrier:
    """Carries one effect at a time to its room.

    A refusal is logged and the next effect goes on; a database that is away or full is waited for, while the floor's
    backlog keeps the newest state of each call.
    """

    def __init__(self, calls: CallService, flags: FlagService, presence: PresenceService, ingest: Ingest) -> None:
        self._calls = calls
        self._flags = flags
        self._presence = presence
        self._ingest = ingest

    async def carry(self, effect: Effect) -> None:
        while True:
            try:
                await self._carry(effect)
                return
            except CallCentreError as error:
                log.warning("effect_refused", effect=type(effect).__name__, code=error.code, detail=error.detail)
                return
            except (SQLAlchemyError, OSError) as error:
                log.error("effect_waits", effect=type(effect).__name__, cause=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _carry(self, effect: Effect) -> None:
        match effect:
            case CallEnded(record):
                await self._calls.save_live(record)
            case LegWitnessed():
                await self._calls.witness(effect.linkedid, effect.leg, effect.at, effect.kind)
            case FlagRaised():
                await self._flags.raise_flag(effect.flag)
            case FloorCompared(living, at):
                # Only when the files are read to their ends is a call that nobody saw end known to be gone.
                self._ingest.caught_up.clear()
                await self._ingest.caught_up.wait()
                await self._calls.close_gone(living, at)
            case AutoPause():
                await self._presence.pause(effect.agent, effect.reason, None)
            case _:
                pass
