"""Handles an open case: write, assign, step; each in one transaction and as one entry of the chain (K3, K7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import critical, merging, return_calls, store
from callcenter.complaints.errors import BadCase, CaseClosed, NotConfirmed, NotYourStep, ReasonMissing, SignaturesOpen
from callcenter.complaints.history import chain
from callcenter.complaints.holding import hold_all
from callcenter.complaints.intake import Intake
from callcenter.complaints.model import (
    OPINIONS,
    STATEMENT_LENGTH,
    STATEMENTS,
    Case,
    Event,
    Facts,
    Level,
    State,
    Statement,
    check_facts,
)
from callcenter.complaints.parts import Parts, level_of
from callcenter.complaints.returning import CALL_BACK_AWAITED, NO_CONSEQUENCES, WITH_RETURN_CALL, Consequences
from callcenter.complaints.rows import CaseRow
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.model import Signature
from callcenter.complaints.steps.model import OVER, PATHS, after, check_ready, check_severity, lowers, needed_level
from callcenter.complaints.store import Action, actor_of
from callcenter.facts import CaseNumber
from callcenter.web.roles import Person

CASE_ARCHIVED = "case_archived"
SIGNATURES_DUE = "case_signatures_due"
"""The job that notifies the next signer of a case; any process queues it, the service runs it."""
Check = Callable[[Case], None]


class CaseService:
    def __init__(self, parts: Parts, intake: Intake) -> None:
        self._parts = parts
        self._intake = intake

    async def case(self, number: CaseNumber) -> Case:
        """Raises UnknownCase."""
        async with self._parts.database.read() as session:
            return store.case_of(await store.row_of(session, number))

    async def write(
        self, number: CaseNumber, facts: Facts, by: Person, check: Check | None = None, *, reason: str = ""
    ) -> Case:
        """Replaces the facts; `reason` states why a severity is lowered.

        Raises CaseClosed (K7), BadCase, ReasonMissing and NotYourStep (K4), and whatever `check` raises.
        """
        before = (await self.case(number)).facts
        checked = await self._intake.checked(check_facts(facts), before)

        def changed(case: Case) -> tuple[Case, dict[str, Any]]:
            if checked.kind is not case.facts.kind:
                raise BadCase("the kind of a case cannot change; open another case", field="kind")
            check_severity(case, checked, level_of(by), reason)
            before, now = chain.facts_of(case), chain.facts_of(replace(case, facts=checked))
            changes = {name: now[name] for name in now if now[name] != before[name]}
            if changes and lowers(case.facts.severity, checked.severity):
                changes["reason"] = reason.strip()
            return replace(case, facts=checked), changes

        return await self._edit(number, by, "written", changed, check)

    async def state_it(self, number: CaseNumber, name: str, text: str, by: Person, check: Check | None = None) -> Case:
        """Writes one of the statements of the forms, with name and date; raises BadCase, CaseClosed, NotYourStep."""
        if name not in STATEMENTS:
            raise BadCase(f"there is no statement {name[:40]}", field="statement", known=", ".join(STATEMENTS))
        if level_of(by) < OPINIONS.get(name, Level.AGENT):
            needs = OPINIONS[name].name.lower()
            raise NotYourStep(f"this opinion is given by a {needs}", case=number, statement=name, needs=needs)
        if len(text) > STATEMENT_LENGTH or "\0" in text:
            raise BadCase(f"at most {STATEMENT_LENGTH} characters", field=name, longest=STATEMENT_LENGTH)
        statement = Statement(text, *actor_of(by), self._parts.clock())

        def changed(case: Case) -> tuple[Case, dict[str, Any]]:
            return replace(case, statements={**case.statements, name: statement}), {"statement": name, "text": text}

        return await self._edit(number, by, "stated", changed, check)

    async def assign(
        self,
        number: CaseNumber,
        by: Person | None,
        *,
        owner: str | None = None,
        watchers: Sequence[str] | None = None,
        check: Check | None = None,
    ) -> Case:
        """Assigns the case to a person, or adds watchers (K5). Raises UnknownPerson."""
        before = await self.case(number)
        new = {*(watchers or ()), *([owner] if owner else [])} - {before.owner, *before.watchers}
        await self._intake.people_exist(sorted(new))

        def changed(case: Case) -> tuple[Case, dict[str, Any]]:
            given = replace(
                case, owner=owner or case.owner, watchers=case.watchers if watchers is None else tuple(watchers)
            )
            return given, {"owner": given.owner, "watchers": list(given.watchers)}

        return await self._edit(number, by, "assigned", changed, check)

    async def step(
        self,
        number: CaseNumber,
        event: Event,
        by: Person | None,
        *,
        reason: str = "",
        goal: State | None = None,
        into: CaseNumber | None = None,
        check: Check | None = None,
    ) -> Case:
        """Takes a step (K3). Raises IllegalStep, FieldsMissing, ReasonMissing, NotYourStep (K4), NotConfirmed (F1)."""
        try:
            async with self._parts.database.write() as session:
                if into is not None:
                    # Two cases are locked in the order of their numbers, so that two merges cannot deadlock.
                    await store.row_of(session, min(number, into), to_change=True)
                row = await store.row_of(session, number, to_change=True)
                case = store.case_of(row)
                if check is not None:
                    check(case)
                return await self.step_in(session, row, event, by, reason=reason, goal=goal, into=into)
        except SignaturesOpen:
            await self.notify_signers(number)
            raise

    async def notify_signers(self, number: CaseNumber) -> None:
        """Queues the notice to the next signer."""
        async with self._parts.database.write() as session:
            await self._parts.jobs.put(session, SIGNATURES_DUE, {"case": number})

    async def close_when_signed(
        self,
        session: AsyncSession,
        row: CaseRow,
        reason: str = "",
        returned: Consequences = NO_CONSEQUENCES,
        satisfaction: int | None = None,
    ) -> Case:
        """Closes a case after the return call; while signature places are open it waits, and the signers are notified.

        What the customer confirmed is recorded at once, even while the case waits.
        """
        case = store.case_of(row)
        if not signing.open_places(case, await store.signatures(session, case.number)):
            return await self.step_in(
                session, row, Event.CLOSE, None, reason=reason, returned=returned, satisfaction=satisfaction
            )
        await self._parts.jobs.put(session, SIGNATURES_DUE, {"case": case.number})
        if returned.confirmed in (None, case.confirmed):
            return case
        confirmed_case = replace(case, confirmed=returned.confirmed, satisfaction=satisfaction)
        action = Action(self._parts.clock(), store.SYSTEM, "confirmed", {"satisfaction": satisfaction})
        return await self._notified(session, await store.change(session, row, confirmed_case, action), None, action)

    async def step_in(
        self,
        session: AsyncSession,
        row: CaseRow,
        event: Event,
        by: Person | None,
        *,
        reason: str = "",
        goal: State | None = None,
        into: CaseNumber | None = None,
        returned: Consequences = NO_CONSEQUENCES,
        satisfaction: int | None = None,
    ) -> Case:
        """Takes a step in the caller's transaction, on a row it has locked; `returned` is a return call's effect."""
        case, now = store.case_of(row), self._parts.clock()
        reached = after(case, event, goal)
        check_ready(case, event, reason)
        if level_of(by) < needed_level(case, event):
            needs = needed_level(case, event).name.lower()
            raise NotYourStep(f"this step needs a {needs}", case=case.number, event=event, needs=needs)
        if event in (Event.RETURN, Event.REOPEN):
            # The confirmation referred to the earlier work: the customer is asked again.
            case = replace(case, confirmed=None, satisfaction=None)
        elif event is Event.CALL_BACK or returned.confirmed is not None:
            case = replace(case, confirmed=returned.confirmed, satisfaction=satisfaction)
        if event is Event.CLOSE:
            _check_confirmed(case, by, reason)
        if event in signing.SIGNED_FIRST:
            _check_signed(case, await store.signatures(session, case.number))
        if event is Event.MERGE:
            await merging.merge(session, self._parts, case, into, level_of(by))
        moved = replace(
            case,
            state=reached,
            merged_into=into if event is Event.MERGE else case.merged_into,
            closed_at=(case.closed_at or now) if reached in OVER else None,
        )
        facts = {"event": event, "from": case.state, "to": reached, "reason": reason, "into": into}
        action = Action(now, actor_of(by), "stepped", {name: fact for name, fact in facts.items() if fact})
        written = await store.change(session, row, self._parts.timed(moved, now), action)
        await self._after_step(session, case.state, written, event, reason)
        return await self._notified(session, written, by, action)

    async def _after_step(self, session: AsyncSession, before: State, case: Case, event: Event, reason: str) -> None:
        """Queues what follows from the new state: holds of recordings, the return call, the forms for the archive."""
        if (case.state in OVER) is not (before in OVER):
            await hold_all(session, self._parts.jobs, case, self._parts.evidence)
        if case.state in CALL_BACK_AWAITED:
            await return_calls.request(session, self._parts, case, reason)
        elif before in WITH_RETURN_CALL and case.state is not State.CALLED_BACK:
            await return_calls.withdraw(session, self._parts, case, reason or event)
        if case.state is State.ARCHIVED:
            # The forms are printed and pinned as they are now; a case reopened and archived again is printed again.
            await self._parts.jobs.put(session, CASE_ARCHIVED, {"case": case.number, "occasion": str(case.version)})

    async def correct(self, number: CaseNumber, text: str, by: Person) -> None:
        """Adds a correction or remark as a new entry, the only change a closed case accepts (K7). Raises BadCase."""
        if not text.strip() or len(text) > STATEMENT_LENGTH or "\0" in text:
            raise BadCase("write the remark", field="text")
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            action = Action(self._parts.clock(), actor_of(by), store.REMARKED, {"text": text})
            await store.remark(session, store.case_of(row), action)

    async def _edit(
        self,
        number: CaseNumber,
        by: Person | None,
        name: str,
        changed: Callable[[Case], tuple[Case, dict[str, Any]]],
        check: Check | None,
    ) -> Case:
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case, now = store.case_of(row), self._parts.clock()
            if case.state in OVER:
                raise CaseClosed("nothing in a closed case changes; add a remark or reopen it", case=number)
            if check is not None:
                check(case)
            new, facts = changed(case)
            if not facts:
                return case
            action = Action(now, actor_of(by), name, facts)
            new, critical_now = critical.marked(case, self._parts.timed(new, now))
            written = await self._notified(session, await store.change(session, row, new, action), by, action)
            if critical_now:
                await critical.notify(session, self._parts, written)
            return written

    async def _notified(self, session: AsyncSession, case: Case, by: Person | None, action: Action) -> Case:
        await self._parts.notifier.changed(session, case, str(action.facts.get("event") or action.name), by)
        return case


def _check_confirmed(case: Case, by: Person | None, reason: str) -> None:
    """F1: a case closes on the customer's confirmation, or on a leader's decision with a reason."""
    if State.CALLED_BACK not in PATHS[case.facts.kind] or case.confirmed:
        return
    if level_of(by) < Level.SUPERVISOR:
        raise NotConfirmed("the customer has not confirmed; a supervisor may close it all the same", case=case.number)
    if not reason.strip():
        raise ReasonMissing(
            "a reason is required to close it without the customer's confirmation", case=case.number, event=Event.CLOSE
        )


def _check_signed(case: Case, given: Sequence[Signature]) -> None:
    """K1: raises SignaturesOpen with the places that are open or void."""
    places = signing.open_places(case, given)
    if places:
        raise SignaturesOpen(
            f"not signed yet: {', '.join(places)}", case=case.number, open=", ".join(places), next=places[0]
        )
