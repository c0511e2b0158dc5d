"""Opening a case with the call it came by: one transaction, so that there is never a case without its call."""

from __future__ import annotations

from callcenter.calls.service import CallService
from callcenter.complaints.attachments import AttachmentService, Evidence
from callcenter.complaints.cases import CaseService
from callcenter.complaints.intake import Intake
from callcenter.complaints.model import Case, Facts
from callcenter.storage.database import Database
from callcenter.web.roles import Person


class CaseOpening:
    def __init__(
        self,
        database: Database,
        cases: CaseService,
        attachments: AttachmentService,
        calls: CallService,
        evidence: Evidence,
        intake: Intake,
    ) -> None:
        self._database = database
        self._cases = cases
        self._attachments = attachments
        self._calls = calls
        self._evidence = evidence
        self._intake = intake

    async def open(self, facts: Facts, by: Person | None, call: str | None, *, owner: str | None = None) -> Case:
        """With a call, its line, agent, number and customer's file are the case's, where the facts give none.

        Raises BadCase, CallNotFound, and what Intake refuses; then there is no case either, and no number is lost.
        """
        if call is None:
            return await self._cases.open(facts, by, owner=owner)
        record, items = await self._calls.get(call), await self._evidence.of_call(call)
        ready = await self._cases.ready(await self._intake.from_call(facts, record), owner)
        async with self._database.write() as session:
            case = await self._cases.insert(session, ready, by, owner=owner)
            await self._attachments.put_call(session, case.number, record, items, by)
        await self._attachments.look_again(call, items)
        return case
