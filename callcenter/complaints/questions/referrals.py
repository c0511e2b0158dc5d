"""Records referrals by outside bodies, and the answers to them (K8)."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from callcenter.complaints import store
from callcenter.complaints.errors import BadCase, UnknownReferral
from callcenter.complaints.parts import Parts
from callcenter.complaints.questions.service import required_text
from callcenter.complaints.rows import CaseReferralRow
from callcenter.complaints.store import Action, actor_of
from callcenter.facts import CaseNumber
from callcenter.web.roles import Person


class ReferralService:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def refer(
        self,
        number: CaseNumber,
        body: str,
        reference: str,
        text: str,
        received_at: datetime,
        due_at: datetime,
        by: Person,
    ) -> CaseReferralRow:
        """Records that an outside body refers the case or asks about it (K8), at any time, even when it is closed."""
        if due_at < received_at:
            raise BadCase("it is due after it came", field="due_at")
        if not body.strip():
            raise BadCase("name the body", field="body")
        row = CaseReferralRow(
            id=uuid4().hex,
            case=number,
            body=body.strip()[:200],
            reference=reference.strip()[:100],
            text=required_text(text, "text"),
            received_at=received_at,
            due_at=due_at,
        )
        async with self._parts.database.write() as session:
            case = store.case_of(await store.row_of(session, number, to_change=True))
            session.add(row)
            facts: dict[str, object] = {
                "referral": row.id,
                "body": row.body,
                "reference": row.reference,
                "text": row.text,
            }
            facts |= {"due_at": due_at}
            await store.note(session, case, Action(self._parts.clock(), actor_of(by), "referred", facts))
        return row

    async def answer(self, number: CaseNumber, id_: str, text: str, by: Person) -> CaseReferralRow:
        """Records the answer to the outside body; a further one is a further entry. Raises UnknownReferral."""
        answer, now = required_text(text, "answer"), self._parts.clock()
        async with self._parts.database.write() as session:
            case = store.case_of(await store.row_of(session, number, to_change=True))
            row = await session.get(CaseReferralRow, id_)
            if row is None or row.case != number:
                raise UnknownReferral("there is no such referral on this case", case=number)
            if row.answered_at is None:
                row.answer, row.answered_at = answer, now
            facts = {"referral": id_, "text": answer}
            await store.note(session, case, Action(now, actor_of(by), "answered_body", facts))
        return row

    async def of(self, number: CaseNumber) -> list[CaseReferralRow]:
        async with self._parts.database.read() as session:
            query = select(CaseReferralRow).where(CaseReferralRow.case == number)
            return list(await session.scalars(query.order_by(CaseReferralRow.received_at)))
