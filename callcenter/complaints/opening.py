"""Opens a case, together with the call by which it arrived, in one transaction (W3, W5)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.service import CallService
from callcenter.complaints import critical, store
from callcenter.complaints.attachments import AttachmentService, Evidence
from callcenter.complaints.intake import Intake
from callcenter.complaints.model import Case, Facts, State, check_facts
from callcenter.complaints.parts import Parts
from callcenter.complaints.store import Action, actor_of
from callcenter.facts import CallId
from callcenter.web.roles import Person


class CaseOpening:
    def __init__(
        self,
        parts: Parts,
        intake: Intake,
        attachments: AttachmentService,
        calls: CallService,
        evidence: Evidence,
    ) -> None:
        self._parts = parts
        self._intake = intake
        self._attachments = attachments
        self._calls = calls
        self._evidence = evidence

    async def open(
        self, facts: Facts, by: Person | None, *, call: CallId | None = None, owner: str | None = None
    ) -> Case:
        """Opens a case with the day's next number. A given call is attached; its line, agent, number and customer file
        fill the facts that are empty.

        Raises BadCase, UnknownCall, and what Intake refuses; then no case is opened and no number is lost.
        """
        if call is None:
            prepared = await self.prepared(facts, owner=owner)
            async with self._parts.database.write() as session:
                return await self.open_in(session, prepared, by, owner=owner)
        record, items = await self._calls.get(call), await self._evidence.of_call(call)
        prepared = await self.prepared(await self._intake.from_call(facts, record), owner=owner)
        async with self._parts.database.write() as session:
            case = await self.open_in(session, prepared, by, owner=owner)
            await self._attachments.put_call(session, case.number, record, items, by)
        await self._attachments.look_again(call, items)
        return case

    async def prepared(self, facts: Facts, *, owner: str | None = None) -> Facts:
        """Returns the facts, validated and linked to the customer's file (W5)."""
        await self._intake.people_exist([owner] if owner else [])
        return await self._intake.checked(check_facts(facts))

    async def open_in(
        self, session: AsyncSession, prepared: Facts, by: Person | None, *, owner: str | None = None
    ) -> Case:
        """Opens a case with prepared facts in the caller's transaction."""
        now, person = self._parts.clock(), actor_of(by)
        number = await store.next_number(session, now.astimezone(self._parts.zone))
        new = Case(
            number=number,
            facts=prepared,
            state=State.RECEIVED,
            opened_at=now,
            received_by=person[0],
            received_by_name=person[1],
            owner=owner or person[0],
        )
        action = Action(now, person, "opened", {"kind": prepared.kind, "channel": prepared.channel})
        marked, critical_now = critical.marked(None, self._parts.timed(new, now))
        case = await store.create(session, marked, action)
        await self._parts.notifier.changed(session, case, action.name, by)
        if critical_now:
            await critical.notify(session, self._parts, case)
        return case
