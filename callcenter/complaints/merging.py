"""Merges duplicate cases: the attachments move to the surviving case, and both histories record it (K7)."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import store
from callcenter.complaints.errors import BadCase, CaseClosed
from callcenter.complaints.holding import hold_call
from callcenter.complaints.model import Case, Level
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseAttachmentRow
from callcenter.complaints.steps.model import OVER, check_merge
from callcenter.complaints.store import Action
from callcenter.facts import CallId, CaseNumber


async def merge(session: AsyncSession, parts: Parts, case: Case, into: CaseNumber | None, level: Level) -> None:
    """Merges a duplicate: its attachments move, and the surviving case records where they came from."""
    if into is None or into == case.number:
        raise BadCase("name the case that goes on", field="into")
    goal = store.case_of(await store.row_of(session, into, to_change=True))
    if goal.state in OVER:
        raise CaseClosed("the case that goes on must be open", case=into)
    check_merge(case, goal, level)
    query = select(CaseAttachmentRow.kind, CaseAttachmentRow.ref).where(CaseAttachmentRow.case == into)
    attached = {(kind, ref) for kind, ref in await session.execute(query)}
    rows = await session.scalars(select(CaseAttachmentRow).where(CaseAttachmentRow.case == case.number))
    moving = [row for row in rows if (row.kind, row.ref) not in attached]
    change = update(CaseAttachmentRow).where(CaseAttachmentRow.id.in_([row.id for row in moving])).values(case=into)
    await session.execute(change.execution_options(synchronize_session=False))
    for row in moving:
        if row.kind == "call":
            await hold_call(session, parts.jobs, goal, CallId(row.ref), parts.evidence)
    now, moved = parts.clock(), [[row.kind, row.ref, row.sha256] for row in moving]
    await store.note(session, goal, Action(now, store.SYSTEM, "took_over", {"case": case.number, "moved": moved}))
    await store.note(session, case, Action(now, store.SYSTEM, "handed_over", {"case": into, "moved": moved}))
