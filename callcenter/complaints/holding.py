"""Holds the recordings of a case's calls while the case is open and for a time after it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints.model import Case
from callcenter.complaints.rows import CaseAttachmentRow
from callcenter.complaints.steps.model import OVER
from callcenter.facts import CallId
from callcenter.storage.jobs import Jobs

CASE_HOLDS_CALL: Final = "case_holds_call"


async def hold_call(session: AsyncSession, jobs: Jobs, case: Case, call: CallId, after: timedelta) -> None:
    """Notifies the recordings room; `serial` orders two messages about the same call."""
    until = case.closed_at + after if case.state in OVER and case.closed_at is not None else None
    hold: dict[str, Any] = {"case": case.number, "call": call, "serial": case.version}
    if until is not None:
        hold["until"] = until.isoformat()
    await jobs.put(session, CASE_HOLDS_CALL, hold)


async def hold_all(session: AsyncSession, jobs: Jobs, case: Case, after: timedelta) -> None:
    """Holds or releases every call on the case, when it is over or reopened; notifies the recordings room of each."""
    calls = select(CaseAttachmentRow.ref).where(CaseAttachmentRow.case == case.number, CaseAttachmentRow.kind == "call")
    for call in await session.scalars(calls.order_by(CaseAttachmentRow.ref)):
        await hold_call(session, jobs, case, CallId(call), after)
