"""Defines the live feed's shape of a recording: one shape for kept, paused, transcribed, and for the alarm."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from typing_extensions import TypedDict

from callcenter.facts import CallId
from callcenter.web.ports import DeltaKind


class TranscriptPart(TypedDict):
    id: str
    state: str
    channels_done: int
    channels: int
    reason: str | None


class RecordingDelta(TypedDict):
    """`state` is `kept`, or the state of a recording in progress; fields that do not apply are null."""

    id: str | None
    call: CallId | None
    state: str | None
    seconds: float | None
    resume_at: str | None
    by: str | None
    transcript: TranscriptPart | None
    alarm: str | None
    """Why recordings are not kept; empty once they are again."""
    free_bytes: int | None


RECORDING: Final = DeltaKind("recording", RecordingDelta, "people, not screens; transcripts: leaders")


def recording(
    *,
    id: str | None = None,
    call: CallId | None = None,
    state: str | None = None,
    seconds: float | None = None,
    resume_at: datetime | None = None,
    by: str | None = None,
    transcript: TranscriptPart | None = None,
    alarm: str | None = None,
    free_bytes: int | None = None,
) -> RecordingDelta:
    return {
        "id": id,
        "call": call,
        "state": state,
        "seconds": seconds,
        "resume_at": None if resume_at is None else resume_at.isoformat().replace("+00:00", "Z"),
        "by": by,
        "transcript": transcript,
        "alarm": alarm,
        "free_bytes": free_bytes,
    }
