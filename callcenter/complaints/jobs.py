"""Handles the durable jobs by which other rooms reach the cases; each is idempotent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.attachments import AttachmentService
from callcenter.complaints.model import Event, Facts, Kind
from callcenter.complaints.opening import CaseOpening
from callcenter.complaints.parts import Parts
from callcenter.complaints.returning import consequences_of, problem_goal
from callcenter.complaints.rows import CaseEntryRow
from callcenter.complaints.service import CaseService
from callcenter.complaints.store import Action
from callcenter.customers.model import UnknownCustomer
from callcenter.facts import CallId, CaseNumber
from callcenter.web.people import PeopleService

_WORDS = {
    "confirmed": "the customer has confirmed",
    "answered": "the customer has the answer",
    "refused": "the customer does not want to be called about this",
    "unreachable_signed": "signed: the customer could not be reached",
    "problem": "the customer still has a problem",
}
CALLED_BACK = "called_back"
WITHDRAWN = "return_call_withdrawn"
"""The name by which the case's history records a withdrawn return call."""

CASE_TAKES_CALL = "case_takes_call"


class CaseJobs:
    def __init__(
        self,
        parts: Parts,
        cases: CaseService,
        opening: CaseOpening,
        attachments: AttachmentService,
        people: PeopleService,
    ) -> None:
        self._parts = parts
        self._people = people
        self._cases = cases
        self._opening = opening
        self._attachments = attachments

    async def called_back(self, payload: Mapping[str, Any]) -> None:
        """Job `case_called_back`: applies a return call's result to its case (returning.py), once per return call."""
        number, result = CaseNumber(payload["case"]), str(payload["result"])
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case = store.case_of(row)
            mark = f'"item":"{payload["item"]}"'
            handled = select(CaseEntryRow.seq).where(
                CaseEntryRow.case == number,
                CaseEntryRow.action.in_((CALLED_BACK, WITHDRAWN)),
                CaseEntryRow.facts.contains(mark),
            )
            if await session.scalar(handled.limit(1)) is not None:
                return
            name = WITHDRAWN if result == "withdrawn" else CALLED_BACK
            fields = ("item", "result", "satisfaction", "notes", "call", "agent", "evaluation", "at")
            facts = {field: payload[field] for field in fields if payload.get(field) is not None}
            await store.note(session, case, Action(self._parts.clock(), store.SYSTEM, name, facts))
            if payload.get("call"):
                # A job of its own, because the record of the call may not have arrived yet: then the job is retried.
                taken = {"case": number, "call": CallId(payload["call"])}
                await self._parts.jobs.put(session, CASE_TAKES_CALL, taken)
            consequences, satisfaction = consequences_of(case, result), payload.get("satisfaction")
            for event in consequences.steps:
                if event is Event.CLOSE:
                    await self._cases.close_when_signed(session, row, _why(payload), consequences, satisfaction)
                    continue
                goal = problem_goal(case) if event is Event.RETURN else None
                await self._cases.step_in(
                    session,
                    row,
                    event,
                    None,
                    reason=_why(payload),
                    goal=goal,
                    returned=consequences,
                    satisfaction=satisfaction,
                )

    async def case_requested(self, payload: Mapping[str, Any]) -> None:
        """Job `case_wanted`: the script found a problem that has no case yet (F2 step 4)."""
        mark = f'"item":"{payload["item"]}"'
        prepared, by = await self._prepared(payload), await self._people.by_agent(payload.get("agent"))
        async with self._parts.database.write() as session:
            handled = select(CaseEntryRow.seq).where(
                CaseEntryRow.action == "wanted_by_return_call", CaseEntryRow.facts.contains(mark)
            )
            if await session.scalar(handled.limit(1)) is not None:
                return
            case = await self._opening.open_in(session, prepared, by)
            action = Action(self._parts.clock(), store.SYSTEM, "wanted_by_return_call", {"item": payload["item"]})
            await store.note(session, case, action)
            if payload.get("call"):
                taken = {"case": case.number, "call": CallId(payload["call"])}
                await self._parts.jobs.put(session, CASE_TAKES_CALL, taken)

    async def _prepared(self, payload: Mapping[str, Any]) -> Facts:
        """Received by the agent of the return call; a customer file that has been erased since is left out."""
        facts = Facts(
            kind=Kind(payload.get("kind") or Kind.COMPLAINT),
            customer=payload.get("customer"),
            phone=str(payload.get("number") or "")[:40],
            what_happened=str(payload.get("text") or "") or "a problem handled in a return call",
        )
        try:
            return await self._opening.prepared(facts)
        except UnknownCustomer:
            return await self._opening.prepared(replace(facts, customer=None))

    async def takes_call(self, payload: Mapping[str, Any]) -> None:
        """Job `case_takes_call`: attaches a return call to its case; raises UnknownCall until its record exists."""
        await self._attachments.take_return_call(CaseNumber(payload["case"]), CallId(payload["call"]))

    async def recording_kept(self, payload: Mapping[str, Any]) -> None:
        await self._attachments.attach_evidence(
            CallId(payload["call"]), "recording", str(payload["recording"]), str(payload["sha256"])
        )

    async def transcript_ready(self, payload: Mapping[str, Any]) -> None:
        await self._attachments.attach_evidence(
            CallId(payload["call"]), "transcript", str(payload["transcript"]), str(payload["sha256"])
        )


def _why(payload: Mapping[str, Any]) -> str:
    """Returns the reason recorded on the step: the note of the return call, else its result."""
    return str(payload.get("notes") or "") or _WORDS.get(str(payload["result"]), str(payload["result"]))
