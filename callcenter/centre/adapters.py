"""Adapts calls and cases for packages that may not import each other. Contains no rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from callcenter.agents.service import AgentService
from callcenter.callbacks.messages import Message
from callcenter.calls.model import CallRecord
from callcenter.calls.service import CallService
from callcenter.complaints.attachments import Evidence, EvidenceItem
from callcenter.complaints.departments.service import DepartmentService
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.service import CaseService
from callcenter.customers.service import CustomerService
from callcenter.errors import NotFound
from callcenter.facts import CallId, CaseNumber
from callcenter.flags.excuses import ExcuseKind, ended_in_time
from callcenter.flags.service import FlagService
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.routing.service import LineService
from callcenter.web.roles import Person
from recordings.model import Kind
from recordings.service import RecordingService
from recordings.transcripts.model import plain
from recordings.transcripts.queries import Version
from recordings.transcripts.rows import TranscriptRow
from recordings.transcripts.service import TranscriptService


@dataclass(frozen=True)
class AllEvidence:
    """All evidence of a call, from every package that keeps any."""

    keepers: list[Evidence]

    async def of_call(self, call: CallId) -> Sequence[EvidenceItem]:
        return [item for keeper in self.keepers for item in await keeper.of_call(call)]


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """Recordings in the form that cases accept as evidence."""

    recordings: RecordingService

    async def of_call(self, call: CallId) -> Sequence[EvidenceItem]:
        stored = await self.recordings.of_call(call)
        return [EvidenceItem("recording", case.id, case.sha256, case.began_at) for case in stored]


@dataclass(frozen=True, slots=True)
class LeftMessages:
    """Messages that callers left, with their text where it was transcribed (R4)."""

    recordings: RecordingService
    transcripts: TranscriptService

    async def left_in(self, calls: Sequence[CallId]) -> Sequence[Message]:
        left = [
            recording
            for call in calls
            for recording in await self.recordings.of_call(call)
            if recording.kind is Kind.MESSAGE
        ]
        messages = []
        for recording in left:
            rows = await self.transcripts.reading.of_recording(recording.id)
            text = next((plain(version.utterances) for _, version in await self._newest(rows)), None)
            state = rows[-1].state if rows else "none"
            messages.append(Message(recording.call, recording.id, recording.began_at, recording.seconds, state, text))
        return messages

    async def _newest(self, rows: Sequence[TranscriptRow]) -> Sequence[tuple[TranscriptRow, Version]]:
        return await self.transcripts.reading.newest([row.id for row in rows])


async def names_of_agents(agents: AgentService) -> Mapping[str, str]:
    """Includes former agents, because old lists still name them."""
    return {agent.number: agent.name for agent in await agents.agents()}


async def names_of_lines(lines: LineService) -> Mapping[str, str]:
    """The Chinese name where a line has one, otherwise its name in any other language."""
    return {line.code: line.names.get("zh-CN") or next(iter(line.names.values()), "") for line in await lines.lines()}


async def names_of_departments(departments: DepartmentService) -> Mapping[str, str]:
    return {department.code: department.name for department in await departments.departments()}


async def departments_of(cases: CaseService, numbers: Sequence[str]) -> Mapping[str, str]:
    """The departments that these cases concern; a deleted case has none."""
    departments: dict[str, str] = {}
    for number in set(numbers):
        try:
            departments[number] = (await cases.case(CaseNumber(number))).facts.department
        except NotFound:
            continue
    return departments


async def recordings_of(
    recordings: RecordingService, calls: Sequence[CallRecord], _: Person
) -> Mapping[str, Sequence[str]]:
    return await recordings.of_calls([call.id for call in calls])


async def cases_of(cases: CaseQueries, calls: Sequence[CallRecord], _: Person) -> Mapping[str, Sequence[str]]:
    return await cases.of_calls([call.id for call in calls])


async def customers_of(
    customers: CustomerService, calls: Sequence[CallRecord], _: Person
) -> Mapping[str, Sequence[str]]:
    """The customer file of the other party of each call."""
    others = {call.id: call.other_number for call in calls}
    held = await customers.by_numbers(set(others.values()))
    theirs: dict[str, Sequence[str]] = {call: [held[number]] for call, number in others.items() if number in held}
    return theirs | {call.id: [call.member] for call in calls if call.member}


async def candidates_of(
    customers: CustomerService, calls: Sequence[CallRecord], _: Person
) -> Mapping[str, Sequence[str]]:
    """All customers who may be the other party of each call."""
    known = await customers.candidate_ids({call.other_number for call in calls})
    return {
        str(call.id): list(dict.fromkeys([*filter(None, (call.member,)), *known.get(call.other_number, ())]))
        for call in calls
    }


@dataclass(frozen=True, slots=True)
class ScriptEnded:
    """The follow-up script has ended, so the agent may hang up first (R5). Reported by callbacks, stored by flags."""

    evaluations: EvaluationService
    calls: CallService
    flags: FlagService
    grace: timedelta

    async def given(self, payload: Mapping[str, Any]) -> None:
        """Handles the job of a new evaluation; one that was broken off excuses nothing. Raises UnknownCall."""
        evaluation = await self.evaluations.evaluation(payload["evaluation"])
        if not evaluation.complete or not evaluation.call:
            return
        id = CallId(evaluation.call)
        call = await self.calls.get(id)
        if ended_in_time(evaluation.at, call.ended_at, self.grace):
            await self.flags.excuse(id, ExcuseKind.SCRIPT_ENDED, evaluation.agent, f"return call {evaluation.item}")
