"""What other rooms tell the cases by durable jobs; each may be told twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.attachments import AttachmentService
from callcenter.complaints.cases import CaseService
from callcenter.complaints.model import Event, Facts, Kind, State
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseEntryRow
from callcenter.complaints.store import Deed

CASE_TAKES_CALL = "case_takes_call"
AWAITING_CALL = frozenset({State.VERIFIED, State.ANSWERED})


class Works:
    def __init__(self, parts: Parts, cases: CaseService, attachments: AttachmentService) -> None:
        self._parts = parts
        self._cases = cases
        self._attachments = attachments

    async def called_back(self, payload: Mapping[str, Any]) -> None:
        """`case_called_back`: confirmed, and the case closes; a problem, and it goes on (F1, F2)."""
        number, result = str(payload["case"]), str(payload["result"])
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case = store.case_of(row)
            mark = f'"item":"{payload["item"]}"'
            told = select(CaseEntryRow.seq).where(
                CaseEntryRow.case == number, CaseEntryRow.action == "called_back", CaseEntryRow.facts.contains(mark)
            )
            if await session.scalar(told.limit(1)) is not None:
                return
            names = ("item", "result", "satisfaction", "notes", "call", "agent", "evaluation", "at")
            facts = {name: payload[name] for name in names if payload.get(name) is not None}
            await store.note(session, case, Deed(self._parts.clock(), store.HOUSE, "called_back", facts))
            if payload.get("call"):
                # A job of its own, because the record of the call may still be on its way: then it is tried again.
                taken = {"case": number, "call": str(payload["call"])}
                await self._parts.jobs.put(session, CASE_TAKES_CALL, taken)
            if result == "problem" and case.state in (State.CLOSED, State.ARCHIVED):
                # F2 step 4: a problem told after the case was closed opens it again.
                await self._cases.step_in(session, row, Event.REOPEN, None, reason=_problem(payload))
                return
            if case.state not in AWAITING_CALL:
                return
            if result == "problem":
                goal = State.INVESTIGATING if case.facts.kind is Kind.COMPLAINT else State.RECEIVED
                await self._cases.step_in(session, row, Event.RETURN, None, reason=_problem(payload), goal=goal)
            elif result in ("confirmed", "answered", "unreachable_signed"):
                reached = result != "unreachable_signed"
                await self._cases.step_in(
                    session, row, Event.CALL_BACK, None, confirmed=reached, satisfaction=payload.get("satisfaction")
                )
                await self._cases.close_when_signed(session, row)

    async def wanted(self, payload: Mapping[str, Any]) -> None:
        """`case_wanted`: the script found a problem that has no case yet (F2 step 4)."""
        mark = f'"item":"{payload["item"]}"'
        async with self._parts.database.write() as session:
            told = select(CaseEntryRow.seq).where(
                CaseEntryRow.action == "wanted_by_return_call", CaseEntryRow.facts.contains(mark)
            )
            if await session.scalar(told.limit(1)) is not None:
                return
            facts = Facts(
                kind=Kind(payload.get("kind") or Kind.COMPLAINT),
                customer=payload.get("customer"),
                phone=str(payload.get("number") or "")[:40],
                what_happened=str(payload.get("text") or "") or "a problem told in a return call",
            )
            case = await self._cases.insert(session, facts, None)
            deed = Deed(self._parts.clock(), store.HOUSE, "wanted_by_return_call", {"item": payload["item"]})
            await store.note(session, case, deed)
            if payload.get("call"):
                taken = {"case": case.number, "call": str(payload["call"])}
                await self._parts.jobs.put(session, CASE_TAKES_CALL, taken)

    async def takes_call(self, payload: Mapping[str, Any]) -> None:
        """`case_takes_call`: a return call onto its case; raises CallNotFound until its record is there."""
        await self._attachments.take_return_call(str(payload["case"]), str(payload["call"]))

    async def recording_kept(self, payload: Mapping[str, Any]) -> None:
        await self._attachments.attach_evidence(
            str(payload["call"]), "recording", str(payload["recording"]), str(payload["sha256"])
        )

    async def transcript_ready(self, payload: Mapping[str, Any]) -> None:
        await self._attachments.attach_evidence(
            str(payload["call"]), "transcript", str(payload["transcript"]), str(payload["sha256"])
        )


def _problem(payload: Mapping[str, Any]) -> str:
    return str(payload.get("notes") or "") or "the customer still has a problem"
