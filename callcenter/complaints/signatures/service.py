"""Signs a case after reauthentication, or returns it with a reason (K1, K2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import store
from callcenter.complaints.errors import (
    AlreadySigned,
    CaseClosed,
    NotYourPlace,
    NotYourTurn,
    ReasonMissing,
    SecondPlace,
)
from callcenter.complaints.model import Case, Event, Kind, State
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseRow
from callcenter.complaints.service import SIGNATURES_DUE, CaseService
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.model import Place, Right, Signature, Verdict
from callcenter.complaints.signatures.signers import CaseSigners
from callcenter.complaints.store import Action, actor_of
from callcenter.facts import CaseNumber
from callcenter.web.roles import Person

MOST_DUE: Final = 500
SIGNED_SOON: Final = frozenset({State.VERIFIED, State.CALLED_BACK, State.CLOSED, State.WITHDRAWN})
"""The states in which a case waits for its signatures, or cannot proceed without them."""
WHO_SIGNS: Final[Mapping[Place, str]] = {
    Place.RECEIVER: "the person who received the case signs here",
    Place.HANDLER: "a person who handled the case signs here: its owner, or the author of findings or investigation",
    Place.CENTRE: "a supervisor or a manager signs here",
    Place.DUTY_MANAGER: "the duty manager by the roster signs here, or the manager while the roster names no one",
    Place.LEADER: "the department's leader signs here, or a manager to whom the leader has delegated it",
}


ACTIONS: Final[Mapping[Verdict, str]] = {Verdict.SIGNED: "signed", Verdict.RETURNED: "returned_unsigned"}
"""The names of the actions in the history."""


class Reauthentication(Protocol):
    """Verifies that the person at the keyboard is the signed-in user; raises WrongLogin."""

    async def __call__(self, person: Person, password: str) -> None: ...


class SignatureService:
    def __init__(self, parts: Parts, cases: CaseService, prove: Reauthentication, signers: CaseSigners) -> None:
        self._parts = parts
        self._cases = cases
        self._prove = prove
        self._signers = signers

    async def of(self, number: CaseNumber) -> tuple[Case, list[Signature]]:
        """Returns the case and every signature ever given; raises UnknownCase."""
        async with self._parts.database.read() as session:
            case = store.case_of(await store.row_of(session, number))
            return case, await store.signatures(session, number)

    async def sign(self, number: CaseNumber, place: Place, by: Person, password: str) -> Signature:
        """Signs the present content of the case; the last signature closes a case that waits for it.

        Raises WrongLogin, NotYourTurn, NotYourPlace, SecondPlace, AlreadySigned, CaseClosed.
        """
        await self._prove(by, password)
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case, given = store.case_of(row), await store.signatures(session, number)
            signature = await self._add(session, case, place, given, by, Verdict.SIGNED)
            await self._parts.notifier.changed(
                session, case, "signed", by, facts={"place": place}, place=place, signer=by.name
            )
            await self._go_on(session, row, [*given, signature])
        return signature

    async def _add(
        self,
        session: AsyncSession,
        case: Case,
        place: Place,
        given: list[Signature],
        by: Person,
        verdict: Verdict,
        reason: str = "",
    ) -> Signature:
        """Adds a signature or a refusal to the case and to its history. Raises what `_right` raises."""
        right = await self._right(session, case, place, given, by)
        signature = Signature(
            place=place,
            person=by.id,
            name=by.name,
            role=right.role,
            at=self._parts.clock(),
            verdict=verdict,
            reason=reason,
            covers=signing.covered(case, place),
            instead_of=right.instead_of,
        )
        await store.add_signature(session, case.number, signature)
        facts = {"place": place, "role": right.role, "covers": signature.covers}
        facts |= {"reason": reason} if reason else {}
        facts |= {"instead_of": right.instead_of} if right.instead_of else {}
        await store.note(session, case, Action(signature.at, actor_of(by), ACTIONS[verdict], facts))
        return signature

    async def _go_on(self, session: AsyncSession, row: CaseRow, given: list[Signature]) -> None:
        """Notifies the next signer; closes a case whose return call is over and that has all signatures."""
        case = store.case_of(row)
        if case.state is State.CALLED_BACK and case.confirmed is not None:
            await self._cases.close_when_signed(session, row)
        elif signing.open_places(case, given):
            await self._parts.jobs.put(session, SIGNATURES_DUE, {"case": case.number})

    async def due(self, by: Person) -> list[tuple[Case, Place]]:
        """Returns the cases that wait for a signature which this person may give now, oldest first."""
        waiting = (
            select(CaseRow)
            .where(CaseRow.kind == Kind.COMPLAINT, CaseRow.state.in_(SIGNED_SOON))
            .order_by(CaseRow.opened_at)
            .limit(MOST_DUE)
        )
        awaiting: list[tuple[Case, Place]] = []
        async with self._parts.database.read() as session:
            for row in await session.scalars(waiting):
                case, given = store.case_of(row), await store.signatures(session, row.number)
                place = signing.next_place(case, given)
                if place is not None and await self._may(session, case, place, given, by):
                    awaiting.append((case, place))
        return awaiting

    async def _may(
        self, session: AsyncSession, case: Case, place: Place, given: list[Signature], by: Person
    ) -> Right | None:
        if not self._signers.two_places and signing.held_by(case, given, by.id) is not None:
            return None
        return signing.right_to_sign(place, by.id, by.roles, await self._signers.of(session, case, given))

    async def _right(
        self, session: AsyncSession, case: Case, place: Place, given: list[Signature], by: Person
    ) -> Right:
        """Returns the right by which the person signs here now."""
        if case.state not in signing.AWAITING:
            raise CaseClosed("nothing in an archived case changes", case=case.number)
        if place in signing.holding(case, given):
            raise AlreadySigned("this place is signed", case=case.number, place=place)
        turn = signing.next_place(case, given)
        if place is not turn:
            raise NotYourTurn(f"the next signature is that of the {turn}", case=case.number, turn=turn)
        held = signing.held_by(case, given, by.id)
        if held is not None and not self._signers.two_places and signing.ROLES[place] & set(by.roles):
            raise SecondPlace("you hold another place of this case", case=case.number, place=place, held=held)
        right = await self._may(session, case, place, given, by)
        if right is None:
            raise NotYourPlace(WHO_SIGNS[place], case=case.number, place=place)
        return right

    async def send_back(
        self, number: CaseNumber, place: Place, by: Person, password: str, reason: str, goal: State
    ) -> Case:
        """Refuses to sign and returns the case to an earlier step; raises as `sign`, and IllegalStep, ReasonMissing."""
        if not reason.strip():
            raise ReasonMissing("a reason is required", case=number)
        await self._prove(by, password)
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case, given = store.case_of(row), await store.signatures(session, number)
            await self._add(session, case, place, given, by, Verdict.RETURNED, reason.strip())
            return await self._cases.step_in(session, row, Event.RETURN, by, reason=reason, goal=goal)
