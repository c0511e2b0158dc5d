"""Defines the live feed's shape of a recording: one shape for kept, paused, transcribed, and for the alarm."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class TranscriptShown(TypedDict):
    id: str
    state: str
    channels_done: int
    channels: int
    reason: str | None


class RecordingShown(TypedDict):
    """`state` is `kept`, or the state of a recording in progress; fields that do not apply are null."""

    id: str | None
    call: str | None
    state: str | None
    seconds: float | None
    resume_at: str | None
    by: str | None
    transcript: TranscriptShown | None
    alarm: str | None
    """Why recordings are not kept; empty once they are again."""
    free_bytes: int | None


def recording(
    *,
    id: str | None = None,
    call: str | None = None,
    state: str | None = None,
    seconds: float | None = None,
    resume_at: datetime | None = None,
    by: str | None = None,
    transcript: TranscriptShown | None = None,
    alarm: str | None = None,
    free_bytes: int | None = None,
) -> RecordingShown:
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
