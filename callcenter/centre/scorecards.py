"""Connects scorecards to other packages: who grades, which recordings and transcripts exist, customers' marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.agents.service import AgentService
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.flags.queries import FlagQueries
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.people import ScorePeople
from callcenter.scorecards.room import ScoreRoom, open_scorecards
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.ports import Emit, Publish
from callcenter.web.roles import LEADERS, Person
from recordings.service import RecordingService
from recordings.transcripts.model import TranscriptState
from recordings.transcripts.service import TranscriptService

PAGE = 500


@dataclass(frozen=True)
class ScoreNeighbours:
    """What the scorecards query; the queried packages do not know of them."""

    people: PeopleService
    agents: AgentService
    recordings: RecordingService
    transcripts: TranscriptService
    evaluations: EvaluationService

    async def graders(self) -> Sequence[Person]:
        """Active people with a leader's role."""
        persons: list[Person] = []
        after: str | None = None
        while page := await self.people.page(PAGE, after):
            persons += [account.person for account in page if account.active and account.person.may(LEADERS)]
            after = page[-1].person.login
        return persons

    async def recorded(self, calls: Sequence[CallId]) -> Mapping[str, Sequence[str]]:
        """The playable recordings, by call."""
        return await self.recordings.of_calls(calls)

    async def transcribed(self, calls: Sequence[CallId]) -> Mapping[str, Sequence[str]]:
        """The finished transcripts, by call."""
        transcripts = {call: await self.transcripts.reading.of_call(call) for call in calls}
        return {
            call: [row.id for row in rows if row.state == TranscriptState.DONE]
            for call, rows in transcripts.items()
            if rows
        }

    async def satisfaction(self, since: datetime, until: datetime) -> Mapping[str, tuple[int, float]]:
        """How many customers gave a mark, and the mean, by agent (F4)."""
        marks: dict[str, list[int]] = {}
        after: tuple[datetime, str] | None = None
        while page := await self.evaluations.find(since=since, until=until, limit=PAGE, after=after):
            for evaluation in page:
                if evaluation.satisfaction is not None and evaluation.agent:
                    marks.setdefault(evaluation.agent, []).append(evaluation.satisfaction)
            after = (page[-1].at, page[-1].id)
        return {agent: (len(given), round(sum(given) / len(given), 2)) for agent, given in marks.items()}


def join_scorecards(
    settings: Settings,
    database: Database,
    clock: Clock,
    audit: Audit,
    calls: CallService,
    flags: FlagQueries,
    near: ScoreNeighbours,
    publish: Publish,
    emit: Emit,
) -> ScoreRoom:
    parts = ScoreParts(
        settings=settings.scorecards,
        database=database,
        clock=clock,
        audit=audit,
        calls=calls,
        zone=ZoneInfo(settings.timezone),
        publish=publish,
        graders=near.graders,
        people=ScorePeople(near.agents.agent, near.people.living_login),
        flags=flags,
        emit=emit,
        recorded=near.recorded,
        transcribed=near.transcribed,
        satisfaction=near.satisfaction,
    )
    return open_scorecards(parts)
