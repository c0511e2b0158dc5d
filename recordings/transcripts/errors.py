"""Refusals of transcripts, each with a stable code."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


class UnknownTranscript(NotFound):
    code = "transcript_not_found"


class TranscriptChanged(Conflict):
    """Another user has corrected it since this one read it."""

    code = "transcript_changed"


class NotDone(Conflict):
    code = "transcript_not_done"


class BadCorrection(Invalid):
    code = "bad_correction"
