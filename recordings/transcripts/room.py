"""Builds and wires the components of transcripts and the courtesy check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.service import AgentService
from callcenter.calls.service import CallService, UnknownCall
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.flags.service import FlagService
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs, Work
from callcenter.web.audit import Audit
from callcenter.web.ports import Publish
from callcenter.web.routes import Routes
from recordings.courtesy.service import CourtesyService
from recordings.transcripts.engine_choice import LANGUAGES, Standing, language_of, standing
from recordings.transcripts.http import routes
from recordings.transcripts.model import turns_of
from recordings.transcripts.ports import Audio
from recordings.transcripts.rows import TranscriptRow
from recordings.transcripts.search import TranscriptSearch
from recordings.transcripts.service import COURTESY_DUE, TranscriptService
from recordings.transcripts.work import Transcribing

RECORDING_KEPT = "recording_kept"


@dataclass(frozen=True)
class Parts:
    """What transcripts need of the core and of recordings."""

    settings: Settings
    database: Database
    clock: Clock
    jobs: Jobs
    audit: Audit
    agents: AgentService
    lines: LineService
    calls: CallService
    flags: FlagService
    publish: Publish
    audio: Audio


class TranscriptRoom:
    """`works` are the handlers of durable jobs, `run` is the task that runs the workers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.service = TranscriptService(parts.database, parts.clock, parts.jobs, parts.audit, parts.publish)
        self.transcribing = Transcribing(
            parts.settings,
            parts.database,
            parts.clock,
            self.service,
            parts.calls,
            parts.audio,
            self._owner,
            self._names,
        )
        self.courtesy = CourtesyService(
            parts.settings,
            parts.database,
            parts.clock,
            self.service,
            parts.audio,
            parts.calls.get,
            parts.flags.raise_all,
        )
        self.search = TranscriptSearch(parts.database, self.service)
        self.works: Mapping[str, Work] = {RECORDING_KEPT: self.recording_kept, COURTESY_DUE: self.courtesy.work}
        self.run = self.transcribing.run
        self.routes: Routes = routes(
            self.service, self.search, self.courtesy, self.standings, self.agents_of, parts.audit
        )

    def standings(self) -> list[Standing]:
        return [standing(self._parts.settings, language) for language in LANGUAGES]

    async def recording_kept(self, payload: Mapping[str, Any]) -> None:
        """A recording is kept: queue its transcript, unless the centre has transcripts off."""
        settings = self._parts.settings
        line = queue = own = None
        with suppress(UnknownCall):
            call = await self._parts.calls.get(payload["call"])
            line, queue = call.line, call.queue
            own = next((known.language for known in await self._parts.lines.lines() if known.code == line), None)
        language = language_of(settings, line, queue, own)
        if standing(settings, language).engine == "off":
            return
        await self.service.ask(payload["recording"], payload["call"], language, float(payload.get("seconds") or 0))

    async def erased(self, session: AsyncSession, recordings: Sequence[str]) -> None:
        """Erase transcripts, checks, search entries and quoted words, within the transaction that erases recordings."""
        calls = set(await session.scalars(select(TranscriptRow.call).where(TranscriptRow.recording.in_(recordings))))
        await self._parts.flags.forget_words(session, sorted(calls), recordings)
        await self.service.erase(session, recordings)

    async def agents_of(self, call: CallId) -> frozenset[str]:
        """The agents who were on a call. Raises UnknownCall."""
        return frozenset(turn.agent for turn in turns_of(await self._parts.calls.get(call), await self._owner()))

    async def _owner(self) -> Callable[[str], str | None]:
        owners = {phone.name: agent.number for agent in await self._parts.agents.agents() for phone in agent.phones}
        return owners.get

    async def _names(self) -> tuple[str, ...]:
        return tuple(self._parts.settings.company.values())
