"""Provides finished transcripts as evidence to attach to a case."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.complaints.attachments import EvidenceItem
from callcenter.facts import CallId
from recordings.transcripts.service import KIND, TranscriptService


class TranscriptEvidence:
    """The newest version of each transcript of a call, identified by its content's digest."""

    def __init__(self, service: TranscriptService) -> None:
        self._service = service

    async def of_call(self, call: CallId) -> Sequence[EvidenceItem]:
        reading = self._service.reading
        versions = [(row.id, await reading.version(row.id, row.current)) for row in await reading.of_call(call)]
        return [EvidenceItem(KIND, id, version.sha256, version.at) for id, version in versions if version is not None]
