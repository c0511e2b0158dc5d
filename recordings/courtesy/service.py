"""Stores courtesy checks and raises findings as flags that a supervisor confirms or annuls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select

from callcenter.calls.effects import Flag, flag_of
from callcenter.calls.model import CallRecord
from callcenter.clock import Clock
from callcenter.errors import NotFound
from callcenter.facts import CallId, RecordingId
from callcenter.settings import Settings
from callcenter.settings.recordings import CourtesySettings
from callcenter.storage.database import Database
from callcenter.storage.upsert import upsert
from recordings.courtesy.model import Finding, Heard, Limits, Result, check
from recordings.courtesy.phrases import WordList, load
from recordings.courtesy.rows import CourtesyCheckRow
from recordings.transcripts.model import turns_of
from recordings.transcripts.ports import Audio
from recordings.transcripts.service import TranscriptService

Raise = Callable[[Sequence[Flag]], Awaitable[None]]
Call = Callable[[CallId], Awaitable[CallRecord]]


def limits_of(chosen: CourtesySettings) -> Limits:
    return Limits(
        chosen.opening_seconds,
        chosen.closing_seconds,
        chosen.apology_seconds,
        chosen.least_confidence,
        chosen.least_speech_seconds,
    )


class CourtesyService:
    """Checks the newest version of a transcript; idempotent: the same findings produce the same flags."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        transcripts: TranscriptService,
        audio: Audio,
        call: Call,
        raise_flags: Raise,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._transcripts = transcripts
        self._audio = audio
        self._call = call
        self._raise = raise_flags

    def words_for(self, language: str) -> WordList:
        """The list of a language. Raises BadWordList."""
        return load("en" if language == "en" else self._settings.courtesy.list)

    async def work(self, payload: Mapping[str, Any]) -> None:
        """Check one version; a version older than the newest is superseded and skipped."""
        try:
            row = await self._transcripts.reading.get(payload["transcript"])
            version = await self._transcripts.reading.version(row.id, row.current)
            about = await self._audio.about(row.recording)
            call = await self._call(row.call)
        except NotFound:
            # Erased in the meantime.
            return
        if version is None or payload["version"] != row.current:
            return
        words = self.words_for(row.language)
        company = tuple(self._settings.company.values())
        agents = {utterance.agent for utterance in version.utterances if utterance.agent} | {
            turn.agent for turn in turns_of(call)
        }
        heard = Heard(version.utterances, company, bool(call.transfers) or len(agents) > 1)
        findings = check(heard, words, limits_of(self._settings.courtesy))
        await self._keep(row.id, row.call, row.current, words.version, findings)
        flags = flags_of(findings, row.call, row.recording, about.started_at, words.version, self._version)
        await self._raise(flags)

    @property
    def _version(self) -> str:
        return self._settings.policy.version

    async def of_call(self, call: CallId) -> list[CourtesyCheckRow]:
        query = select(CourtesyCheckRow).where(CourtesyCheckRow.call == call).order_by(CourtesyCheckRow.checked_at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def _keep(self, transcript: str, call: CallId, version: int, words: str, findings: Sequence[Finding]) -> None:
        values = {
            "call": call,
            "version": version,
            "word_list": words,
            "findings": [asdict(finding) for finding in findings],
            "checked_at": self._clock(),
        }
        async with self._database.write() as session:
            row = upsert(session, CourtesyCheckRow).values(transcript=transcript, **values)
            await session.execute(row.on_conflict_do_update(index_elements=["transcript"], set_=values))


def flags_of(
    findings: Sequence[Finding], call: CallId, recording: RecordingId, started_at: datetime, words: str, policy: str
) -> list[Flag]:
    """One flag per clause and agent for what was not met; its instant is the first second to listen to."""
    wrong = sorted(
        (finding for finding in findings if finding.result is Result.NOT_MET),
        key=lambda finding: (finding.clause, finding.agent or "", finding.second),
    )
    flags = []
    for (clause, agent), several in groupby(wrong, key=lambda finding: (finding.clause, finding.agent or "")):
        own = list(several)
        hits = [
            {"second": hit.second, "phrase": hit.phrase, "text": hit.text} for finding in own for hit in finding.hits
        ]
        facts: tuple[tuple[str, Any], ...] = (
            ("recording", recording),
            ("parts", [finding.part for finding in own]),
            ("missing", [word for finding in own for word in finding.missing]),
            ("seconds", sorted({finding.second for finding in own} | {hit["second"] for hit in hits})),
            ("hits", hits if clause == "C2" else []),
            ("word_list", words),
        )
        at = started_at + timedelta(seconds=own[0].second)
        flags.append(flag_of(clause, policy, at, call, agent or None, facts, recording, agent))
    return flags
