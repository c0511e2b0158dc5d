"""The channels of a live call whose audio is recorded, and the hold that keeps their recorders from writing.

A hold is a file in the spool that the dialplan reads before it starts a recorder: it applies to every channel of the
call, whether this service runs or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import structlog

from callcenter.asterisk.ami_errors import AmiRefused
from callcenter.calls.model import call_id
from callcenter.errors import CallCentreError
from callcenter.facts import CallId, ChannelSeen, Linkedid
from recordings.errors import NotBeingRecorded
from recordings.model import Kind, Take
from recordings.spool import Spool

# The rendered dialplan listens for these on the recorded channel (callcenter/asterisk/render/recording.py).
START_KEYS = {Kind.INBOUND: "*92", Kind.OUTBOUND: "*91"}
log = structlog.get_logger(__name__)


class Recorder(Protocol):
    """The operations needed of Asterisk; `callcenter.asterisk.control.Control` implements them."""

    async def recording_mute(self, channel: str, muted: bool) -> None: ...
    async def recording_stop(self, channel: str) -> None: ...
    async def recording_start(self, channel: str, keys: str) -> None: ...
    async def recording_late(self, channel: str) -> str: ...
    async def channels(self) -> list[ChannelSeen]: ...


class Legs:
    """A call's recorded channels. The spool's file names give them: what is written is what is recorded."""

    def __init__(self, spool: Spool, recorder: Recorder, pbx: str) -> None:
        self.spool = spool
        self._recorder = recorder
        self._pbx = pbx

    async def hold(self, call: CallId, until: datetime | None = None) -> None:
        for linkedid in {take.linkedid for take in await self.takes(call)}:
            await asyncio.to_thread(self.spool.hold, linkedid, until)

    async def release(self, call: CallId) -> None:
        for linkedid in await self.held(call):
            await asyncio.to_thread(self.spool.release, linkedid)

    async def held(self, call: CallId) -> list[Linkedid]:
        held = await asyncio.to_thread(self.spool.held)
        return [linkedid for linkedid in held if call_id(self._pbx, linkedid) == call]

    async def each(self, call: CallId, command: Callable[[str], Awaitable[None]]) -> list[Take]:
        """Send a command to every recorded channel and return the takes. Raises NotBeingRecorded if none accepts it.

        The call's other live channels receive it too: the files of a recorder appear a moment after it starts. A
        channel that has hung up refuses, while the call goes on.
        """
        takes = await self.takes(call)
        recorded = {take.leg for take in takes}
        accepted = 0
        for leg in dict.fromkeys(
            [*(take.leg for take in takes), *(channel.uniqueid for channel in await self.live(call))]
        ):
            try:
                await accepted_by(call, command(leg))
            except NotBeingRecorded:
                continue
            accepted += leg in recorded
        if not accepted:
            raise NotBeingRecorded("Asterisk knows no such recording", call=call)
        return takes

    async def live(self, call: CallId) -> list[ChannelSeen]:
        """The live channels of this call."""
        channels = await self._recorder.channels()
        return [channel for channel in channels if call_id(self._pbx, channel.linkedid) == call]

    async def begin_late(self, call: CallId) -> bool:
        """Start at once the recorders that a pause delayed; False while one has no bridge or Asterisk no connection."""
        waiting = False
        try:
            for channel in await self.live(call):
                if rule := await _late(self._recorder, channel.uniqueid):
                    waiting |= not channel.bridge
                    if channel.bridge:
                        keys = START_KEYS[Kind.OUTBOUND if rule == "out" else Kind.INBOUND]
                        await accepted_by(call, self._recorder.recording_start(channel.uniqueid, keys))
        except CallCentreError as error:
            log.warning("delayed_recording_not_started", call=call, cause=error.code)
            return False
        return not waiting

    async def recorded(self, call: CallId) -> list[str]:
        """The recorded channels of this call, by Uniqueid."""
        return list(dict.fromkeys(take.leg for take in await self.takes(call)))

    async def takes(self, call: CallId) -> list[Take]:
        """The takes being written for this call; messages cannot be paused."""
        takes = [spooled.take for spooled in await asyncio.to_thread(self.spool.takes)]
        return [take for take in takes if call_id(self._pbx, take.linkedid) == call and take.kind is not Kind.MESSAGE]


async def accepted_by(call: CallId, asking: Awaitable[None]) -> None:
    """Send the request; Asterisk refuses it for a channel that is gone, which is not a connection fault."""
    try:
        await asking
    except AmiRefused as error:
        raise NotBeingRecorded("Asterisk knows no such recording", call=call, said=error.detail[:100]) from error


async def _late(recorder: Recorder, channel: str) -> str:
    """Return the rule of a delayed recorder; "" also for a channel that has hung up meanwhile."""
    try:
        return await recorder.recording_late(channel)
    except AmiRefused:
        return ""
