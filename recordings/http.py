"""Recordings over HTTP: find, play, export, hold, erase; and stop, pause, resume, start on a live call."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from callcenter.calls.model import CallRecord
from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.web.roles import LEADERS, MANAGERS
from callcenter.web.routes import ANYONE, Ask, Page, PageQuery, Person, Routes, decode_cursor, encode_cursor, page_of
from recordings.access import MayNotHear, Rights
from recordings.capture import Capture, CaptureService
from recordings.keeping import Calls, Keeping
from recordings.model import CaptureState, Format, Kind, Recording, RecordingState, read_range
from recordings.retention import RetentionService
from recordings.service import RecordingFilter, RecordingService


class RecordingShape(BaseModel):
    """`channels` names the party on each channel; second t of the audio is the instant `began_at` + t."""

    id: str
    call: CallId
    kind: Kind
    line: str
    agent: str
    began_at: datetime
    seconds: float
    format: Format
    content_type: str
    size: int
    sha256: str
    channels: list[str] = ["caller", "agent"]
    kept_at: datetime
    retain_until: datetime
    state: RecordingState
    problem: str
    erased_at: datetime | None
    erased_reason: str

    @classmethod
    def of(cls, recording: Recording) -> RecordingShape:
        return cls.model_validate(recording, from_attributes=True)


class RecordingQuery(PageQuery):
    call: CallId | None = Field(None, max_length=180)
    line: str | None = Field(None, max_length=40)
    agent: str | None = Field(None, max_length=40)
    kind: Kind | None = Field(None, strict=False)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class Peaks(BaseModel):
    """For each channel the loudest sample of each slice, 0 to 100; all slices are equally long."""

    seconds: float
    channels: list[list[int]]


class CaptureShape(BaseModel):
    call: CallId
    state: CaptureState
    resume_at: datetime | None
    changed_by: str

    @classmethod
    def of(cls, capture: Capture) -> CaptureShape:
        return cls.model_validate(capture, from_attributes=True)


class PauseRecordingBody(BaseModel):
    """`seconds` until the recording resumes by itself; never longer than the centre's setting."""

    seconds: float | None = Field(None, ge=1, le=3600)


class EraseRecordingBody(BaseModel):
    reason: str = Field(min_length=1, max_length=200)


class EraseNumbers(EraseRecordingBody):
    numbers: list[str] = Field(min_length=1, max_length=100)


class ErasureReport(BaseModel):
    """`held` are kept because a case needs them; `failed` can no longer be decrypted, but their files still exist."""

    erased: list[str]
    held: list[str]
    failed: list[str]


class RecordingHoldShape(BaseModel):
    case: CaseNumber
    call: CallId
    since: datetime
    until: datetime | None


class RecordingStatusShape(BaseModel):
    """`problem` is empty while all is well; `waiting` recordings are in the spool, `strangers` are unknown files."""

    kept: int
    failed: int
    waiting: int
    strangers: int
    free_bytes: int
    problem: str


def routes(recordings: RecordingService, retention: RetentionService, keeping: Keeping, rights: Rights) -> Routes:
    routes = Routes("recordings")

    @routes.get("/recordings", roles=LEADERS)
    async def list_recordings(ask: Ask, query: RecordingQuery) -> Page[RecordingShape]:
        """List playable recordings, newest first."""
        conditions = RecordingFilter(**query.model_dump(exclude={"limit", "cursor"}))
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        shapes = [
            RecordingShape.of(recording) for recording in await recordings.find(conditions, query.limit + 1, after)
        ]
        return page_of(shapes, query.limit, lambda shape: encode_cursor(shape.began_at, shape.id))

    @routes.get("/recordings/status", roles=LEADERS)
    async def recordings_status(ask: Ask) -> RecordingStatusShape:
        """Read whether recordings are stored: how many wait or failed, and how much space is left."""
        return RecordingStatusShape.model_validate(keeping.state, from_attributes=True)

    @routes.post("/recordings/erasures", roles=MANAGERS)
    async def erase_numbers(ask: Ask, body: EraseNumbers) -> ErasureReport:
        """Erase all recordings of these numbers, with a report; recordings held by a case are kept and listed."""
        report = await retention.erase_numbers(body.numbers, body.reason, ask.require())
        return ErasureReport(erased=list(report.erased), held=list(report.held), failed=list(report.failed))

    @routes.get("/recordings/{id}", roles=ANYONE)
    async def read_recording(ask: Ask, id: str) -> RecordingShape:
        """Read a recording; of an erased one only when and why it was erased."""
        recording = await recordings.recording(id)
        await rights.check_play(ask.require(), recording)
        return RecordingShape.of(recording)

    @routes.get("/recordings/{id}/audio", roles=ANYONE)
    async def play_recording(ask: Ask, id: str) -> web.StreamResponse:
        """Play a recording, the caller on the left and the agent on the right; Range requests start at any second."""
        recording = await recordings.recording(id)
        await rights.check_play(ask.require(), recording)
        return await _send(ask, recordings, recording, "recording.played", attachment=False)

    @routes.get("/recordings/{id}/export", roles=ANYONE)
    async def export_recording(ask: Ask, id: str) -> web.StreamResponse:
        """Download a recording to take it out of the centre; this needs a separate right."""
        recording = await recordings.recording(id)
        rights.check_export(ask.require(), recording)
        return await _send(ask, recordings, recording, "recording.exported", attachment=True)

    @routes.get("/recordings/{id}/peaks", roles=ANYONE)
    async def recording_peaks(ask: Ask, id: str) -> Peaks:
        """Read the waveform of both channels."""
        recording = await recordings.recording(id)
        await rights.check_play(ask.require(), recording)
        return Peaks(seconds=recording.seconds, channels=await recordings.peaks(id))

    @routes.post("/recordings/{id}/erase", roles=MANAGERS)
    async def erase_recording(ask: Ask, id: RecordingId, body: EraseRecordingBody) -> RecordingShape:
        """Erase a recording permanently; 409 while a case holds it."""
        return RecordingShape.of(await retention.erase(id, body.reason, ask.require()))

    return routes


def call_routes(
    recordings: RecordingService, retention: RetentionService, capture: CaptureService, calls: Calls
) -> Routes:
    routes = Routes("recordings")

    @routes.get("/calls/{id}/recordings", roles=ANYONE)
    async def recordings_of_call(ask: Ask, id: CallId) -> Page[RecordingShape]:
        """List the recordings of a call; the right to play is checked on playback."""
        _check_theirs(ask.require(), await calls.get(id))
        return Page(items=[RecordingShape.of(recording) for recording in await recordings.of_call(id)])

    @routes.get("/calls/{id}/recordings/holds", roles=LEADERS)
    async def holds_of_call(ask: Ask, id: CallId) -> Page[RecordingHoldShape]:
        """List the cases that hold this call's recordings."""
        holds = await retention.holds_of(id)
        return Page(items=[RecordingHoldShape.model_validate(hold, from_attributes=True) for hold in holds])

    @routes.get("/calls/{id}/recording", roles=ANYONE)
    async def read_capture(ask: Ask, id: CallId) -> CaptureShape:
        """Read whether this call is being recorded or paused, and until when."""
        _check_theirs(ask.require(), await calls.get(id))
        return CaptureShape.of(await capture.capture(id))

    @routes.post("/calls/{id}/recording/start", roles=ANYONE)
    async def start_recording(ask: Ask, id: CallId) -> CaptureShape:
        """Start recording, after consent or after a stop; refused on a line whose rule is `never`."""
        record = await calls.get(id)
        _check_theirs(ask.require(), record)
        return CaptureShape.of(await capture.start(record, ask.require()))

    @routes.post("/calls/{id}/recording/stop", roles=ANYONE)
    async def stop_recording(ask: Ask, id: CallId) -> CaptureShape:
        """Stop recording; what was recorded is kept."""
        _check_theirs(ask.require(), await calls.get(id))
        return CaptureShape.of(await capture.stop(id, ask.require()))

    @routes.post("/calls/{id}/recording/pause", roles=ANYONE)
    async def pause_recording(ask: Ask, id: CallId, body: PauseRecordingBody) -> CaptureShape:
        """Record silence, for card numbers; resumes by itself at `resume_at`. Repeating it restarts the time."""
        _check_theirs(ask.require(), await calls.get(id))
        return CaptureShape.of(await capture.pause(id, ask.require(), body.seconds))

    @routes.post("/calls/{id}/recording/resume", roles=ANYONE)
    async def resume_recording(ask: Ask, id: CallId) -> CaptureShape:
        """Resume recording audio."""
        _check_theirs(ask.require(), await calls.get(id))
        return CaptureShape.of(await capture.resume(id, ask.require()))

    return routes


def _check_theirs(person: Person, record: CallRecord) -> None:
    """Leaders reach every call, an agent their own. Raises MayNotHear."""
    if person.may(LEADERS):
        return
    if not record.concerns(person.agent):
        raise MayNotHear("this is not your call")


async def _send(
    ask: Ask, recordings: RecordingService, recording: Recording, action: str, *, attachment: bool
) -> web.StreamResponse:
    """200 or 206 with the sound, 416 for a range outside the file (RFC 9110, 14); audited."""
    etag = f'"{recording.sha256[:32]}"'
    disposition = "attachment" if attachment else "inline"
    headers = {
        "Content-Type": recording.content_type,
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'{disposition}; filename="{recording.id}.{recording.format.value}"',
    }
    header = ask.request.headers.get("Range", "")
    if ask.request.headers.get("If-Range", etag) != etag:
        header = ""
    try:
        part = read_range(header, recording.size)
    except ValueError:
        return web.Response(
            status=416, headers={"Content-Range": f"bytes */{recording.size}", "Accept-Ranges": "bytes"}
        )
    start, length = part or (0, recording.size)
    # Raises RecordingErased before anything of the answer is sent.
    sound = await recordings.audio(recording.id, start, length)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{recording.size}"
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    response.content_length = length
    if ask.request.method != "HEAD":
        await recordings.heard(recording.id, ask.require(), action, ask.address, start)
    await response.prepare(ask.request)
    if ask.request.method != "HEAD":
        async for piece in sound:
            await response.write(piece)
    await response.write_eof()
    return response
