"""Verifies the histories of cases against all their tables (K7): what `callcenter cases verify` runs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import store
from callcenter.complaints.history import chain
from callcenter.complaints.history import check as proof
from callcenter.complaints.history.check import Kept, plain
from callcenter.complaints.rows import (
    CaseAttachmentRow,
    CaseQuestionRow,
    CaseReferralRow,
    CaseRow,
    CaseSignatureRow,
    CaseStepRow,
)
from callcenter.facts import CaseNumber
from callcenter.storage.database import Database

BATCH: Final = 200


async def verify_all(database: Database, number: CaseNumber | None = None) -> tuple[int, chain.Broken | None]:
    """Verifies the chains; returns how many cases were checked and the first broken place (K7)."""
    looked, after_number = 0, ""
    while True:
        query = select(CaseRow).where(CaseRow.number > after_number).order_by(CaseRow.number).limit(BATCH)
        if number is not None:
            query = query.where(CaseRow.number == number)
        async with database.read() as session:
            rows = list(await session.scalars(query))
            for row in rows:
                looked += 1
                broken = await verify(session, row)
                if broken is not None:
                    return looked, broken
        if not rows:
            return looked, None
        after_number = rows[-1].number


async def verify(session: AsyncSession, row: CaseRow) -> chain.Broken | None:
    """Returns the first broken place of one case, or None."""
    entries = await store.entries(session, row.number)
    broken = chain.check(store.case_of(row), entries)
    return broken or proof.check_kept(row.number, entries, await _kept(session, row))


async def _kept(session: AsyncSession, row: CaseRow) -> Kept:
    number = row.number
    steps = select(CaseStepRow).where(CaseStepRow.case == number).order_by(CaseStepRow.seq)
    signed = select(CaseSignatureRow).where(CaseSignatureRow.case == number).order_by(CaseSignatureRow.seq)
    evidence = select(CaseAttachmentRow).where(CaseAttachmentRow.case == number)
    asked = select(CaseQuestionRow).where(CaseQuestionRow.case == number)
    referred = select(CaseReferralRow).where(CaseReferralRow.case == number)
    return Kept(
        head=row.head,
        steps=[(kept_row.state, kept_row.by) for kept_row in await session.scalars(steps)],
        signed=[
            (
                kept_row.place,
                kept_row.person,
                kept_row.name,
                kept_row.role,
                plain(kept_row.at),
                kept_row.verdict,
                kept_row.reason,
                kept_row.covers,
                kept_row.instead_of,
            )
            for kept_row in await session.scalars(signed)
        ],
        evidence=[(kept_row.kind, kept_row.ref, kept_row.sha256 or "") for kept_row in await session.scalars(evidence)],
        asked=[
            (kept_row.id, kept_row.text, kept_row.responsible, plain(kept_row.due_at), kept_row.answer or "")
            for kept_row in await session.scalars(asked)
        ],
        referred=[
            (
                kept_row.id,
                kept_row.body,
                kept_row.reference,
                plain(kept_row.due_at),
                kept_row.text,
                kept_row.answer or "",
            )
            for kept_row in await session.scalars(referred)
        ],
    )
