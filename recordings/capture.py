"""Starts, stops, pauses and resumes the recording of a live call; a pause ends by itself, also across a restart.

A hold in the spool keeps the dialplan from starting a recorder that would write during a pause or after a stop, on any
channel of the call, whether this service runs or not; recorders that already run are muted or ended by commands.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from callcenter.asterisk.ami_errors import AmiClosed, AmiTimeout
from callcenter.calls.model import CallRecord, Direction, call_id
from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.roles import Person
from recordings import deltas
from recordings.errors import NotBeingRecorded
from recordings.legs import START_KEYS, Legs, Recorder, accepted_by
from recordings.model import CaptureEvent, CaptureState, Kind, next_capture
from recordings.rows import CaptureRow
from recordings.spool import Spool

KINDS = {Direction.INBOUND: Kind.INBOUND, Direction.OUTBOUND: Kind.OUTBOUND}
LOOK_SECONDS = 1.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Capture:
    """The state of a call's recording; `resume_at` is when a pause ends by itself."""

    call: CallId
    state: CaptureState
    resume_at: datetime | None = None
    changed_by: str = ""


class CaptureService:
    """Controls live recordings. The spool's file names give the channels: what is written is what is recorded."""

    def __init__(
        self,
        database: Database,
        spool: Spool,
        recorder: Recorder,
        pbx: str,
        pause: timedelta,
        clock: Clock,
        audit: Audit,
        publish: Publish,
    ) -> None:
        self._database = database
        self._recorder = recorder
        self._legs = Legs(spool, recorder, pbx)
        self._pbx = pbx
        self._pause = pause
        self._clock = clock
        self._audit = audit
        self._publish = publish
        self._muted: dict[str, frozenset[str]] = {}
        """Maps each paused call to its muted takes; another take may have begun since."""
        self._begun: set[str] = set()
        """Calls without a recorder that a pause delayed; after a restart each running call is looked at once."""

    async def capture(self, call: CallId) -> Capture:
        """The state of this live call's recording. Raises NotBeingRecorded."""
        async with self._database.read() as session:
            row = await session.get(CaptureRow, call)
        if row is not None:
            return _capture(row)
        if not await self._legs.recorded(call):
            raise NotBeingRecorded("nothing of this call is being recorded", call=call[:180])
        return Capture(call, CaptureState.RUNNING)

    async def start(self, record: CallRecord, by: Person) -> Capture:
        """Start a recording, by consent or again after a stop; the dialplan decides whether the line allows it.

        Raises IllegalTransition when it is already running, NotBeingRecorded when the call has ended or is internal.
        """
        call, kind = record.id, KINDS.get(record.direction)
        if kind is None or record.ended_at is not None:
            raise NotBeingRecorded("this call cannot be recorded", call=call)
        try:
            state = (await self.capture(call)).state
        except NotBeingRecorded:
            state = CaptureState.STOPPED
        to = next_capture(state, CaptureEvent.START)
        await self._legs.release(call)
        await accepted_by(call, self._recorder.recording_start(record.linkedid, START_KEYS[kind]))
        return await self._note(Capture(call, to, None, by.login), by, CaptureEvent.START)

    async def stop(self, call: CallId, by: Person) -> Capture:
        """End the recording; the audio so far is kept. Raises NotBeingRecorded, IllegalTransition."""
        before = await self.capture(call)
        to = next_capture(before.state, CaptureEvent.STOP)
        stopped = await self._note(Capture(call, to, None, by.login), by, CaptureEvent.STOP)
        try:
            await self._legs.hold(call)
            await self._legs.each(call, self._recorder.recording_stop)
        except BaseException:
            await asyncio.shield(self._return_to(before, by, CaptureEvent.START))
            raise
        return stopped

    async def pause(self, call: CallId, by: Person, seconds: float | None = None) -> Capture:
        """Write silence from now on, for card numbers. Raises NotBeingRecorded, IllegalTransition.

        The deadline is stored before the audio is muted: whatever fails in between, the audio comes back.
        """
        before = await self.capture(call)
        to = next_capture(before.state, CaptureEvent.PAUSE)
        lasts = self._pause if seconds is None else min(timedelta(seconds=seconds), self._pause)
        paused = await self._note(Capture(call, to, self._clock() + lasts, by.login), by, CaptureEvent.PAUSE)
        try:
            # The hold comes first: a recorder that starts after it writes nothing, one from before it is muted below.
            await self._legs.hold(call, paused.resume_at)
            await self._mute(call, True)
        except BaseException:
            # Not paused: no one may read out a card number because our record wrongly shows a pause.
            await asyncio.shield(self._return_to(before, by, CaptureEvent.RESUME))
            raise
        return paused

    async def resume(self, call: CallId, by: Person | None) -> Capture:
        """Record audio again; automatic once the deadline has passed. Raises NotBeingRecorded, IllegalTransition."""
        to = next_capture((await self.capture(call)).state, CaptureEvent.RESUME)
        await self._mute(call, False)
        await self._legs.release(call)
        self._begun.discard(call)
        resumed = await self._note(Capture(call, to, None, by.login if by else ""), by, CaptureEvent.RESUME)
        await self._begin_late(call)
        return resumed

    async def _return_to(self, before: Capture, by: Person, event: CaptureEvent) -> None:
        """Restore this state and the hold that belongs to it."""
        if before.state is CaptureState.RUNNING:
            await self._legs.release(before.call)
        else:
            await self._legs.hold(before.call, before.resume_at)
        await self._note(before, by, event)

    async def _mute(self, call: CallId, muted: bool) -> None:
        async def mute(leg: str) -> None:
            await self._recorder.recording_mute(leg, muted)

        takes = await self._legs.each(call, mute)
        self._muted.pop(call, None)
        if muted:
            self._muted[call] = frozenset(take.stem for take in takes)

    async def _begin_late(self, call: CallId) -> None:
        if call not in self._begun and await self._legs.begin_late(call):
            self._begun.add(call)

    async def _keep_muted(self, call: CallId) -> None:
        """Mute a take that began after the pause did, so that the audio matches the state the API reports."""
        known = self._muted.get(call)
        if known is None or known != {take.stem for take in await self._legs.takes(call)}:
            try:
                await self._mute(call, True)
            except CallCentreError as error:
                log.error("recording_not_muted", call=call, cause=error.code)

    async def run(self) -> None:
        """Run forever: end pauses that are due and drop calls that are over."""
        while True:
            await self.tick()
            await asyncio.sleep(LOOK_SECONDS)

    async def tick(self) -> None:
        """One pass; after a restart it ends the pauses that expired meanwhile."""
        # Holds first: a hold in this list was made after its row, so a missing row means that it is not needed.
        held = {call_id(self._pbx, linkedid) for linkedid in await asyncio.to_thread(self._legs.spool.held)}
        async with self._database.read() as session:
            captures = [_capture(row) for row in await session.scalars(select(CaptureRow))]
        for call in held - {capture.call for capture in captures if capture.state is not CaptureState.RUNNING}:
            await self._legs.release(call)
        for capture in captures:
            await self._look(capture)

    async def _look(self, capture: Capture) -> None:
        if not await self._legs.recorded(capture.call) and not await self._goes_on(capture):
            await self._drop(capture.call)
        elif capture.resume_at is not None and capture.resume_at <= self._clock():
            await self._resume_due(capture.call)
        elif capture.state is CaptureState.PAUSED:
            await self._keep_muted(capture.call)
        elif capture.state is CaptureState.RUNNING:
            await self._begin_late(capture.call)

    async def _goes_on(self, capture: Capture) -> bool:
        """Whether a held call is still live although its takes are in the vault: the hold applies to its next take."""
        if capture.state is CaptureState.RUNNING:
            return False
        try:
            return bool(await self._legs.live(capture.call))
        except CallCentreError:
            return True

    async def _resume_due(self, call: CallId) -> None:
        try:
            await self.resume(call, None)
        except NotBeingRecorded:
            # The channel is gone: the call has ended and only its files remain.
            await self._drop(call)
        except (AmiClosed, AmiTimeout) as error:
            log.error("recording_stays_paused", call=call, cause=error.code)
        except CallCentreError as error:
            log.info("pause_ended_otherwise", call=call, cause=error.code)

    async def _drop(self, call: CallId) -> None:
        self._muted.pop(call, None)
        self._begun.discard(call)
        await self._legs.release(call)
        async with self._database.write() as session:
            row = await session.get(CaptureRow, call)
            if row is not None:
                await session.delete(row)

    async def _note(self, capture: Capture, by: Person | None, event: CaptureEvent) -> Capture:
        async with self._database.write() as session:
            row = await session.get(CaptureRow, capture.call, with_for_update=True)
            row = row or CaptureRow(call=capture.call)
            row.state, row.resume_at, row.changed_by = capture.state.value, capture.resume_at, capture.changed_by[:120]
            row.changed_at = self._clock()
            session.add(row)
            await self._audit.append(session, by, f"recording.{event.value}", f"call/{capture.call}")
        self._publish(
            deltas.RECORDING,
            deltas.recording(
                call=capture.call, state=capture.state.value, resume_at=capture.resume_at, by=row.changed_by
            ),
        )
        return capture


def _capture(row: CaptureRow) -> Capture:
    return Capture(row.call, CaptureState(row.state), row.resume_at, row.changed_by)
