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
    checked, after_number = 0, ""
    while True:
        query = select(CaseRow).where(CaseRow.number > after_number).order_by(CaseRow.number).limit(BATCH)
        if number is not None:
            query = query.where(CaseRow.number == number)
        async with database.read() as session:
            rows = list(await session.scalars(query))
            for row in rows:
                checked += 1
                broken = await verify(session, row)
                if broken is not None:
                    return checked, broken
        if not rows:
            return checked, None
        after_number = rows[-1].number


async def verify(session: AsyncSession, row: CaseRow) -> chain.Broken | None:
    """Returns the first broken place of one case, or None."""
    entries = await store.entries(session, row.number)
    broken = chain.check(store.case_of(row), entries)
    return broken or proof.check_kept(row.number, entries, await _kept(session, row))


async def _kept(session: AsyncSession, row: CaseRow) -> Kept:
    number = row.number
    steps = select(CaseStepRow).where(CaseStepRow.case == number).order_by(CaseStepRow.seq)
    signatures = select(CaseSignatureRow).where(CaseSignatureRow.case == number).order_by(CaseSignatureRow.seq)
    attachments = select(CaseAttachmentRow).where(CaseAttachmentRow.case == number)
    questions = select(CaseQuestionRow).where(CaseQuestionRow.case == number)
    referrals = select(CaseReferralRow).where(CaseReferralRow.case == number)
    return Kept(
        head=row.head,
        steps=[(step.state, step.by) for step in await session.scalars(steps)],
        signed=[_signature(signature) for signature in await session.scalars(signatures)],
        evidence=[(entry.kind, entry.ref, entry.sha256 or "") for entry in await session.scalars(attachments)],
        asked=[_question(question) for question in await session.scalars(questions)],
        referred=[_referral(referral) for referral in await session.scalars(referrals)],
    )


def _signature(row: CaseSignatureRow) -> tuple[str, ...]:
    return (
        row.place,
        row.person,
        row.name,
        row.role,
        plain(row.at),
        row.verdict,
        row.reason,
        row.covers,
        row.instead_of,
    )


def _question(row: CaseQuestionRow) -> tuple[str, ...]:
    return row.id, row.text, row.responsible, plain(row.due_at), row.answer or ""


def _referral(row: CaseReferralRow) -> tuple[str, ...]:
    return row.id, row.body, row.reference, plain(row.due_at), row.text, row.answer or ""
